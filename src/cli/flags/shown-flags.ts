// What /flagz shows: every flag of kube-apiserver with what it is set to, as Go writes values of its type.
import { flagName, type Flags } from '../flag.ts'
import { referenceFlags } from './reference-flags.ts'

/** Those of the reference's defaults that are not nothing, of flags that nothing here answers to. */
const defaults: Readonly<Record<string, string>> = {
  'aggregator-reject-forwarding-redirect': 'true', 'cert-dir': '/var/run/kubernetes', 'coordinated-leadership-lease-duration': '15s', 'coordinated-leadership-renew-deadline': '10s',
  'coordinated-leadership-retry-period': '2s', 'delete-collection-workers': '1', 'enable-garbage-collector': 'true', 'endpoint-reconciler-type': 'lease', 'etcd-count-metric-poll-period': '1m0s',
  'etcd-db-metric-poll-interval': '30s', 'etcd-healthcheck-timeout': '2s', 'etcd-prefix': '/registry', 'etcd-readycheck-timeout': '2s',
  'kubelet-preferred-address-types': '[Hostname,InternalDNS,InternalIP,ExternalDNS,ExternalIP]', 'kubelet-timeout': '5s', 'lease-reuse-duration-seconds': '60', 'log-flush-frequency': '5s',
  'storage-initialization-timeout': '1m0s', 'storage-media-type': 'application/json', 'watch-cache': 'true',
}
/** What a flag that was not given is, by its type. */
const nothing = { bool: 'false', int: '0', float: '0', duration: '0s', text: '' } as const
/** Lists of these are texts where they are empty, as the others are brackets. */
const lists = new Set(['admission-control', 'emulated-version', 'etcd-servers', 'etcd-servers-overrides', 'min-compatibility-version', 'watch-cache-sizes'])

/** Flags of ours that kube-apiserver does not have. */
const foreign = new Set(['authorization-rbac-super-user', 'cluster-cidr', 'disable-controller-manager', 'disable-scheduler', 'legacy-apis', 'load-balancer-pool', 'publish-domains', 'scheduler-config', 'node-monitor-grace-period'])

/** `own`: the values of our table, by its keys; `durations`: which of them are milliseconds; `idle`: what was typed of flags without effect. */
export function shownFlags(own: Readonly<Record<string, unknown>>, durations: ReadonlySet<string>, idle: ReadonlyMap<string, string>): Record<string, string> {
  const shown: Record<string, string> = {}
  for (const [key, value] of Object.entries(own)) if (!foreign.has(flagName(key))) shown[flagName(key)] = durations.has(key) ? goDuration(Number(value)) : goValue(value)
  for (const [name, { type }] of Object.entries(referenceFlags)) {
    const typed = idle.get(name) ?? defaults[name] ?? (lists.has(name) ? '[]' : nothing[type])
    shown[name] = lists.has(name) && !typed.startsWith('[') ? `[${typed}]` : typed
  }
  return shown
}

/** Flags of a component that has a table of its own, with what they are set to. */
export const componentFlagsShown = (table: Flags, values: Readonly<Record<string, unknown>>): Record<string, string> => Object.fromEntries(Object.entries(table).filter(([key]) => key !== 'logLevel')
  .map(([key, { isDuration }]) => [flagName(key), isDuration ? goDuration(Number(values[key])) : goValue(values[key])]))

function goValue(value: unknown): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return `[${value.join(',')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const { from, to } = value as { readonly from?: number; readonly to?: number }
  if (from !== undefined && to !== undefined) return `${from}-${to}`
  return Object.entries(value).map(([name, set]) => `${name}=${set}`).sort().join(',')
}

/** Milliseconds as Go writes a duration: 1m30s, 500ms, 0s. */
export function goDuration(ms: number): string {
  if (ms !== 0 && ms < 1000) return `${ms}ms`
  const hours = Math.floor(ms / 3_600_000), minutes = Math.floor(ms / 60_000) % 60
  return `${hours > 0 ? `${hours}h` : ''}${ms >= 60_000 ? `${minutes}m` : ''}${Number(((ms % 60_000) / 1000).toFixed(3))}s`
}
