// How fast pods may be driven off nodes that are not ready: slowly in a small failure, not at all when it looks as if the control plane itself were cut off.
import type { Node } from '#kinds'
import { readiness } from './health.ts'

/** One node of a zone every ten seconds; in a large zone that is partly down, one every hundred. */
const intervalMs = 10_000
const slowIntervalMs = 100_000
const partly = 0.55
const largeZone = 50

export const zoneOf = (node: Node): string => `${node.metadata.labels?.['topology.kubernetes.io/region'] ?? ''}/${node.metadata.labels?.['topology.kubernetes.io/zone'] ?? ''}`

/** Milliseconds between two nodes of a zone that may be emptied; undefined: none at all for now. */
export function pace(zone: string, nodes: readonly Node[]): number | undefined {
  if (nodes.every((node) => readiness(node) !== 'True')) return undefined
  const here = nodes.filter((node) => zoneOf(node) === zone), down = here.filter((node) => readiness(node) !== 'True').length
  if (down === here.length || down <= 2 || down / here.length < partly) return intervalMs
  return here.length > largeZone ? slowIntervalMs : undefined
}
