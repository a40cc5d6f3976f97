// Whether the servers behind APIServices can be asked: each is looked at when it, its service or its endpoints change, and again from time
// to time, since what breaks in between makes no event here. What is found is the condition Available.
import { endpointSlice, service as serviceKind, type APIService, type EndpointSlice, type Service } from '#kinds'
import { formatTime, quote, type ApiHandler, type Clock, type Log, type Random } from '#machinery'
import { systemUser } from '../system-user.ts'
import type { ObjectReader } from '../object-reader.ts'
import { serviceTarget, type Outbound } from '../outbound.ts'
import type { ApiServices, Remote } from './api-services.ts'
import { identityHeaders } from './identity.ts'

/** A server that is well is looked at again after this. */
const againMs = 30_000
/** One that is not: soon at first, later as seldom as the others. */
const firstRetryMs = 500
const answerMs = 5_000
/** Of so many tries at once one must succeed: endpoints differ. */
const tries = 5

export interface Found { readonly status: 'True' | 'False'; readonly reason: string; readonly message: string }

/** What the stored objects say of it; undefined: it must be asked. */
export function judged({ service: { namespace, name, port } }: Pick<Remote, 'service'>, service: Service | undefined, slices: readonly EndpointSlice[]): Found | undefined {
  const no = (reason: string, message: string): Found => ({ status: 'False', reason, message })
  const what = `service/${name} in ${quote(namespace)}`
  if (!service) return no('ServiceNotFound', `${what} is not present`)
  if (service.spec.type !== 'ClusterIP') return undefined
  const listening = service.spec.ports?.find((p) => p.port === port)
  if (!listening) return no('ServicePortError', `${what} is not listening on port ${port}`)
  if (slices.length === 0) return no('EndpointsNotFound', `cannot find endpointslices for ${what}`)
  const portName = listening.name ?? ''
  const active = slices.some((slice) => (slice.endpoints ?? []).some((e) => e.conditions?.ready !== false) && (slice.ports ?? []).some((p) => (p.name ?? '') === portName && p.port !== undefined))
  return active ? undefined : no('MissingEndpoints', `endpointslices for ${what} have no addresses with port name ${quote(portName)}`)
}

export interface AvailabilityOptions {
  readonly services: ApiServices
  readonly objects: ObjectReader
  readonly handler: ApiHandler
  readonly outbound: Outbound
  readonly proxyIdentity: { readonly certificate: string; readonly key: string } | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** An APIService that could be asked cannot be any more. */
  readonly lost: (name: string, reason: string) => void
}

/** Keeps the condition of every APIService that is served elsewhere. */
export class Availability {
  readonly #options: AvailabilityOptions
  readonly #timers = new Map<string, () => void>()
  readonly #failures = new Map<string, number>()
  /** What is under way; true: something changed meanwhile. */
  readonly #looking = new Map<string, boolean>()
  readonly #stops: (() => void)[] = []
  #open = true

