import { refuse, refuseForGood, type Plugin } from '../framework.ts'
import { requestsOf, scoredRequests } from '../resources.ts'

/** A node must have room for what the pod asks for; emptier nodes are better (LeastAllocated, cpu and memory alike). */
export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit', wakes: ['node-added', 'node-allocatable', 'pod-gone'],
  prepare(pod) {
    const requests = [...requestsOf(pod)].filter(([name, n]) => n > 0 && name !== 'pods').sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    const cpu = scoredRequests(pod, 'cpu'), memory = scoredRequests(pod, 'memory')
    return {
      filter(node) {
        const reasons: string[] = []
        let hopeless = false
        if (node.pods.size + 1 > node.room) reasons.push('Too many pods')
        for (const [name, n] of requests) {
          const room = node.allocatable.get(name) ?? 0
          if (n <= room - (node.requested.get(name) ?? 0)) continue
          reasons.push(`Insufficient ${name}`)
          hopeless ||= n > room
        }
        return reasons.length === 0 ? undefined : hopeless ? refuseForGood(...reasons) : refuse(...reasons)
      },
      score: (node) => Math.floor((free(node.allocatable.get('cpu') ?? 0, node.scored.cpu + cpu) + free(node.allocatable.get('memory') ?? 0, node.scored.memory + memory)) / 2),
      normalize: 'none',
    }
  },
}
const rank = (name: string): number => { const i = ['cpu', 'memory', 'ephemeral-storage'].indexOf(name); return i < 0 ? 3 : i }
const free = (room: number, used: number): number => (room === 0 || used > room ? 0 : ((room - used) * 100) / room)
