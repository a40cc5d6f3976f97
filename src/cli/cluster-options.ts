// From what was typed to what a cluster is started with. Pure, but for the machine that is handed in.
import { createHash } from 'node:crypto'
import { clusterPaths, defaultDataDir, type ClusterPaths } from './data-dir.ts'
import { Failure, usageError } from './failure.ts'
import type { Flag, Values } from './flag.ts'
import type { AuditFlags } from './flags/audit-flags.ts'
import type { AuthenticationFlags } from './flags/authentication-flags.ts'
import { authorizationProblem, type AuthorizationFlags } from './flags/authorization-flags.ts'
import type { clusterFlags } from './flags/cluster-flags.ts'
import { limitProblem, type LimitFlags } from './flags/limit-flags.ts'
import type { StreamName } from './log-streams.ts'
import { serverFlags } from './flags/server-flags.ts'
import { shownFlags } from './flags/shown-flags.ts'
import type { nodeFlags, processFlags } from './flags/up-flags.ts'

type Typed = Values<typeof clusterFlags> & Values<typeof nodeFlags> & Values<typeof processFlags> & Values<typeof serverFlags>

/** What `startCluster` of the assembly is given. */
export interface ClusterOptions extends AuthenticationFlags, AuthorizationFlags, AuditFlags, LimitFlags {
  readonly name: string
  readonly paths: ClusterPaths
  /** 0: a free one. */
  readonly port: number
  readonly bindAddress: string
  readonly advertiseAddress: string | undefined
  /** Real nodes on this machine: each a network namespace, a containerd and an agent. */
  readonly containerdNodes: number
  readonly simulatedNodes: number
  /** What that comes from. */
  readonly nodesAsked: NodesAsked
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly loggingFormat: 'text' | 'json'
  /** Streams that are on from now on; absent: those that were. */
  readonly logStreams: readonly StreamName[] | undefined
  readonly featureGates: Readonly<Record<string, boolean>>
  readonly tlsCertFile: string | undefined
  readonly tlsPrivateKeyFile: string | undefined
  readonly profiling: boolean
  readonly disabledMetrics: readonly string[]
  /** The release before this one, or nothing. */
  readonly showHiddenMetricsForVersion: string | undefined
  readonly allowMetricLabels: Readonly<Record<string, string>>
  readonly allowMetricLabelsManifest: string | undefined
  readonly externalHostname: string | undefined
  readonly tlsMinVersion: string
  readonly tlsCipherSuites: readonly string[]
  readonly tlsCurvePreferences: readonly string[]
  readonly tracingConfigFile: string | undefined
  readonly disableControllerManager: boolean
  readonly disableScheduler: boolean
  readonly schedulerConfig: string | undefined
  readonly encryptionProviderConfig: string | undefined
  readonly encryptionProviderConfigAutomaticReload: boolean
  readonly tlsSniCertKey: readonly string[]
  readonly runtimeConfig: Readonly<Record<string, string>>
  readonly enableAdmissionPlugins: readonly string[]
  readonly disableAdmissionPlugins: readonly string[]
  readonly admissionControlConfigFile: string | undefined
  readonly allowPrivileged: boolean
  readonly serviceClusterIpRange: string
  readonly serviceNodePortRange: { readonly from: number; readonly to: number }
  /** Ranges; empty: some that fit the nodes, none where there are no nodes. */
  readonly loadBalancerPool: readonly string[]
  readonly publishDomains: readonly string[]
  readonly clusterCidr: string
  /** Whether it was typed; otherwise real nodes may get another range when this one is in use on the machine. */
  readonly clusterCidrGiven: boolean
  readonly etcdCompactionIntervalMs: number
  readonly nodeMonitorGracePeriodMs: number
  readonly defaultNotReadyTolerationSeconds: number
  readonly defaultUnreachableTolerationSeconds: number
  /** The reference's flags and what they are set to, for /flagz. */
  readonly shownFlags: Readonly<Record<string, string>>
}

/** How many nodes there shall be: such as the machine can have, and such as are simulated in any case. */
export interface NodesAsked { readonly nodes: number; readonly simulate: number }

/** What the machine and the past decide where nothing was typed. */
export interface Circumstances {
  /** Why containerd cannot be used here; undefined when it can. */
  readonly noContainers: string | undefined
  /** The port this cluster was served on last. */
  readonly lastPort: number | undefined
  /** The nodes that this cluster had last. */
  readonly lastNodes?: NodesAsked | undefined
  /** What was typed of the reference's flags that have no effect here. */
  readonly idle?: ReadonlyMap<string, string>
}

/** The level of the log, as the reference counts. */
export const levelOf = (v: number): 'debug' | 'info' => (v >= 4 ? 'debug' : 'info')

/** The paths of the cluster that was typed. */
export const pathsOf = ({ name, dataDir }: Values<typeof clusterFlags>): ClusterPaths => clusterPaths(name, dataDir ?? defaultDataDir())

