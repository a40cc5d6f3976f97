// Finding the agent of the node that a pod runs on.
import { node as nodeKind, pod as podKind, type Node, type Pod } from '#kinds'
import { ApiError, badRequest, notFound } from '#machinery'
import { place, type Call } from '../core.ts'
import type { KubeletAddress } from '../server.ts'

/** Where an agent listens that does not say so; a node always has the field, 0 is what it says then. */
const kubeletPort = 10250

/** Which of a node's addresses to try, best first. */
const addressOrder = ['InternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS', 'ExternalIP']

/** The pod that the request names. Throws NotFound. */
export function podOf(call: Call): Pod {
  const found = call.core.objects.get(podKind, call.info.name, place(call))
  if (!found) throw notFound(podKind, call.info.name)
  return found
}

/** Where a node's agent listens. Throws NotFound, or a plain failure when the node says nowhere. */
export function agentOf(call: Call, nodeName: string): KubeletAddress {
  const node: Node | undefined = call.core.objects.get(nodeKind, nodeName)
  if (!node) throw notFound(nodeKind, nodeName)
  const addresses = node.status?.addresses ?? []
  const host = addressOrder.map((type) => addresses.find((a) => a.type === type)?.address).find((a) => a !== undefined)
  if (host === undefined) throw new ApiError('', `no preferred addresses found; known addresses: [${addresses.map((a) => a.address).join(' ')}]`, undefined, { code: 500 })
  return { node: nodeName, host, port: node.status?.daemonEndpoints?.kubeletEndpoint?.Port || kubeletPort }
}

/** The container that the query names, or the pod's only one. Throws BadRequest. */
export function containerOf({ spec, metadata: { name } }: Pod, asked: string | undefined, withEphemeral = true): string {
  const of = (list: readonly { readonly name: string }[] | undefined) => (list ?? []).map((c) => c.name)
  const main = of(spec.containers), init = of(spec.initContainers)
  if (asked) {
    if (![...main, ...init, ...(withEphemeral ? of(spec.ephemeralContainers) : [])].includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`)
    return asked
  }
  if (main.length === 1 && init.length === 0) return main[0]!
  if (main.length === 1) return main[0]!
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${main.join(' ')}]${init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : ''}`)
}
