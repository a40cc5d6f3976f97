// A component of the control plane as a process of its own, against any API server: leader election, health, figures.
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { ComponentOptions, Context, Running } from '#cli'
import { campaign, type Client } from '#client'
import { httpClient } from '#client/http'
import { userAgentOf, type Log } from '#machinery'
import { configMap } from '#kinds'
import { componentPages, Metrics, type ComponentPages } from '#server'
import { accessFrom, type Access } from './access.ts'
import { fingerprintsOf } from './anchors.ts'
import { buildInfo, type BuildInfo } from './build-info.ts'
import { componentHandler } from './component-handler.ts'
import { DelegatedReviews } from './delegated-reviews.ts'
import { processMetrics } from './process-metrics.ts'
import { profiler } from './profiling/index.ts'
import { realClock as clock, secureRandom } from './real-clock.ts'

export interface Component {
  /** As in "kube-controller-manager": its lease, its user agent. */
  readonly name: string
  readonly access: Access
  /** The component's own client: for its lease and for what it is asked about. */
  readonly client: Client
  /** A client of a part of the component, with this token in place of what the kubeconfig holds if there is one; closed with the component. */
  readonly clientAs: (name: string, token?: () => string) => Client
  readonly metrics: Metrics
}

/** Connects, waits to be elected where that is wanted, and works until stopped. `work` starts the work and returns how to end it. `beside`: further figures, by their paths. */
export async function runComponent(name: string, options: ComponentOptions, { log, setVerbosity = () => {}, shownFlags = {} }: Context, work: (component: Component) => Promise<() => Promise<void>>, beside?: ComponentPages['beside']): Promise<Running> {
  const access = accessFrom(options.kubeconfig), random = secureRandom(), failed = Promise.withResolvers<never>(), clients: Client[] = []
  failed.promise.catch(() => {})
  const build = buildInfo(), connected = (more: object, named: string): Client => {
    const client = httpClient({ ...access, ...more, clock, random, log: log.named(named), userAgent: userAgentOf(name, build, named === name ? undefined : named) })
    clients.push(client)
    return client
  }
  const client = connected({}, name), metrics = new Metrics({ disabled: new Set(options.disabledMetrics), showsHidden: options.showHiddenMetricsForVersion !== undefined })
  processMetrics(metrics)
  const leads = metrics.gauge({ name: 'leader_election_master_status', help: 'Whether this process holds the lease of this name.', labels: ['name'] }).with(options.leaderElectResourceName)
  const component: Component = { name, access, client, metrics, clientAs: (named, token) => connected(token ? { token, cert: undefined, key: undefined } : {}, named) }

  let stopping = false, stopWork: Promise<() => Promise<void>> | undefined
  const begin = () => {
    stopWork = work(component)
    stopWork.catch((error: unknown) => failed.reject(error instanceof Error ? error : new Error(String(error))))
  }
  const listening = options.securePort === 0 ? undefined : await listenFor({ name, options, log, setVerbosity, shownFlags, client, metrics, build, beside })
  let stopCampaign = async () => {}
  try {
    if (!options.leaderElect) begin()
    else stopCampaign = campaign(client, { name: options.leaderElectResourceName, namespace: options.leaderElectResourceNamespace, identity: `${hostname()}_${randomUUID()}`,
      leaseMs: options.leaderElectLeaseDuration, renewDeadlineMs: options.leaderElectRenewDeadline, retryMs: options.leaderElectRetryPeriod,
      elected: () => { leads.set(1); log.info('became the leader', { lease: options.leaderElectResourceName }); begin() },
      // Another may be at work already: whatever this process still does could be done twice.
      lost: () => { leads.set(0); if (!stopping) failed.reject(new Error('leaderelection lost')) } })
  } catch (error) { await listening?.close(); throw error }
  return {
    failed: failed.promise,
    async stop() {
      stopping = true
      await (await stopWork?.catch(() => undefined))?.()
      await stopCampaign()
      await listening?.close()
      for (const one of clients) one.close()
    },
  }
}

interface Serving extends Required<Pick<Context, 'log' | 'setVerbosity' | 'shownFlags'>> { readonly name: string; readonly options: ComponentOptions; readonly client: Client; readonly metrics: Metrics; readonly build: BuildInfo; readonly beside: ComponentPages['beside'] }

async function listenFor({ name, options, log, setVerbosity, shownFlags, client, metrics, build, beside }: Serving) {
  const { bindAddress, securePort, tlsCertFile, tlsPrivateKeyFile } = options
  const [{ listen }, { readFileSync }, { selfSigned }] = await Promise.all([import('#server/listen'), import('node:fs'), import('./pki.ts')])
  const pair = tlsCertFile !== undefined && tlsPrivateKeyFile !== undefined ? { certificate: readFileSync(tlsCertFile, 'utf8'), key: readFileSync(tlsPrivateKeyFile, 'utf8') }
    : await selfSigned({ commonName: name, dnsNames: ['localhost'], ips: ['127.0.0.1', '::1'] })
  const authority = options.clientCaFile === undefined ? await clusterAuthority(client, options, log) : readFileSync(options.clientCaFile, 'utf8')
  const anchors = authority === undefined ? new Set<string>() : fingerprintsOf(authority, options.clientCaFile ?? authentication.name)
  const reviews = new DelegatedReviews({ client, metrics, clock, log, anchors: () => anchors,
    times: { tokenMs: options.authenticationTokenWebhookCacheTtl, allowedMs: options.authorizationWebhookCacheAuthorizedTtl, deniedMs: options.authorizationWebhookCacheUnauthorizedTtl } })
  const pages = componentPages({ name, build, clock, log, metrics, ...(beside && { beside }), checks: checksOf(options), flags: shownFlags, ...(options.profiling && { debugging: { profiler: profiler(clock), setVerbosity } }) })
  return listen({ handler: componentHandler({ reviews, pages, open: options.authorizationAlwaysAllowPaths }), ...pair, host: bindAddress, port: securePort, log: log.named('listen'), ...(authority !== undefined && { clientAuthority: authority }) })
}

/** Where the API server publishes whose client certificates it believes. */
const authentication = { name: 'extension-apiserver-authentication', namespace: 'kube-system' }
async function clusterAuthority(client: Client, { authenticationSkipLookup }: ComponentOptions, log: Log): Promise<string | undefined> {
  if (authenticationSkipLookup) return undefined
  try {
    return (await client.get(configMap, authentication)).data?.['client-ca-file'] || undefined
  } catch (error) {
    log.warn('it is not known which client certificates to believe: none are', { error })
    return undefined
  }
}

/** A leader that loses its lease ends: who answers holds it, or waits for it. */
function checksOf({ leaderElect }: ComponentOptions): ComponentPages['checks'] {
  const ping = { name: 'ping', check() {} }, election = leaderElect ? [{ name: 'leaderElection', check() {} }] : []
  return new Map([['healthz', [ping, ...election]], ['livez', [ping, ...election]], ['readyz', [ping]]])
}
