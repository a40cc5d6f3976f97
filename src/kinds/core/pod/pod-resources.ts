// Resources of the pod as a whole (spec.resources): what the containers ask for together, and the defaults that follow from it.
import { addQuantities, compareQuantities, formatQuantity } from '#machinery'
import { isHugePages, mayOvercommit, type ResourceList } from '../resources.ts'
import type { Container } from './container.ts'
import type { PodSpec } from './spec.ts'

/** Resources that a pod as a whole may ask for. */
export const isPodLevelResource = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePages(name)
const isSidecar = (c: Container): boolean => c.restartPolicy === 'Always'

/** What all containers ask for at the same time, at most: sidecars run beside everything that starts after them. */
export function containerTotals(spec: PodSpec, of: 'requests' | 'limits'): ResourceList {
  const total: ResourceList = {}, sidecars: ResourceList = {}, peak: ResourceList = {}
  for (const c of spec.containers ?? []) add(total, c.resources?.[of])
  for (const c of spec.initContainers ?? []) {
    if (isSidecar(c)) {
      add(total, c.resources?.[of])
      add(sidecars, c.resources?.[of])
      most(peak, sidecars)
    } else {
      const now = { ...sidecars }
      add(now, c.resources?.[of])
      most(peak, now)
    }
  }
  most(total, peak)
  return total
}
function add(sum: ResourceList, list: ResourceList | undefined): void {
  for (const name in list) sum[name] = formatQuantity(addQuantities(sum[name], list[name]))
}
function most(into: ResourceList, list: ResourceList): void {
  for (const name in list) if (into[name] === undefined || compareQuantities(list[name]!, into[name]) > 0) into[name] = list[name]!
}

interface PodLike { readonly spec: PodSpec }
/** What the pod takes of a node: its containers' requests, or those of the pod as a whole (KEP-2837), and the runtime's overhead. */
export function podRequests({ spec }: PodLike, { overhead = true }: { readonly overhead?: boolean } = {}): ResourceList {
  const total = { ...containerTotals(spec, 'requests'), ...podLevel(spec, 'requests') }
  if (overhead) add(total, spec.overhead)
  return total
}
/** What the pod may take at most. Overhead counts where there is a limit. */
export function podLimits({ spec }: PodLike, { overhead = false }: { readonly overhead?: boolean } = {}): ResourceList {
  const total = { ...containerTotals(spec, 'limits'), ...podLevel(spec, 'limits') }
  if (overhead) for (const name in spec.overhead) if (total[name] !== undefined) add(total, { [name]: spec.overhead[name]! })
  return total
}
const podLevel = ({ resources }: PodSpec, of: 'requests' | 'limits'): ResourceList => Object.fromEntries(Object.entries(resources?.[of] ?? {}).filter(([name]) => isPodLevelResource(name)))

/** Huge page limits, then requests, then limits of the pod as a whole, from those of its containers. Only where the pod sets some itself. */
export function defaultPodResources(spec: PodSpec): void {
  const { resources } = spec
  if (!resources || (!resources.limits && !resources.requests)) return
  for (const [name, limit] of Object.entries(containerTotals(spec, 'limits')))
    if (isHugePages(name) && resources.requests?.[name] === undefined) (resources.limits ??= {})[name] ??= limit
  const { limits } = resources
  if (limits && Object.keys(limits).length) {
    const requests = { ...resources.requests }
    for (const [name, request] of Object.entries(containerTotals(spec, 'requests'))) if (isPodLevelResource(name) && mayOvercommit(name)) requests[name] ??= request
    for (const [name, limit] of Object.entries(limits)) if (isPodLevelResource(name)) requests[name] ??= limit
    if (Object.keys(requests).length) resources.requests = requests
  }
}
