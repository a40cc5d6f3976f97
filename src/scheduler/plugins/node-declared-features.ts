import type { Node } from '#kinds'
import { definePlugin } from '../framework.ts'
import type { PodInfo } from '../pod-info.ts'
import { skip, unresolvable } from '../status.ts'

const refused = unresolvable("node(s) didn't match Pod's required features")

/** What a pod can only have on nodes that declare it (KEP-5328). */
const features: readonly { readonly name: string; needs(pod: PodInfo): boolean }[] = [
  { name: 'RestartAllContainersOnContainerExits', needs: ({ pod: { spec } }) => [...spec.containers, ...(spec.initContainers ?? [])].some((c) => c.restartPolicyRules?.some((rule) => rule.action === 'RestartAllContainers')) },
]
const needed = (pod: PodInfo): string[] => features.filter((feature) => feature.needs(pod)).map(({ name }) => name)

/** Nodes that lack a feature that the pod needs do not take it. */
export const nodeDeclaredFeatures = definePlugin({
  name: 'NodeDeclaredFeatures',
  make: () => ({
    name: 'NodeDeclaredFeatures',
    events: [
      { on: 'Node', actions: ['Add', 'UpdateNodeDeclaredFeature'], helps: (pod, _, now) => needed(pod).every((name) => (now as Node).status?.declaredFeatures?.includes(name)) },
      { on: 'TargetPod', actions: ['Update'] },
    ],
    preFilter: ({ pod }) => (needed(pod).length === 0 ? skip : undefined),
    filter({ pod }) {
      const names = needed(pod)
      return ({ node }) => (names.every((name) => node!.status?.declaredFeatures?.includes(name)) ? undefined : refused)
    },
  }),
})
