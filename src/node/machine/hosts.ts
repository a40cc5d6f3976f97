// A pod's own name, and its /etc/hosts.
import type { Pod } from '#kinds'
import { SetUpError } from '../pods/environment.ts'

const mostLetters = 63
/** What the kernel takes as a hostname. */
const mostKernelLetters = 64

/** The pod's hostname, and its domain when it is in a subdomain of a headless service; '' for none. */
export function podName({ metadata, spec }: Pod, clusterDomain: string): { readonly host: string; readonly domain: string } {
  if (spec.hostnameOverride && !spec.hostNetwork) return { host: spec.hostnameOverride, domain: '' }
  const whole = spec.hostname || metadata.name
  const host = whole.length > mostLetters ? whole.slice(0, mostLetters).replace(/[-.]+$/, '') : whole
  return { host, domain: spec.subdomain ? `${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}` : '' }
}

/** What the kernel is told; '' in the node's network namespace, whose name is shared. Throws SetUpError for a full name that is too long. */
export function kernelHostname(pod: Pod, clusterDomain: string): string {
  if (pod.spec.hostNetwork) return ''
  const { host, domain } = podName(pod, clusterDomain)
  if (!pod.spec.setHostnameAsFQDN || !domain) return host
  const full = `${host}.${domain}`
  if (full.length > mostKernelLetters)
    throw new SetUpError('FailedCreatePodSandBox', `failed to construct FQDN from pod hostname and cluster domain, FQDN ${full} is too long (${mostKernelLetters} characters is the max, ${full.length} characters requested)`)
  return full
}

const header = '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n'

/** The content of a pod's /etc/hosts. `hostFile` is the node's own, which pods in the node's network begin with. */
export function hostsFile(pod: Pod, podIPs: readonly string[], clusterDomain: string, hostFile: () => string): string {
  const { spec } = pod, { host, domain } = podName(pod, clusterDomain)
  let text = spec.hostNetwork ? `# Kubernetes-managed hosts file (host network).\n${hostFile()}` : header
  if (!spec.hostNetwork) for (const ip of podIPs) text += domain ? `${ip}\t${host}.${domain}\t${host}\n` : `${ip}\t${host}\n`
  const aliases = (spec.hostAliases ?? []).filter((a) => a.hostnames?.length)
  if (aliases.length > 0) text += '\n# Entries added by HostAliases.\n' + aliases.map((a) => `${a.ip}\t${a.hostnames!.join('\t')}\n`).join('')
  return text
}
