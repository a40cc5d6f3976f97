// For whom an endpoint is meant first: traffic may stay in a zone or on a node. Pure.
import type { Endpoint, EndpointSlice, Service } from '#kinds'
import { same } from '#machinery'
import type { SlicePlan } from './slices.ts'

export const isReadyEndpoint = (endpoint: Endpoint): boolean => endpoint.conditions?.ready === true

/** "Auto" in an annotation: endpoints are shared out among zones by their processors. The older name of it comes first. */
export function isAutomatic(s: Service): boolean {
  const value = s.metadata.annotations?.['service.kubernetes.io/topology-aware-hints'] ?? s.metadata.annotations?.['service.kubernetes.io/topology-mode']
  return value === 'Auto' || value === 'auto'
}

/** The plan with hints as the service's trafficDistribution asks for, or with none. Endpoints that are not ready keep what they have in slices that stay as they are. */
export function nearHints(plan: SlicePlan, s: Service): SlicePlan {
  const near = s.spec.trafficDistribution, isNear = near === 'PreferClose' || near === 'PreferSameZone' || near === 'PreferSameNode'
  if (!isNear) return rehinted(plan, () => undefined, ({ hints }) => hints !== undefined)
  const wanted = ({ zone, nodeName }: Endpoint): Endpoint['hints'] => {
    const forNodes = near === 'PreferSameNode' && nodeName !== undefined ? [{ name: nodeName }] : undefined, forZones = zone !== undefined ? [{ name: zone }] : undefined
    return forNodes || forZones ? { ...(forNodes && { forNodes }), ...(forZones && { forZones }) } : undefined
  }
  return rehinted(plan, (endpoint) => (isReadyEndpoint(endpoint) ? wanted(endpoint) : endpoint.hints), (endpoint) => isReadyEndpoint(endpoint) && !same(endpoint.hints, wanted(endpoint)))
}
export const withoutHints = (plan: SlicePlan): SlicePlan => rehinted(plan, () => undefined, ({ hints }) => hints !== undefined)

export function withHints(endpoint: Endpoint, hints: Endpoint['hints']): Endpoint {
  const { hints: _, ...rest } = endpoint
  return hints ? { ...rest, hints } : rest
}

/** What is written anyway gets its hints; of the rest only slices with a wrong one are written. */
function rehinted(plan: SlicePlan, hintsOf: (endpoint: Endpoint) => Endpoint['hints'], isWrong: (endpoint: Endpoint) => boolean): SlicePlan {
  const hinted = <T extends { readonly endpoints?: readonly Endpoint[] | undefined | null }>(slice: T): T => (slice.endpoints ? { ...slice, endpoints: slice.endpoints.map((endpoint) => withHints(endpoint, hintsOf(endpoint))) } : slice)
  const wrong = (slice: EndpointSlice) => (slice.endpoints ?? []).some(isWrong)
  return {
    ...plan, create: plan.create.map((slice) => hinted(slice as { endpoints?: readonly Endpoint[] }) as typeof slice), update: [...plan.update, ...plan.unchanged.filter(wrong)].map(hinted), unchanged: plan.unchanged.filter((slice) => !wrong(slice)),
  }
}
