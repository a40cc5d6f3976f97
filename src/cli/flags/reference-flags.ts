// The rest of kube-apiserver's flags: names that are taken although nothing here answers to them, so that command lines and manifests written for
// the reference start this server too. What would mean something else than it says is refused. A flag that a command has itself is none of these.
import { Failure, usageError } from '../failure.ts'
import { parseDuration } from '../flag.ts'

type ReferenceType = 'bool' | 'int' | 'float' | 'duration' | 'text'
export interface ReferenceFlag {
  readonly type: ReferenceType
  /** Why it has no effect. */
  readonly idle?: string
  /** What to do instead; the server does not start. */
  readonly refused?: string
  /** Values that mean what happens here anyway: they pass without a word. */
  readonly fits?: readonly string[]
}

export const idle = (type: ReferenceType, why: string, fits: readonly string[] = []): ReferenceFlag => ({ type, idle: why, fits })
export const refused = (type: ReferenceType, instead: string, fits: readonly string[] = []): ReferenceFlag => ({ type, refused: instead, fits })
const ownStore = 'the store is this process\'s own', oneServer = 'there is one API server', ownLog = 'the log is written at once', ownIdentity = 'the cluster makes its own'

export const referenceFlags: Readonly<Record<string, ReferenceFlag>> = {
  'admission-control': refused('text', 'use --enable-admission-plugins and --disable-admission-plugins'),
  'aggregator-reject-forwarding-redirect': idle('bool', 'redirects of extension servers are never followed', ['true']),
  'cert-dir': idle('text', `${ownIdentity} certificates in its data directory`), 'contention-profiling': idle('bool', 'nothing here blocks', ['false']),
  'coordinated-leadership-lease-duration': idle('duration', oneServer), 'coordinated-leadership-renew-deadline': idle('duration', oneServer), 'coordinated-leadership-retry-period': idle('duration', oneServer),
  'debug-socket-path': idle('text', 'profiles are served over TLS only'),
  'delete-collection-workers': idle('int', 'sixteen objects are deleted at once'), 
  'egress-selector-config-file': refused('text', 'calls leave this machine directly'),
  'emulated-version': refused('text', 'this server is v1.36', ['1.36', 'kube=1.36']), 'emulation-forward-compatible': idle('bool', 'no other version is emulated', ['false']), 'min-compatibility-version': idle('text', 'no other version is emulated'),
  'runtime-config-emulation-forward-compatible': idle('bool', 'no other version is emulated', ['false']),
  'enable-aggregator-routing': idle('bool', 'extension servers are always reached by their endpoints', ['true']), 'enable-garbage-collector': refused('bool', 'the garbage collector is part of the cluster', ['true']),
  'enable-logs-handler': idle('bool', '/logs is not served', ['false']),
  'endpoint-reconciler-type': idle('text', oneServer, ['lease']), 'etcd-servers': refused('text', `${ownStore}; objects would not go where this says`), 'etcd-servers-overrides': refused('text', `${ownStore}; objects would not go where this says`),
  'etcd-prefix': refused('text', `keys begin with /registry`, ['/registry']), 'etcd-cafile': idle('text', ownStore), 'etcd-certfile': idle('text', ownStore), 'etcd-keyfile': idle('text', ownStore),
  'etcd-count-metric-poll-period': idle('duration', 'objects are counted when somebody asks'), 'etcd-db-metric-poll-interval': idle('duration', 'the store is looked at when somebody asks'),
  'etcd-healthcheck-timeout': idle('duration', ownStore), 'etcd-readycheck-timeout': idle('duration', ownStore),
  'kubelet-certificate-authority': refused('text', 'agents are known by the cluster\'s own authority'),
  'kubelet-client-certificate': idle('text', `${ownIdentity} certificate for agents`), 'kubelet-client-key': idle('text', `${ownIdentity} certificate for agents`),
  'kubelet-preferred-address-types': idle('text', 'agents are reached by their InternalIP'), 'kubelet-timeout': idle('duration', 'agents have ten seconds'),
  'kubernetes-service-node-port': idle('int', 'the kubernetes service is of type ClusterIP', ['0']), 'lease-reuse-duration-seconds': idle('int', 'what is written within a minute shares a lease', ['60']),
  'log-flush-frequency': idle('duration', ownLog), 'log-json-info-buffer-size': idle('text', ownLog), 'log-json-split-stream': idle('bool', ownLog, ['false']), 'log-text-info-buffer-size': idle('text', ownLog), 'log-text-split-stream': idle('bool', ownLog, ['false']),
  'max-connection-bytes-per-sec': idle('int', 'connections are not throttled', ['0']), 'peer-advertise-ip': idle('text', oneServer), 'peer-advertise-port': idle('text', oneServer), 'peer-ca-file': idle('text', oneServer),
  'permit-address-sharing': idle('bool', 'a socket takes over an address at once, and shares it with nobody', ['false']), 'livez-grace-period': idle('duration', 'the server is alive when it answers', ['0', '0s']),
  'send-retry-after-while-not-ready-once': idle('bool', 'requests wait until the server is ready', ['false']), 'service-account-signing-endpoint': refused('text', 'use --service-account-signing-key-file'),
  'storage-backend': refused('text', ownStore, ['etcd3']), 'storage-initialization-timeout': idle('duration', ownStore), 'storage-media-type': idle('text', 'objects are stored as JSON', ['application/json']),
  'vmodule': idle('text', 'use --log-level'), 'watch-cache': idle('bool', 'everything is in memory', ['true']), 'watch-cache-sizes': idle('text', 'everything is in memory'),
}