/** The options of a cluster; throws what was typed and does not fit together, or cannot be had here. */
export function clusterOptions(typed: Typed, { noContainers, lastPort, lastNodes, idle = new Map() }: Circumstances): ClusterOptions {
  const { name, runtime, nodes, simulate, port, securePort, v, clusterCidr, etcdCompactionInterval, nodeMonitorGracePeriod, legacyApis, ...rest } = typed
  if (runtime === 'containerd' && noContainers !== undefined) throw new Failure(`--runtime containerd is not possible here: ${noContainers}`)
  if ((rest.tlsCertFile === undefined) !== (rest.tlsPrivateKeyFile === undefined)) throw usageError('--tls-cert-file and --tls-private-key-file belong together: give both')
  if (port !== undefined && securePort !== undefined && port !== securePort) throw usageError('--port and --secure-port are the same thing: give one')
  const problem = authorizationProblem(rest) ?? limitProblem(rest)
  if (problem) throw usageError(problem)
  // Only what was typed can contradict itself.
  const enable = rest.enableAdmissionPlugins === serverFlags.enableAdmissionPlugins.default ? rest.enableAdmissionPlugins.filter((plugin) => !rest.disableAdmissionPlugins.includes(plugin)) : rest.enableAdmissionPlugins
  const both = enable.find((plugin) => rest.disableAdmissionPlugins.includes(plugin))
  if (both) throw usageError(`${both} is in both --enable-admission-plugins and --disable-admission-plugins`)
  if (rest.enablePriorityAndFairness && rest.maxRequestsInflight + rest.maxMutatingRequestsInflight === 0) throw usageError('--max-requests-inflight and --max-mutating-requests-inflight must not both be 0 while --enable-priority-and-fairness is on')
  const real = runtime === 'containerd' || (runtime === 'auto' && noContainers === undefined)
  // --simulate alone asks for simulated nodes only; both together give a mixed cluster where containers can run.
  const nodesAsked = nodes === undefined && simulate === undefined ? lastNodes ?? { nodes: 1, simulate: 0 } : { nodes: nodes ?? 0, simulate: simulate ?? 0 }
  const pods = clusterCidr ?? defaultClusterCidr(name)
  if (overlap(pods, rest.serviceClusterIpRange)) throw usageError(`--cluster-cidr ${pods} and --service-cluster-ip-range ${rest.serviceClusterIpRange} overlap`)
  return {
    ...rest, runtimeConfig: legacyApis ? { 'legacy/all': 'true', ...rest.runtimeConfig } : rest.runtimeConfig, name, paths: pathsOf(typed), enableAdmissionPlugins: enable,
    port: port ?? securePort ?? lastPort ?? (name === 'proa' ? 6443 : 0),
    containerdNodes: real ? nodesAsked.nodes : 0, simulatedNodes: nodesAsked.simulate + (real ? 0 : nodesAsked.nodes), nodesAsked,
    logLevel: v === undefined ? rest.logLevel : levelOf(v),
    clusterCidr: pods, clusterCidrGiven: clusterCidr !== undefined, etcdCompactionIntervalMs: etcdCompactionInterval, nodeMonitorGracePeriodMs: nodeMonitorGracePeriod,
    shownFlags: shownFlags(ofReference(typed, port ?? securePort ?? lastPort ?? 6443), durations, idle),
  }
}

/** What was typed of flags that the reference has too, with what it says where nothing was typed. */
function ofReference(typed: Typed, port: number): Record<string, unknown> {
  const { v = 0, featureGates, loggingFormat } = typed
  const own = Object.fromEntries(Object.keys(serverFlags).map((key) => [key, typed[key as keyof typeof serverFlags]]))
  return { ...own, securePort: port, v, featureGates, loggingFormat, allowMetricLabels: Object.entries(typed.allowMetricLabels).map(([key, values]) => `${key}=${values}`), anonymousAuth: typed.anonymousAuth ?? true, oidcUsernameClaim: typed.oidcUsernameClaim ?? 'sub',
    oidcSigningAlgs: typed.oidcSigningAlgs.length > 0 ? typed.oidcSigningAlgs : ['RS256'] }
}
const durations: ReadonlySet<string> = new Set(Object.entries<Flag<unknown>>(serverFlags).flatMap(([key, { isDuration }]) => (isDuration ? [key] : [])))

/** Pods of several clusters of one machine must not share addresses: other names get a network made from the name. */
export function defaultClusterCidr(name: string): string {
  if (name === 'proa') return '10.244.0.0/16'
  const byte = createHash('sha256').update(name).digest()[0]!
  // 10.128 to 10.239: away from 10.96 (Services), 10.244 (the default) and the low numbers that lans use.
  return `10.${128 + byte % 112}.0.0/16`
}

function overlap(a: string, b: string): boolean {
  const [first, second] = [a, b].map((cidr) => {
    const [address = '', bits = ''] = cidr.split('/')
    const from = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
    return { from, to: from + 2 ** (32 - Number(bits)) - 1 }
  })
  return first!.from <= second!.to && second!.from <= first!.to
}
