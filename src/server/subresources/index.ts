// Which subresources a kind has: status and scale where the kind says so, the others by name.
import type { Kind } from '#machinery'
import { approval, ephemeralContainers, finalize, resize } from './adopted.ts'
import { binding } from './binding.ts'
import { eviction } from './eviction.ts'
import { log } from './log.ts'
import { nodeProxy, podProxy, serviceProxy } from './proxy.ts'
import { scale } from './scale.ts'
import { status } from './status.ts'
import { attach, exec, portForward } from './streams.ts'
import type { Subresource } from './subresource.ts'
import { token } from './token.ts'

const special: Readonly<Record<string, readonly Subresource[]>> = {
  '/namespaces': [finalize],
  '/nodes': [nodeProxy],
  '/pods': [attach, binding, ephemeralContainers, eviction, exec, log, portForward, podProxy, resize],
  '/serviceaccounts': [token],
  '/services': [serviceProxy],
  'certificates.k8s.io/certificatesigningrequests': [approval],
}

/** In order of their names, as discovery lists them. */
export function subresourcesOf(kind: Kind): Subresource[] {
  const all: Subresource[] = [...(special[`${kind.group}/${kind.resource}`] ?? [])]
  if (kind.subresources.status) all.push(status(kind))
  if (kind.subresources.scale) all.push(scale)
  return all.sort((a, b) => (a.name < b.name ? -1 : 1))
}
