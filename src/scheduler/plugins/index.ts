// The rules of the default profile, in the order in which nodes are asked. Adding one is a new file and a line here.
import type { Plugin } from '../framework.ts'
import { imageLocality } from './image-locality.ts'
import { interPodAffinity } from './inter-pod-affinity.ts'
import { nodeAffinity } from './node-affinity.ts'
import { nodeNamePlugin } from './node-name.ts'
import { nodePorts } from './node-ports.ts'
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts'
import { nodeResourcesFit } from './node-resources-fit.ts'
import { nodeUnschedulable } from './node-unschedulable.ts'
import { podTopologySpread } from './pod-topology-spread.ts'
import { schedulingGates } from './scheduling-gates.ts'
import { taintToleration } from './taint-toleration.ts'
import { volumeBinding } from './volume-binding.ts'

export const defaultPlugins: readonly Plugin[] = [
  schedulingGates, nodeUnschedulable, nodeNamePlugin, taintToleration, nodeAffinity, nodePorts, nodeResourcesFit, volumeBinding,
  podTopologySpread, interPodAffinity, nodeResourcesBalancedAllocation, imageLocality,
]
