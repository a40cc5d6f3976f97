// What is counted of every request: how many, how long, how large; under the names that dashboards and alerts know.
import type { RequestContext } from '../context.ts'
import { isTrue } from '../request.ts'
import type { Served } from '../served.ts'
import { exponential, linear, type Counter, type Family, type Gauge, type Histogram, type Metrics } from './metrics.ts'

type Asked = Pick<RequestContext, 'info' | 'request' | 'served'>
const labels = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'] as const
const slow = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]
const connecting = new Set(['log', 'exec', 'portforward', 'attach', 'proxy'])
const verbs = new Set(['APPLY', 'CONNECT', 'CREATE', 'DELETE', 'DELETECOLLECTION', 'GET', 'LIST', 'PATCH', 'POST', 'PROXY', 'PUT', 'UPDATE', 'WATCH', 'WATCHLIST'])
const healthPaths = new Set(['/healthz', '/livez', '/readyz'])

/** Everything that is counted of one verb on one resource. */
interface Series {
  readonly labels: readonly string[]
  readonly dryRun: string
  readonly duration: Histogram
  readonly withoutOthers: Histogram
  readonly withoutOthersOld: Histogram
  /** Only of what was read. */
  readonly sizes: Histogram | undefined
  /** By code, and for the cluster's own components by their name too. */
  readonly codes: Map<number | string, Counter>
  /** Of requests that have a body. */
  bodies: Histogram | undefined
}

export class RequestMetrics {
  readonly #total: Family<Counter>
  readonly #duration: Family<Histogram>
  readonly #sli: Family<Histogram>
  readonly #slo: Family<Histogram>
  readonly #sizes: Family<Histogram>
  readonly #bodies: Family<Histogram>
  readonly #validation: Family<Histogram>
  readonly #withoutValidation: Histogram
  readonly #longRunning: Family<Gauge>
  readonly #self: Family<Counter>
  readonly #deprecated: Family<Gauge>
  /** Few of each resource: comparing is quicker than a key made of all four. */
  readonly #byResource = new WeakMap<Served, (Series & { readonly verb: string; readonly scope: string; readonly subresource: string })[]>()
  readonly #byPath = new Map<string, Series>()

  constructor(metrics: Metrics) {
    this.#total = metrics.counter({ name: 'apiserver_request_total', stability: 'STABLE', help: 'Requests answered, by what they asked for and the code of the answer.', labels: [...labels, 'dry_run', 'code', 'system_client'] })
    this.#duration = metrics.histogram({ name: 'apiserver_request_duration_seconds', stability: 'STABLE', help: 'Seconds from a request to the end of its answer.', labels: [...labels, 'dry_run'], buckets: [0.005, 0.025, ...slow] })
    this.#sli = metrics.histogram({ name: 'apiserver_request_sli_duration_seconds', stability: 'ALPHA', help: 'Seconds from a request to the end of its answer, without webhooks and waiting in queues.', labels, buckets: slow })
    this.#slo = metrics.histogram({ name: 'apiserver_request_slo_duration_seconds', stability: 'ALPHA', deprecated: '1.27.0', help: 'Seconds from a request to the end of its answer, without webhooks and waiting in queues.', labels, buckets: slow })
    this.#sizes = metrics.histogram({ name: 'apiserver_response_sizes', stability: 'STABLE', help: 'Bytes of answers to reading requests, before compression.', labels, buckets: exponential(1000, 10, 7) })
    this.#bodies = metrics.histogram({ name: 'apiserver_request_body_size_bytes', stability: 'ALPHA', help: 'Bytes of request bodies.', labels: ['group', 'resource', 'verb'], buckets: linear(50_000, 100_000, 31) })
    this.#validation = metrics.histogram({ name: 'field_validation_request_duration_seconds', stability: 'ALPHA', help: 'Seconds of requests by the field validation they asked for.', labels: ['field_validation'], buckets: slow })
    this.#withoutValidation = this.#validation.with('')
    this.#longRunning = metrics.gauge({ name: 'apiserver_longrunning_requests', stability: 'STABLE', help: 'Requests that end when the client likes, open now.', labels })
    this.#self = metrics.counter({ name: 'apiserver_selfrequest_total', stability: 'ALPHA', help: 'Requests of the server to itself.', labels: ['verb', 'group', 'resource', 'subresource'] })
    this.#deprecated = metrics.gauge({ name: 'apiserver_requested_deprecated_apis', stability: 'STABLE', help: 'Deprecated versions that somebody has asked for, and the release that removes them.', labels: ['group', 'version', 'resource', 'subresource', 'removed_release'] })
  }

  /** A long-running request begins; the returned function is called at its end. */
  open(context: RequestContext): () => void {
    const series = this.#seriesOf(context)
    if (!series) return nothing
    const gauge = this.#longRunning.with(...series.labels)
    gauge.add(1)
    return () => { gauge.add(-1) }
  }