/** The flags of one of the reference's programs. */
export interface ReferenceFlags { readonly component: string; readonly flags: Readonly<Record<string, ReferenceFlag>> }

const booleans = new Set(['true', 'false', '1', '0', 't', 'f', 'T', 'F', 'TRUE', 'FALSE', 'True', 'False'])
const checks: Readonly<Record<ReferenceType, { readonly what: string; readonly holds: (given: string) => boolean }>> = {
  bool: { what: 'true or false', holds: (given) => booleans.has(given) }, int: { what: 'a whole number', holds: (given) => /^-?\d{1,15}$/.test(given) }, float: { what: 'a number', holds: (given) => given !== '' && Number.isFinite(Number(given)) },
  duration: { what: 'a duration such as 40s, 5m or 1h30m', holds: (given) => { try { parseDuration(given); return true } catch { return false } } }, text: { what: 'a value', holds: () => true },
}

/** Takes these flags out of what was typed and puts them into `taken`; `warn` gets one line for each that has no effect. Throws for those that are refused or of another type. */
export function withoutReferenceFlags(args: readonly string[], own: ReadonlySet<string>, warn: (line: string) => void, taken = new Map<string, string>(),
  { component, flags }: ReferenceFlags = { component: 'kube-apiserver', flags: referenceFlags }): string[] {
  const rest: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg === '--') return [...rest, ...args.slice(i)]
    const [, name = '', given] = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(arg) ?? []
    const flag = own.has(name) ? undefined : flags[name]
    if (!flag) { rest.push(arg); continue }
    const value = given ?? (flag.type === 'bool' ? 'true' : args[++i])
    if (value === undefined) throw usageError(`--${name} needs a value`)
    const { what, holds } = checks[flag.type]
    if (!holds(value)) throw usageError(`--${name} wants ${what}, not ${JSON.stringify(value.slice(0, 100))}`)
    taken.set(name, value)
    if (flag.fits?.includes(value)) continue
    if (flag.refused !== undefined) throw new Failure(`--${name} is a flag of ${component} that cannot be had here: ${flag.refused}`, 2)
    warn(`--${name} has no effect: ${flag.idle}`)
  }
  return rest
}
