// Which endpoints serve a port of a service, seen from a node.
import type { Endpoint, EndpointSlice, ServicePort } from '#kinds'
import type { Backend } from '../dataplane/dataplane.ts'
import { isIpv4 } from '../ipv4.ts'
import type { PlanNode } from './plan.ts'

export interface Choice {
  /** For traffic that may go anywhere. */
  readonly cluster: readonly Backend[]
  /** For traffic that must stay on the node. */
  readonly local: readonly Backend[]
  /** Addresses of all endpoints on the node, whatever their state. */
  readonly here: readonly string[]
  readonly localReady: number
}

interface Candidate { readonly backend: Backend; readonly endpoint: Endpoint }

/**
 * Ready endpoints; where there is none, those that still serve while they shut down. So a rollout of a single pod, or a
 * node being emptied, does not refuse connections that could be served.
 */
export function chooseEndpoints(slices: readonly EndpointSlice[], port: ServicePort, node: PlanNode): Choice {
  const candidates = gather(slices, port)
  const here = candidates.filter(({ endpoint }) => endpoint.nodeName === node.name)
  return {
    cluster: near(usable(candidates), node).map(({ backend }) => backend),
    local: usable(here).map(({ backend }) => backend),
    here: [...new Set(here.map(({ backend }) => backend.split(':')[0]!))],
    localReady: here.filter(isReady).length,
  }
}

/** Whether an endpoint takes new connections. What says nothing does. */
export const isReady = ({ endpoint }: Pick<Candidate, 'endpoint'>): boolean => endpoint.conditions?.ready ?? true

const isLeaving = ({ endpoint }: Candidate): boolean => endpoint.conditions?.serving === true && endpoint.conditions.terminating === true

function usable(candidates: readonly Candidate[]): readonly Candidate[] {
  const ready = candidates.filter(isReady)
  return ready.length > 0 ? ready : candidates.filter(isLeaving)
}

/** Those that the slices' hints keep for this node, or for its zone. Hints count only when every endpoint has them and some are for us. */
function near(candidates: readonly Candidate[], node: PlanNode): readonly Candidate[] {
  for (const [list, name] of [['forNodes', node.name], ['forZones', node.zone]] as const) {
    if (name === undefined || candidates.length === 0 || !candidates.every(({ endpoint }) => endpoint.hints?.[list]?.length)) continue
    const ours = candidates.filter(({ endpoint }) => endpoint.hints?.[list]?.some((hint) => hint.name === name))
    if (ours.length > 0) return ours
  }
  return candidates
}

/** The endpoints of a port, each once. While a pod moves from slice to slice it can be in two; the better one counts. */
function gather(slices: readonly EndpointSlice[], port: ServicePort): Candidate[] {
  const found = new Map<Backend, Candidate>()
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue
    // A slice's port belongs to the service's port of the same name; its number is the pods' own.
    const number = slice.ports?.find(({ name, protocol }) => (name ?? '') === (port.name ?? '') && (protocol ?? 'TCP') === (port.protocol ?? 'TCP'))?.port
    if (number === undefined) continue
    for (const endpoint of slice.endpoints ?? []) {
      const address = endpoint.addresses[0]
      if (address === undefined || !isIpv4(address)) continue
      const candidate = { backend: `${address}:${number}`, endpoint }
      const other = found.get(candidate.backend)
      if (!other || (isReady(candidate) && !isReady(other))) found.set(candidate.backend, candidate)
    }
  }
  return [...found.values()]
}