  /** The answer is out (or the client has gone) after so long: `bytes` of it were a body. */
  done(context: RequestContext, ms: number, code: number, bytes: number): void {
    const series = this.#seriesOf(context)
    if (!series) return
    const { request, user, info } = context, seconds = ms / 1000
    const client = systemClientOf(request.headers['user-agent']), key = client === '' ? code : `${code} ${client}`
    let counter = series.codes.get(key)
    if (!counter) { counter = this.#total.with(...series.labels, series.dryRun, String(code), client); series.codes.set(key, counter) }
    counter.value++
    series.duration.observe(seconds)
    const own = context.spent ? seconds - (context.spentOn('mutating-webhook') + context.spentOn('validating-webhook') + context.spentOn('apf-queue-wait')) / 1000 : seconds
    series.withoutOthers.observe(own)
    series.withoutOthersOld.observe(own)
    series.sizes?.observe(bytes)
    const { body } = request
    if (body !== undefined && 'length' in body) (series.bodies ??= this.#bodies.with(series.labels[1]!, series.labels[3]!, info!.verb)).observe(body.length)
    ;(info!.query.text.includes('fieldValidation') ? this.#validation.with(validationOf(context)) : this.#withoutValidation).observe(seconds)
    if (user?.name === 'system:apiserver') this.#self.with(series.labels[0]!, series.labels[1]!, series.labels[3]!, series.labels[4]!).inc()
  }

  /** A version that is going away was asked for. */
  deprecated(context: RequestContext, removedRelease: string): void {
    const series = this.#seriesOf(context)
    if (series) this.#deprecated.with(...series.labels.slice(1, 5), removedRelease).set(1)
  }

  /** Resources that are served, and the paths of health checks; nothing else is counted. */
  #seriesOf(context: RequestContext): Series | undefined {
    const { served, info } = context
    if (!info) return undefined
    if (!served) {
      if (!healthPaths.has(info.path)) return undefined
      return ofKey(this.#byPath, `${context.request.method} ${info.path}`, () => this.#make([verbOf(context, ''), '', '', '', info.path, '', ''], '', false))
    }
    if (info.subresource !== '' && !served.subresources.has(info.subresource)) return undefined // no route, and no end of names
    const dryRun = dryRunOf(context), scope = scopeOf(context)
    let known = this.#byResource.get(served)
    if (!known) { known = []; this.#byResource.set(served, known) }
    const verb = verbOf(context, scope), { subresource } = info
    for (const series of known) if (series.verb === verb && series.scope === scope && series.subresource === subresource && series.dryRun === dryRun) return series
    const made = { verb, scope, subresource, ...this.#make([verb, served.group, served.version, served.resource, subresource, scope, 'apiserver'], dryRun, context.request.method === 'GET') }
    known.push(made)
    return made
  }

  #make(values: readonly string[], dryRun: string, reads: boolean): Series {
    return {
      labels: values, dryRun, duration: this.#duration.with(...values, dryRun), withoutOthers: this.#sli.with(...values), withoutOthersOld: this.#slo.with(...values),
      sizes: reads ? this.#sizes.with(...values) : undefined, codes: new Map(), bodies: undefined,
    }
  }
}
const nothing = () => {}

function ofKey(map: Map<string, Series>, key: string, make: () => Series): Series {
  let series = map.get(key)
  if (!series) { series = make(); map.set(key, series) }
  return series
}

const systemClients = new Set(['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'])
/** The component of the cluster that asks, by what it calls itself; '' for everybody else. */
function systemClientOf(agent: string | undefined): string {
  if (agent === undefined || !agent.startsWith('kube-')) return ''
  const at = agent.indexOf('/'), name = at < 0 ? agent : agent.slice(0, at)
  return systemClients.has(name) ? name : ''
}
/** Verb, group, version, resource, subresource, scope and component; undefined where nothing is counted. */
export function requestLabels(context: Asked): readonly string[] | undefined {
  const { info, served } = context
  if (!info || (!served && !healthPaths.has(info.path))) return undefined
  if (!served) return [verbOf(context, ''), '', '', '', info.path, '', '']
  const scope = scopeOf(context)
  return [verbOf(context, scope), served.group, served.version, served.resource, info.subresource, scope, 'apiserver']
}
function scopeOf({ info, request }: Asked): string {
  if (info!.name !== '' || request.method === 'POST') return 'resource'
  return info!.namespace !== '' ? 'namespace' : 'cluster'
}
/** The method, but lists, watches, applies and connections by their own names. */
function verbOf({ info, request }: Asked, scope: string): string {
  const { method, headers } = request
  if (info!.subresource !== '' && connecting.has(info!.subresource)) return 'CONNECT'
  if (info!.legacyWatch || (method === 'GET' && info!.query.text !== '' && isTrue(info!.query.get('watch')))) return 'WATCH'
  if (method === 'GET' || method === 'HEAD') return scope !== 'resource' && scope !== '' ? 'LIST' : 'GET'
  if (method === 'PATCH' && headers['content-type'] === 'application/apply-patch+yaml') return 'APPLY'
  return verbs.has(method) ? method : 'other'
}
function dryRunOf({ info }: RequestContext): string {
  const { query } = info!
  if (!query.text.includes('dryRun')) return ''
  return query.all('dryRun').every((v) => v === 'All') ? 'All' : 'invalid'
}
function validationOf({ info }: RequestContext): string {
  const all = info!.query.all('fieldValidation')
  return all.length === 1 && ['', 'Ignore', 'Warn', 'Strict'].includes(all[0]!) ? all[0]! : 'invalid'
}
