// How fast pods may be driven off nodes that are not ready: slowly in a small failure, not at all when it looks as if the control plane itself were cut off.
import type { Node } from '#kinds'
import { readiness } from './health.ts'

export interface EvictionRates {
  /** Nodes of a zone per second that may be emptied (--node-eviction-rate). */
  readonly usual: number
  /** The same in a large zone that is partly down (--secondary-node-eviction-rate). */
  readonly slow: number
  /** A zone with more than two nodes down, and this part of its nodes, is partly down (--unhealthy-zone-threshold). */
  readonly partly: number
  /** A zone with more nodes is large (--large-cluster-size-threshold). */
  readonly largeZone: number
}
export const usualRates: EvictionRates = { usual: 0.1, slow: 0.01, partly: 0.55, largeZone: 50 }

const excluded = 'node.kubernetes.io/exclude-disruption'
const label = (node: Node, name: string): string => node.metadata.labels?.[`topology.kubernetes.io/${name}`] ?? node.metadata.labels?.[`failure-domain.beta.kubernetes.io/${name}`] ?? ''
/** The reference's name of a zone, which its metrics show; '': nobody says. */
export function zoneOf(node: Node): string {
  const region = label(node, 'region'), zone = label(node, 'zone')
  return region === '' && zone === '' ? '' : `${region}:\0:${zone}`
}

/** Nodes that count when it is asked how much of a zone is down. */
export const counted = (nodes: readonly Node[]): readonly Node[] => nodes.filter((node) => node.metadata.labels?.[excluded] === undefined)
/** Nobody answers: it is more likely that we hear nothing than that all of them are gone. */
export const allDown = (nodes: readonly Node[]): boolean => counted(nodes).every((node) => readiness(node) !== 'True')

/** Milliseconds between two nodes of a zone that may be emptied; undefined: none at all for now. */
export function pace(zone: string, nodes: readonly Node[], { usual, slow, partly, largeZone }: EvictionRates = usualRates): number | undefined {
  if (allDown(nodes)) return undefined
  const here = counted(nodes).filter((node) => zoneOf(node) === zone), down = here.filter((node) => readiness(node) !== 'True').length
  const isPartly = down < here.length && down > 2 && down / here.length >= partly
  const rate = !isPartly ? usual : here.length > largeZone ? slow : 0
  return rate > 0 ? 1000 / rate : undefined
}
