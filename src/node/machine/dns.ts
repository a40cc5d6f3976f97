// How a pod's processes look names up: what becomes of its /etc/resolv.conf.
import { readFileSync } from 'node:fs'
import type { Pod } from '#kinds'

export interface DnsSettings { readonly servers: readonly string[]; readonly searches: readonly string[]; readonly options: readonly string[] }
export interface ClusterDns { readonly server: string; readonly domain: string }

/** Limits of the resolver and of the reference; what is over is left out. */
const mostServers = 3
const mostSearches = 32
const mostSearchLetters = 2048

/** A resolv.conf(5) file; the last `search` and all of `options` count. */
export function parseResolvConf(text: string): DnsSettings {
  const servers: string[] = [], options: string[] = []
  let searches: string[] = []
  for (const line of text.split('\n')) {
    const [word = '', ...rest] = line.replace(/[#;].*$/, '').trim().split(/\s+/)
    if (word === 'nameserver' && rest[0]) servers.push(rest[0])
    else if (word === 'search' || word === 'domain') searches = rest.filter((s) => s !== '.').map((s) => s.replace(/\.$/, ''))
    else if (word === 'options') options.push(...rest)
  }
  return { servers, searches, options }
}

/** The node's own settings. Where a stub on the loopback answers the node, pods get what that stub asks. */
export function readHostDns(): DnsSettings {
  const own = parseResolvConf(read('/etc/resolv.conf'))
  if (own.servers.length === 0 || !own.servers.every((s) => s.startsWith('127.'))) return own
  const behind = parseResolvConf(read('/run/systemd/resolve/resolv.conf'))
  return behind.servers.length > 0 ? behind : own
}
function read(path: string): string { try { return readFileSync(path, 'utf8') } catch { return '' } }

/** The pod's settings by its dnsPolicy and dnsConfig. */
export function podDns({ metadata, spec }: Pod, cluster: ClusterDns, host: () => DnsSettings): DnsSettings {
  const policy = spec.dnsPolicy ?? 'ClusterFirst'
  const inCluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !spec.hostNetwork)
  const base: DnsSettings = policy === 'None' ? { servers: [], searches: [], options: [] } : inCluster
    ? { servers: [cluster.server], searches: [`${metadata.namespace}.svc.${cluster.domain}`, `svc.${cluster.domain}`, cluster.domain, ...host().searches], options: ['ndots:5'] }
    : host()
  const more = spec.dnsConfig
  const options = new Map(base.options.map((o) => [o.split(':')[0]!, o]))
  for (const { name, value } of more?.options ?? []) if (name) options.set(name, value === undefined ? name : `${name}:${value}`)
  return {
    servers: [...new Set([...base.servers, ...more?.nameservers ?? []])].slice(0, mostServers),
    searches: fitting([...new Set([...base.searches, ...more?.searches ?? []])]),
    options: [...options.values()],
  }
}
function fitting(searches: readonly string[]): string[] {
  let letters = -1
  return searches.slice(0, mostSearches).filter((s) => (letters += s.length + 1) <= mostSearchLetters)
}
