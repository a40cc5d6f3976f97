import type { Plugin } from '../framework.ts'
import { requestsOf } from '../resources.ts'

/** Better a node whose cpu and memory fill up evenly. */
export const nodeResourcesBalancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation', wakes: [],
  prepare(pod) {
    const requests = requestsOf(pod), cpu = requests.get('cpu') ?? 0, memory = requests.get('memory') ?? 0
    if (cpu === 0 && memory === 0) return undefined
    return {
      score(node) {
        const used = (name: string, more: number) => { const room = node.allocatable.get(name) ?? 0; return room === 0 ? 1 : Math.min(1, ((node.requested.get(name) ?? 0) + more) / room) }
        return Math.floor((1 - Math.abs(used('cpu', cpu) - used('memory', memory)) / 2) * 100)
      },
      normalize: 'none',
    }
  },
}