  constructor(options: AvailabilityOptions) { this.#options = options }

  start(): void {
    const { services, objects } = this.#options
    const of = (namespace: string | undefined, name: string | undefined) => {
      for (const remote of services.remotes()) if (remote.service.name === name && remote.service.namespace === namespace) this.#look(remote.name)
    }
    this.#stops.push(
      services.listen((name, service) => { if (service?.spec.service) this.#look(name); else this.#forget(name) }),
      objects.follow(serviceKind, ({ object, old }) => { const { namespace, name } = (object ?? old!).metadata; of(namespace, name) }),
      objects.follow(endpointSlice, ({ object, old }) => { const { namespace, labels } = (object ?? old!).metadata; of(namespace, labels?.['kubernetes.io/service-name']) }),
    )
    for (const { name } of services.remotes()) this.#look(name)
  }
  stop(): void {
    this.#open = false
    for (const stop of this.#stops) stop()
    for (const cancel of this.#timers.values()) cancel()
  }

  #forget(name: string): void {
    this.#timers.get(name)?.()
    this.#timers.delete(name)
    this.#failures.delete(name)
  }

  #look(name: string): void {
    if (!this.#open) return
    if (this.#looking.has(name)) { this.#looking.set(name, true); return }
    this.#looking.set(name, false)
    void this.#check(name).catch((error: unknown) => { this.#options.log.warn('the availability of an API could not be kept', { name, error }) }).finally(() => {
      const again = this.#looking.get(name)
      this.#looking.delete(name)
      if (again) this.#look(name)
    })
  }

  async #check(name: string): Promise<void> {
    const { services, objects } = this.#options
    const remote = [...services.remotes()].find((r) => r.name === name)
    if (!remote) return
    const { namespace, name: of } = remote.service
    const slices = objects.list(endpointSlice, namespace).filter((s) => s.metadata.labels?.['kubernetes.io/service-name'] === of)
    const found = judged(remote, objects.get(serviceKind, of, namespace), slices) ?? await this.#ask(remote)
    await this.#tell(name, found)
    const failed = found.reason === 'FailedDiscoveryCheck' ? (this.#failures.get(name) ?? 0) + 1 : 0
    this.#failures.set(name, failed)
    this.#timers.get(name)?.()
    if (this.#open) this.#timers.set(name, this.#options.clock.after(failed > 0 ? Math.min(firstRetryMs * 2 ** (failed - 1), againMs) : againMs, () => this.#look(name)))
  }

  async #ask(remote: Remote): Promise<Found> {
    try {
      await Promise.any(Array.from({ length: tries }, () => this.#discover(remote)))
      return { status: 'True', reason: 'Passed', message: 'all checks passed' }
    } catch (error) {
      const last = error instanceof AggregateError ? error.errors.at(-1) as unknown : error
      return { status: 'False', reason: 'FailedDiscoveryCheck', message: last instanceof Error ? last.message : String(last) }
    }
  }

  /** A path that every extension server must serve. The certificate is not looked at: nothing is told, and nothing believed but that it answers. */
  async #discover({ group, version, service }: Remote): Promise<void> {
    const { objects, random, outbound, proxyIdentity } = this.#options
    const target = serviceTarget({ ...service, path: `/apis/${group}/${version}` }, objects, random)
    const url = clusterUrl(target.url, objects.get(serviceKind, service.name, service.namespace))
    const answer = await outbound({
      method: 'GET', url, connect: target.connect, insecure: true, serverName: target.serverName, timeoutMs: answerMs, headers: identityHeaders({ name: 'system:kube-aggregator', groups: ['system:masters'] }),
      ...(proxyIdentity && { identity: proxyIdentity }),
    }).catch((error: unknown) => { throw new Error(`failing or missing response from ${url}: Get ${quote(url)}: ${error instanceof Error ? error.message : String(error)}`) })
    if (answer.status < 200 || answer.status >= 300) throw new Error(`failing or missing response from ${url}: bad status from ${url}: ${answer.status}`)
  }

  async #tell(name: string, found: Found): Promise<void> {
    const { services, handler, clock, lost } = this.#options
    const there = services.get(name)
    const before = there?.status.conditions?.find((c) => c.type === 'Available')
    if (!there || (before?.status === found.status && before.reason === found.reason && before.message === found.message)) return
    const condition = { type: 'Available', ...found, lastTransitionTime: before?.status === found.status && before.lastTransitionTime ? before.lastTransitionTime : formatTime(clock.now()) }
    const object: APIService = { ...there, status: { ...there.status, conditions: [...(there.status.conditions ?? []).filter((c) => c !== before), condition] } }
    // Whoever was quicker makes a change, which brings us back here.
    const { status } = await handler({ method: 'PUT', path: `/apis/apiregistration.k8s.io/v1/apiservices/${name}/status`, query: 'fieldManager=kube-apiserver', headers: {}, body: { object }, user: systemUser, direct: true })
    if (status < 300 && before?.status === 'True' && found.status !== 'True') lost(name, found.reason)
  }
}

/** The URL with the service's own address, as the reference shows it. */
function clusterUrl(url: string, service: Service | undefined): string {
  const ip = service?.spec.clusterIP
  return !ip || ip === 'None' ? url : url.replace(/^https:\/\/[^/:]+/, `https://${ip.includes(':') ? `[${ip}]` : ip}`)
}
