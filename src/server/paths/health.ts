// /healthz, /livez, /readyz: the server's checks, one by one or all, under the reference's names and in its order.
import { quote, type Log } from '#machinery'
import type { Counter, Family, Gauge, Metrics } from '../metrics/metrics.ts'
import type { PathHandler } from '../pipeline.ts'
import { pageNotFound, textAnswer } from '../respond.ts'
import type { HealthCheck } from '../server.ts'

type Endpoint = 'healthz' | 'livez' | 'readyz'
const endpoints: readonly Endpoint[] = ['healthz', 'livez', 'readyz']

/** What the reference does once after its start. Here all of it is done before the first request is answered, so these stand or fall with the process. */
const afterStart = ['start-apiserver-admission-initializer', 'generic-apiserver-start-informers', 'priority-and-fairness-config-consumer', 'priority-and-fairness-filter', 'storage-object-count-tracker-hook', 'storage-readiness',
  'start-apiextensions-informers', 'start-apiextensions-controllers', 'crd-informer-synced', 'start-system-namespaces-controller', 'start-cluster-authentication-info-controller', 'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector', 'start-legacy-token-tracking-controller', 'start-service-ip-repair-controllers', 'rbac/bootstrap-roles', 'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer', 'bootstrap-controller', 'start-kubernetes-service-cidr-controller', 'peer-endpoint-reconciler-controller', 'start-kube-aggregator-informers', 'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller', 'apiservice-registration-controller', 'apiservice-discovery-controller', 'kube-apiserver-autoregistration', 'apiservice-wait-for-first-sync', 'apiservice-openapi-controller', 'apiservice-openapiv3-controller']

const nothing = () => {}
const well = (name: string): HealthCheck => ({ name, check: nothing })
/** Asked for, but not in the list of paths: the reference of which that list is a recording does not have them. */
const unlisted = new Set(['readyz etcd', 'readyz etcd-readiness'])

export interface HealthParts {
  /** Throws when the store cannot be read, or not written. */
  readonly store: { read(): void; write(): void }
  readonly checks: readonly HealthCheck[]
  /** False from the moment the server is told to stop. */
  readonly isOpen: () => boolean
  readonly metrics: Metrics
  readonly log: Log
}

function checksOf(endpoint: Endpoint, { store, checks, isOpen }: Pick<HealthParts, 'store' | 'checks' | 'isOpen'>): HealthCheck[] {
  const ready = endpoint === 'readyz'
  const hooks = afterStart.map((name) => well(`poststarthook/${name}`))
  const completion = hooks.findIndex(({ name }) => name.endsWith('/kube-apiserver-autoregistration')) + 1
  return [
    well('ping'), well('log'), { name: 'etcd', check: () => { store.read() } }, ...(ready ? [{ name: 'etcd-readiness', check: () => { store.write() } }, well('informer-sync')] : [well('loopback-serving-certificate')]),
    ...hooks.slice(0, completion), well('autoregister-completion'), ...hooks.slice(completion), ...checks,
    ...(ready ? [{ name: 'shutdown', check: () => { if (!isOpen()) throw new Error('process is shutting down') } }] : []),
  ]
}

/** Every path of a health check, as GET / lists them. */
export const healthPaths = (): string[] => endpoints.flatMap((endpoint) => {
  const names = checksOf(endpoint, { store: { read: nothing, write: nothing }, checks: [], isOpen: () => true }).map(({ name }) => name)
  return [`/${endpoint}`, ...names.filter((name) => !unlisted.has(`${endpoint} ${name}`)).map((name) => `/${endpoint}/${name}`)]
})

export const health = (parts: HealthParts): PathHandler => checkPaths(new Map(endpoints.map((endpoint) => [endpoint, checksOf(endpoint, parts)])), parts)

/** The paths of some checks: all of an endpoint's at /healthz (or however it is called), one by one below it. */
export function checkPaths(all: ReadonlyMap<string, readonly HealthCheck[]>, { metrics, log }: Pick<HealthParts, 'metrics' | 'log'>): PathHandler {
  const indicators = {
    state: metrics.gauge({ name: 'kubernetes_healthcheck', stability: 'STABLE', help: 'Whether a check held when it was last asked.', labels: ['name', 'type'] }),
    asked: metrics.counter({ name: 'kubernetes_healthchecks_total', stability: 'STABLE', help: 'How often a check was asked, and what it said.', labels: ['name', 'type', 'status'] }),
  }
  return (_request, { path, query }) => {
    const [, kind = '', ...rest] = path.split('/')
    const checks = all.get(kind)
    if (!checks) return undefined
    const single = rest.join('/')
    if (single === '') return every(kind, checks, { excluded: new Set(query.all('exclude')), verbose: query.get('verbose') !== undefined, indicators, log })
    const check = checks.find((c) => c.name === single)
    if (!check) return pageNotFound()
    const why = problemOf(check)
    return why === undefined ? textAnswer(200, 'ok', noSniff) : textAnswer(500, `internal server error: ${why}\n`, noSniff)
  }
}
const noSniff = { 'x-content-type-options': 'nosniff' }

interface Asked { readonly excluded: Set<string>; readonly verbose: boolean; readonly indicators: { readonly state: Family<Gauge>; readonly asked: Family<Counter> }; readonly log: Log }
/** One line for each check. Why one fails is for the log: everybody may ask. */
function every(kind: string, checks: readonly HealthCheck[], { excluded, verbose, indicators, log }: Asked) {
  const failed: string[] = []
  const lines = checks.map((check) => {
    if (excluded.delete(check.name)) return `[+]${check.name} excluded: ok`
    const why = problemOf(check)
    indicators.state.with(check.name, kind).set(why === undefined ? 1 : 0)
    indicators.asked.with(check.name, kind, why === undefined ? 'success' : 'error').inc()
    if (why === undefined) return `[+]${check.name} ok`
    failed.push(`[-]${check.name} failed: ${why}`)
    return `[-]${check.name} failed: reason withheld`
  })
  if (excluded.size > 0) lines.push(`warn: some health checks cannot be excluded: no matches for ${[...excluded].map(quote).join(', ')}`)
  if (failed.length > 0) {
    log.info(`${kind} check failed`, { failed: failed.join('; ') })
    return textAnswer(500, `${lines.join('\n')}\n${kind} check failed\n`, noSniff)
  }
  return textAnswer(200, verbose ? `${lines.join('\n')}\n${kind} check passed\n` : 'ok', noSniff)
}

function problemOf({ check }: HealthCheck): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
