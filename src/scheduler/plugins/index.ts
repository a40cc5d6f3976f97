// The rules that come with the scheduler. Adding one is a new file and a line here; `defaultOrder` is what a profile has by default, with weights.
import type { PluginFactory } from '../framework.ts'
import { defaultBinder } from './default-binder.ts'
import { defaultPreemption } from './default-preemption.ts'
import { dynamicResources } from './dynamic-resources.ts'
import { imageLocality } from './image-locality.ts'
import { interPodAffinity } from './inter-pod-affinity.ts'
import { nodeAffinity } from './node-affinity.ts'
import { nodeDeclaredFeatures } from './node-declared-features.ts'
import { nodeNamePlugin } from './node-name.ts'
import { nodePorts } from './node-ports.ts'
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts'
import { nodeResourcesFit } from './node-resources-fit.ts'
import { nodeUnschedulable } from './node-unschedulable.ts'
import { nodeVolumeLimits } from './node-volume-limits.ts'
import { podTopologySpread } from './pod-topology-spread.ts'
import { prioritySort } from './priority-sort.ts'
import { schedulingGates } from './scheduling-gates.ts'
import { taintToleration } from './taint-toleration.ts'
import { volumeBinding } from './volume-binding.ts'
import { volumeRestrictions } from './volume-restrictions.ts'
import { volumeZone } from './volume-zone.ts'

/** In the order of the reference's default profile; the number is the weight of the score. */
const inOrder: readonly (readonly [PluginFactory<never>, number?])[] = [
  [schedulingGates], [prioritySort], [nodeUnschedulable], [nodeNamePlugin], [taintToleration, 3], [nodeAffinity, 2], [nodePorts], [nodeResourcesFit, 1],
  [volumeRestrictions], [nodeVolumeLimits], [volumeBinding], [volumeZone], [podTopologySpread, 2], [interPodAffinity, 2], [dynamicResources], [defaultPreemption], [nodeResourcesBalancedAllocation, 1], [imageLocality, 1], [defaultBinder], [nodeDeclaredFeatures],
]

export const inTreePlugins: readonly PluginFactory[] = inOrder.map(([factory]) => factory as PluginFactory)
export const defaultOrder: readonly { readonly name: string; readonly weight?: number }[] = inOrder.map(([{ name }, weight]) => ({ name, ...(weight !== undefined && { weight }) }))
