// The pods and claims of a StatefulSet: each with a name, a place in the order, and storage of its own. Pure.
import { controlledBy } from '#client'
import { statefulSet, type PersistentVolumeClaim, type Pod, type StatefulSet } from '#kinds'
import type { New } from '#machinery'
import { podFrom } from '../replicas/reconcile.ts'
import { nameLabel, revisionLabel } from './plan.ts'

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
