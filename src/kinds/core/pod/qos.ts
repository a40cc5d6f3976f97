// Quality of service: what happens to a pod when its node runs short follows from what it asked for.
import { quantityMilli } from '#machinery'
import type { ResourceRequirements } from './container.ts'
import type { PodSpec } from './spec.ts'

const decisive = ['cpu', 'memory'] as const
/** Guaranteed: every container limits cpu and memory and requests as much; BestEffort: nobody asks for either; Burstable: the rest. */
export function qosClass(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const asking: readonly { readonly resources?: ResourceRequirements }[] = spec.resources?.requests || spec.resources?.limits ? [spec] : [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  let anything = false, limited = true, equal = true
  for (const name of decisive) {
    let requests = 0, limits = 0
    for (const { resources } of asking) {
      const limit = amountOf(resources?.limits, name)
      if (limit === 0) limited = false
      requests += amountOf(resources?.requests, name)
      limits += limit
    }
    if (requests > 0 || limits > 0) anything = true
    if (requests !== limits) equal = false
  }
  return !anything ? 'BestEffort' : limited && equal ? 'Guaranteed' : 'Burstable'
}
/** In thousandths; 0 for what is not there, or not more than nothing. */
function amountOf(list: Readonly<Record<string, string>> | undefined, name: string): number {
  const amount = list?.[name]
  return amount === undefined ? 0 : Math.max(0, quantityMilli(amount))
}
