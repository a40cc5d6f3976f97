import { definePlugin } from '../framework.ts'
import { resourceScore, type WeightedResource } from '../resource-scores.ts'
import { skip } from '../status.ts'

export interface BalancedAllocationArgs { readonly resources?: readonly WeightedResource[] }

/** Better a node whose resources fill up evenly: the deviation of their shares counts against it. */
export const nodeResourcesBalancedAllocation = definePlugin<BalancedAllocationArgs>({
  name: 'NodeResourcesBalancedAllocation',
  make: (_, { resources = [{ name: 'cpu', weight: 1 }, { name: 'memory', weight: 1 }] }) => ({
    name: 'NodeResourcesBalancedAllocation', events: [],
    // A pod that asks for nothing would make no node less even.
    preScore: ({ pod: { requests } }) => (resources.every(({ name }) => requests.get(name) === 0) ? skip : undefined),
    score: ({ pod }) => ({ local: true, of: resourceScore(pod, resources, evenness, true) }),
  }),
})

function evenness(used: readonly number[], room: readonly number[]): number {
  const shares: number[] = []
  for (let i = 0; i < used.length; i++) if (room[i]! > 0) shares.push(Math.min(1, used[i]! / room[i]!))
  if (shares.length === 2) return Math.trunc((1 - Math.abs(shares[0]! - shares[1]!) / 2) * 100)
  if (shares.length < 2) return 100
  const mean = shares.reduce((a, b) => a + b, 0) / shares.length
  return Math.trunc((1 - Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length)) * 100)
}
