// How pods and claims of devices find each other: what controllers and the scheduler must agree on.
import { quote } from '#machinery'
import type { Pod } from '../core/pod/index.ts'
import type { PodResourceClaim } from '../core/pod/spec.ts'
import type { DeviceResourceClaim, DeviceToleration } from './resourceclaim.ts'
import type { DeviceTaint } from './resourceslice.ts'

/** Keeps a claim as long as it is allocated. */
export const claimFinalizer = 'resource.kubernetes.io/delete-protection'
/** On claims that stand for the extended resources of a pod; its value is "true". */
export const extendedResourceClaimAnnotation = 'resource.kubernetes.io/extended-resource-claim'
/** A claim has so many consumers at most. */
const mostConsumers = 256

/** The name of a claim (undefined: the pod needs none), and whether the claim must be the pod's own; or why there is no name. */
export type ClaimName = { readonly name: string | undefined; readonly generated: boolean } | { readonly notYet: string } | { readonly unsupported: string }
export function claimNameOf({ metadata: { namespace = '', name }, status }: Pod, { name: entry, resourceClaimName, resourceClaimTemplateName }: PodResourceClaim): ClaimName {
  if (resourceClaimName !== undefined) return { name: resourceClaimName, generated: false }
  if (resourceClaimTemplateName === undefined) return { unsupported: `pod "${namespace}/${name}", spec.resourceClaim ${quote(entry)}: none of the supported fields are set` }
  const made = status?.resourceClaimStatuses?.find((one) => one.name === entry)
  return made ? { name: made.resourceClaimName, generated: true } : { notYet: `pod "${namespace}/${name}": ResourceClaim not created yet` }
}
/** The names of all claims of the pod that are known, that for its extended resources among them. */
export const claimNamesOf = (pod: Pod): readonly string[] => [...(pod.spec.resourceClaims ?? []).flatMap((entry) => {
  const found = claimNameOf(pod, entry)
  return 'name' in found && found.name ? [found.name] : []
}), ...(pod.status?.extendedResourceClaimStatus ? [pod.status.extendedResourceClaimStatus.resourceClaimName] : [])]

/** Why a claim that was made for a pod is not this pod's; undefined: it is. */
export const whyNotOf = ({ metadata: { namespace = '', name, uid } }: Pod, { metadata }: DeviceResourceClaim): string | undefined =>
  metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid) ? undefined : `ResourceClaim ${metadata.namespace ?? ''}/${metadata.name} was not created for pod ${namespace}/${name} (pod is not owner)`

export const isReservedFor = ({ metadata: { uid } }: Pod, { status }: DeviceResourceClaim): boolean => status.reservedFor?.some((consumer) => consumer.uid === uid) ?? false
export const mayBeReserved = ({ status }: DeviceResourceClaim): boolean => (status.reservedFor?.length ?? 0) < mostConsumers
export const consumerOf = ({ metadata: { name, uid } }: Pod) => ({ resource: 'pods', name, uid })

/** Whether the toleration covers the taint; an empty effect or key covers all. */
export const toleratesDeviceTaint = ({ effect, key, operator = 'Equal', value = '' }: DeviceToleration, taint: DeviceTaint): boolean =>
  (!effect || effect === taint.effect) && (!key || key === taint.key) && (operator === 'Exists' || ((operator === '' || operator === 'Equal') && value === (taint.value ?? '')))
