import type { NodeAffinity, Node, PreferredSchedulingTerm } from '#kinds'
import { definePlugin } from '../framework.ts'
import { matchesTerm, requiredNodes } from '../node-affinity.ts'
import { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import { byLargest } from '../profile.ts'
import { skip, unresolvable } from '../status.ts'

export interface NodeAffinityArgs { readonly addedAffinity?: NodeAffinity }
const refused = unresolvable("node(s) didn't match Pod's node affinity/selector")
const notOfProfile = unresolvable("node(s) didn't match scheduler-enforced node affinity")
const impossible = unresolvable('pod affinity terms conflict')

/** spec.nodeSelector and spec.affinity.nodeAffinity, and what the profile adds to them. */
export const nodeAffinity = definePlugin<NodeAffinityArgs>({
  name: 'NodeAffinity',
  make(_, { addedAffinity }) {
    const added = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms, liked = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    const ofProfile = (node: NodeInfo) => !added || added.some((term) => matchesTerm(node, term))
    const preferred = ({ pod }: PodInfo): readonly PreferredSchedulingTerm[] => [...(pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []), ...liked]
    return {
      name: 'NodeAffinity', local: true,
      events: [{ on: 'Node', actions: ['Add', 'UpdateNodeLabel'], helps: (pod, old, now) => { const may = (node: object) => { const info = asInfo(node as Node); return ofProfile(info) && (requiredNodes(pod.pod)?.(info) ?? true) }; return may(now!) && (!old || !may(old)) } }],
      preFilter({ pod: { pod } }) {
        const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
        if (!terms && !pod.spec.nodeSelector && !added) return skip
        const names = terms && namedNodes(terms)
        return names && (names.size === 0 ? impossible : { nodes: names })
      },
      filter({ pod: { pod } }) {
        const required = requiredNodes(pod)
        return (node) => (!ofProfile(node) ? notOfProfile : required && !required(node) ? refused : undefined)
      },
      preScore: ({ pod }) => (preferred(pod).length === 0 ? skip : undefined),
      score({ pod }) {
        const terms = preferred(pod)
        return { of: (node) => terms.reduce((sum, { weight, preference }) => sum + (weight !== 0 && matchesTerm(node, preference) ? weight : 0), 0), normalize: (scores) => { byLargest(scores) } }
      },
    }
  },
})

/** The nodes that the terms name, when each of them names some: nobody else has to be asked. */
function namedNodes(terms: NonNullable<NonNullable<NodeAffinity['requiredDuringSchedulingIgnoredDuringExecution']>['nodeSelectorTerms']>): ReadonlySet<string> | undefined {
  const all = new Set<string>()
  for (const { matchFields = [] } of terms) {
    let names: Set<string> | undefined
    for (const { key, operator, values = [] } of matchFields)
      if (key === 'metadata.name' && operator === 'In') names = names ? names.intersection(new Set(values)) : new Set(values)
    if (!names) return undefined
    for (const name of names) all.add(name)
  }
  return all
}
function asInfo(node: Node): NodeInfo {
  const info = new NodeInfo(node.metadata.name)
  info.setNode(node)
  return info
}
