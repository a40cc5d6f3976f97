// How well a node's resources are used with a pod on it.
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

export interface WeightedResource { readonly name: string; readonly weight?: number }
export interface ShapePoint { readonly utilization: number; readonly score: number }
export interface Strategy {
  readonly type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio'
  readonly resources?: readonly WeightedResource[]
  readonly requestedToCapacityRatio?: { readonly shape?: readonly ShapePoint[] }
}
/** From what would be used and what there is, resource by resource, to 0..100. */
type Scorer = (used: readonly number[], room: readonly number[], weights: readonly number[]) => number

/** The score of nodes for this pod. `exact`: by what is requested, without the defaults for what asks for nothing. */
export function resourceScore(pod: PodInfo, resources: readonly WeightedResource[], scorer: Scorer, exact: boolean): (node: NodeInfo) => number {
  const asked = exact ? pod.requests : pod.scored, names = resources.filter(({ name }) => isBasic(name) || asked.get(name) > 0), weights = names.map(({ weight = 1 }) => weight)
  const used = names.map(() => 0), room = names.map(() => 0), requests = names.map(({ name }) => asked.get(name))
  return (node) => {
    for (let i = 0; i < names.length; i++) {
      const { name } = names[i]!
      room[i] = node.allocatable.get(name)
      used[i] = requests[i]! + (!exact && name === 'cpu' ? node.scored.cpu : !exact && name === 'memory' ? node.scored.memory : node.requested.get(name))
    }
    return scorer(used, room, weights)
  }
}
const isBasic = (name: string): boolean => name === 'cpu' || name === 'memory' || name === 'ephemeral-storage'

/** The weighted mean over the resources that the node has. */
const mean = (one: (used: number, room: number) => number): Scorer => (used, room, weights) => {
  let sum = 0, weight = 0
  for (let i = 0; i < used.length; i++) {
    if (room[i] === 0) continue
    sum += one(used[i]!, room[i]!) * weights[i]!
    weight += weights[i]!
  }
  return weight === 0 ? 0 : Math.trunc(sum / weight)
}

export const strategies: Readonly<Record<Strategy['type'], (strategy: Strategy) => Scorer>> = {
  LeastAllocated: () => mean((used, room) => (used > room ? 0 : Math.trunc(((room - used) * 100) / room))),
  MostAllocated: () => mean((used, room) => Math.trunc((Math.min(used, room) * 100) / room)),
  RequestedToCapacityRatio({ requestedToCapacityRatio: { shape = [] } = {} }) {
    const curve = brokenLine(shape.map(({ utilization, score }) => ({ utilization, score: score * 10 })))
    return (used, room, weights) => {
      let sum = 0, weight = 0
      for (let i = 0; i < used.length; i++) {
        if (room[i] === 0) continue
        const score = used[i]! > room[i]! ? curve(100) : curve(Math.trunc((used[i]! * 100) / room[i]!))
        if (score > 0) { sum += score * weights[i]!; weight += weights[i]! }
      }
      return weight === 0 ? 0 : Math.round(sum / weight)
    }
  },
}

/** The line through the points, level before the first and after the last. */
const brokenLine = (points: readonly ShapePoint[]) => (at: number): number => {
  for (let i = 0; i < points.length; i++) {
    const here = points[i]!, before = points[i - 1]
    if (at > here.utilization) continue
    return before ? before.score + Math.trunc(((here.score - before.score) * (at - before.utilization)) / (here.utilization - before.utilization)) : here.score
  }
  return points.at(-1)?.score ?? 0
}
