// The claim that stands for all extended resources of a pod that devices give; it is made when the pod has a node.
import { controlledBy, type Cluster } from '#client'
import { deviceClass, deviceResourceClaim, extendedResourceClaimAnnotation, pod as podKind, type ContainerExtendedResourceRequest, type DeviceClass, type DeviceResourceClaim, type Pod } from '#kinds'
import { uuid, type New } from '#machinery'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import { isExtended } from '../resources.ts'
import { unresolvable, type Status } from '../status.ts'
import { classFor, requestsFor } from './extended-resources.ts'

/** No name that a claim could have: it is in our head only. */
const unwritten = '<extended-resources>'
/** The claim as it would be on one node, and which container gets what of it. */
export interface OnNode { readonly claim: DeviceResourceClaim; readonly mappings: readonly ContainerExtendedResourceRequest[] }

export class ExtendedClaims {
  readonly #cluster: Cluster
  constructor(cluster: Cluster) { this.#cluster = cluster }
  isWritten({ metadata }: DeviceResourceClaim): boolean { return metadata.name !== unwritten }
  #classOf(resource: string): DeviceClass | undefined { return classFor(resource, this.#cluster.list(deviceClass)) }

  /** The claim of the pod: one that an earlier attempt has left, or one yet to be filled; undefined: the pod asks for nothing that devices give. */
  of({ pod, requests }: PodInfo): DeviceResourceClaim | undefined {
    if (![...requests.scalars].some(([name, n]) => n > 0 && this.#classOf(name))) return undefined
    const { namespace, name } = pod.metadata
    const left = this.#cluster.list(deviceResourceClaim, { namespace }).find(({ metadata }) => metadata.annotations?.[extendedResourceClaimAnnotation] === 'true' && metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === pod.metadata.uid))
    const { blockOwnerDeletion: _, ...owner } = controlledBy(podKind, pod)
    return left ?? { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', spec: { devices: {} }, status: {}, metadata: {
      name: unwritten, namespace, uid: uuid(this.#cluster.random), generateName: `${name}-extended-resources-`, ownerReferences: [owner], annotations: { [extendedResourceClaimAnnotation]: 'true' } },
    } as unknown as DeviceResourceClaim // allowed: the server adds the rest when it is written
  }

  /** What of it the node gives by devices; undefined: nothing, where there is no other claim. */
  on(node: NodeInfo, { pod, requests }: PodInfo, claim: DeviceResourceClaim, alone: boolean): OnNode | Status | undefined {
    if (claim.spec.devices.requests) return unresolvable('cannot schedule extended resource claim')
    const byDevices: string[] = []
    for (const [name, n] of requests.scalars) {
      const backed = this.#classOf(name) !== undefined
      if (n === 0 || !(isExtended(name) || backed)) continue
      if (backed && node.allocatable.get(name) === 0) byDevices.push(name)
      else if (!node.allocatable.scalars.has(name)) return unresolvable('cannot fit resource')
    }
    if (alone && byDevices.length === 0) return undefined
    const asked = requestsFor(pod, byDevices, (name) => this.#classOf(name))
    return { mappings: asked.mappings, claim: { ...claim, spec: { devices: { ...(asked.requests.length > 0 && { requests: [...asked.requests] }) } } } }
  }

  async create({ metadata: { name: _, uid: __, ...metadata }, spec }: DeviceResourceClaim): Promise<DeviceResourceClaim> {
    try { return await this.#cluster.create(deviceResourceClaim, { metadata, spec } as unknown as New<DeviceResourceClaim>) } catch (error) { // allowed: the server makes the name
      throw new Error(`create claim for extended resources ${metadata.namespace ?? ''}/: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
  async writeDown(pod: Pod, { metadata: { name } }: DeviceResourceClaim, { mappings }: OnNode): Promise<void> {
    try {
      await this.#cluster.patch(podKind, pod.metadata, 'strategic', { metadata: { uid: pod.metadata.uid }, status: { extendedResourceClaimStatus: { requestMappings: mappings, resourceClaimName: name } } }, { subresource: 'status' })
    } catch (error) { throw new Error(`update pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name} ExtendedResourceClaimStatus: ${error instanceof Error ? error.message : String(error)}`, { cause: error }) }
  }
}
