// What is written into the status of a claim that got its devices.
import type { AllocationResult, DeviceAllocationConfiguration, DeviceResourceClaim, NodeSelectorRequirement } from '#kinds'
import { same } from '#machinery'
import type { Candidate } from './pools.ts'
import { fullName, type Request } from './requests.ts'

export type Allocation = AllocationResult
export interface Taken { readonly request: Request; readonly candidate: Candidate; readonly shareID?: string; readonly consumedCapacity?: Readonly<Record<string, string>> }

/** `chosen`: the request, or the alternative of it, that each request came to. */
export function allocationOf(claim: DeviceResourceClaim, chosen: readonly Request[], taken: readonly Taken[], node: string): Allocation {
  const config = configOf(claim, chosen), nodeSelector = selectorOf(taken, node)
  return {
    devices: {
      ...(config.length > 0 && { config }),
      ...(taken.length > 0 && { results: taken.map(({ request, candidate: { device, slice: { spec } }, shareID, consumedCapacity }) => ({
        request: fullName(request), driver: spec.driver, pool: spec.pool.name, device: device.name,
        ...(request.adminAccess && { adminAccess: true }), ...(request.tolerations && { tolerations: [...request.tolerations] }),
        ...(device.bindingConditions && { bindingConditions: device.bindingConditions }), ...(device.bindingFailureConditions && { bindingFailureConditions: device.bindingFailureConditions }),
        ...(shareID !== undefined && { shareID }), ...(consumedCapacity && { consumedCapacity: { ...consumedCapacity } }) })) }),
    },
    ...(nodeSelector && { nodeSelector }),
  }
}

/** What the classes say first, each once; then what the claim says to the requests that were chosen. What is for all names none. */
function configOf(claim: DeviceResourceClaim, chosen: readonly Request[]): DeviceAllocationConfiguration[] {
  const out: DeviceAllocationConfiguration[] = [], { config = [], requests = [] } = claim.spec.devices
  for (const [, of] of Map.groupBy(chosen, (request) => request.class.metadata.name))
    for (const { opaque } of of[0]!.class.spec.config ?? []) out.push({ source: 'FromClass', requests: of.map(fullName), ...(opaque && { opaque }) })
  for (const { opaque, requests: names = [] } of config) {
    const entry: DeviceAllocationConfiguration = { source: 'FromClaim', ...(names.length > 0 && { requests: names }), ...(opaque && { opaque }) }
    if (names.length === 0) out.push(entry)
    else for (const request of chosen) if (names.includes(request.parent || request.name) || names.includes(fullName(request))) out.push(entry)
  }
  return out.map(({ requests: names, ...entry }) => (names?.length && names.length !== requests.length ? { ...entry, requests: names } : entry))
}

/** Where the devices can be reached from; undefined: from everywhere. */
function selectorOf(taken: readonly Taken[], node: string): Allocation['nodeSelector'] {
  const fields: NodeSelectorRequirement[] = [], expressions: NodeSelectorRequirement[] = []
  const add = (to: NodeSelectorRequirement[], more: readonly NodeSelectorRequirement[] = []) => { for (const one of more) if (!to.some((other) => alike(one, other))) to.push(one) }
  for (const { candidate: { device, slice: { spec } } } of taken) {
    const { nodeName, nodeSelector } = spec.perDeviceNodeSelection ? device : spec
    if (nodeName !== undefined || device.bindsToNode) return { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] }
    add(fields, nodeSelector?.nodeSelectorTerms[0]?.matchFields)
    add(expressions, nodeSelector?.nodeSelectorTerms[0]?.matchExpressions)
  }
  if (fields.length + expressions.length === 0) return undefined
  return { nodeSelectorTerms: [{ ...(expressions.length > 0 && { matchExpressions: expressions }), ...(fields.length > 0 && { matchFields: fields }) }] }
}
const alike = (a: NodeSelectorRequirement, b: NodeSelectorRequirement): boolean => a.key === b.key && a.operator === b.operator && same([...a.values ?? []].sort(), [...b.values ?? []].sort())
