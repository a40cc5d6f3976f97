// The pods and claims of a StatefulSet: each with a name, a place in the order, and storage of its own. Pure.
import { controlledBy } from '#client'
import { pod as podKind, statefulSet, type PersistentVolumeClaim, type Pod, type StatefulSet } from '#kinds'
import type { New, OwnerReference } from '#machinery'
import { podFrom } from '../replicas/reconcile.ts'
import { firstOrdinal, nameLabel, ordinalOf, revisionLabel } from './plan.ts'

type Template = StatefulSet['spec']['template']

export const podName = (set: StatefulSet, ordinal: number): string => `${set.metadata.name}-${ordinal}`
export const claimName = (set: StatefulSet, template: string, ordinal: number): string => `${template}-${podName(set, ordinal)}`

export function podFor(set: StatefulSet, ordinal: number, template: Template, revision: string): New<Pod> {
  const name = podName(set, ordinal), { metadata, spec } = podFrom({ kind: statefulSet, object: set, template })
  const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata: { name: claim } }) => ({ name: claim, persistentVolumeClaim: { claimName: claimName(set, claim, ordinal) } }))
  const others = (template.spec.volumes ?? []).filter((volume) => !claims.some((claim) => claim.name === volume.name)), volumes = [...claims, ...others]
  return {
    metadata: { ...metadata, name, labels: { ...metadata.labels, [nameLabel]: name, 'apps.kubernetes.io/pod-index': String(ordinal), [revisionLabel]: revision }, ownerReferences: [controlledBy(statefulSet, set)] },
    spec: { ...spec, hostname: name, ...(set.spec.serviceName && { subdomain: set.spec.serviceName }), ...(volumes.length > 0 && { volumes }) },
  }
}

/** The claims that a pod needs, as their templates have them. */
export function claimsFor(set: StatefulSet, ordinal: number): New<PersistentVolumeClaim>[] {
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => ({
    metadata: { name: claimName(set, metadata.name, ordinal), namespace: set.metadata.namespace ?? '', labels: { ...metadata.labels, ...set.spec.selector.matchLabels }, ...(metadata.annotations && { annotations: metadata.annotations }) },
    spec,
  }))
}

/** Who must own the claim of a pod, when it is not so yet. Somebody else's claim is left to him. */
export function claimOwners(set: StatefulSet, p: Pod, before: readonly OwnerReference[]): readonly OwnerReference[] | undefined {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec.persistentVolumeClaimRetentionPolicy ?? {}, first = firstOrdinal(set), ordinal = ordinalOf(set, p) ?? 0
  const others = before.filter(({ uid }) => uid !== set.metadata.uid && uid !== p.metadata.uid), surplus = ordinal < first || ordinal >= first + (set.spec.replicas ?? 1)
  const owner = others.some(({ controller }) => controller) ? undefined
    : surplus && whenScaled === 'Delete' ? controlledBy(podKind, p) : whenDeleted === 'Delete' ? controlledBy(statefulSet, set) : undefined
  const after = owner ? [...others, owner] : others
  return after.length === before.length && after.every((one) => before.some(({ uid, controller }) => uid === one.uid && controller === one.controller)) ? undefined : after
}
