// Quality of service: what happens to a pod when its node runs short follows from what it asked for.
import { addQuantities, compareQuantities, quantityMilli } from '#machinery'
import type { PodSpec } from './spec.ts'

/** Guaranteed: every container limits cpu and memory and requests as much; BestEffort: nobody asks for either; Burstable: the rest. */
export function qosClass(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const asking = spec.resources?.requests || spec.resources?.limits ? [{ resources: spec.resources }] : [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  const requests: Record<string, string> = {}, limits: Record<string, string> = {}
  let guaranteed = true
  const gather = (into: Record<string, string>, list: Record<string, string> | undefined): Set<string> => {
    const found = new Set<string>()
    for (const name of ['cpu', 'memory']) {
      const amount = list?.[name]
      if (amount === undefined || quantityMilli(amount) <= 0) continue
      found.add(name)
      into[name] = String(quantityMilli(addQuantities(into[name] ?? '0', amount)) / 1000)
    }
    return found
  }
  for (const { resources } of asking) {
    gather(requests, resources.requests)
    if (gather(limits, resources.limits).size < 2) guaranteed = false
  }
  if (!Object.keys(requests).length && !Object.keys(limits).length) return 'BestEffort'
  const equal = Object.keys(requests).length === Object.keys(limits).length
    && Object.keys(requests).every((r) => limits[r] !== undefined && compareQuantities(limits[r], requests[r]!) === 0)
  return guaranteed && equal ? 'Guaranteed' : 'Burstable'
}
