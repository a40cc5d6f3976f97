// ReplicaSets as revisions of a Deployment: which is the new one, how it is named, what its annotations remember.
import { controlledBy } from '#client'
import { deployment, type Deployment, type ReplicaSet } from '#kinds'
import { copy, same, type New } from '#machinery'
import { createdAt } from '../pod-state.ts'
import { maxSurge } from './rollout.ts'
import { templateHash } from '../template-hash/index.ts'

const hashLabel = 'pod-template-hash'
export const revisionAnnotation = 'deployment.kubernetes.io/revision'
const historyAnnotation = 'deployment.kubernetes.io/revision-history'
export const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas'
export const maxAnnotation = 'deployment.kubernetes.io/max-replicas'
const notCopied = new Set(['kubectl.kubernetes.io/last-applied-configuration', revisionAnnotation, historyAnnotation, desiredAnnotation, maxAnnotation, 'deprecated.deployment.rollback.to'])
/** A revision history longer than this loses its oldest entries. */
const maxHistoryLength = 2000

export type Annotations = Readonly<Record<string, string>>

/** The oldest ReplicaSet whose template is the Deployment's, whatever its hash. */
export const newSetOf = (d: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined =>
  sets.toSorted(byAge).find((rs) => sameTemplate(rs, d))
export const byAge = (a: ReplicaSet, b: ReplicaSet): number => createdAt(a) - createdAt(b) || (a.metadata.name < b.metadata.name ? -1 : 1)

export function sameTemplate(rs: ReplicaSet, d: Deployment): boolean {
  const without = (template: ReplicaSet['spec']['template']) => {
    const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {}
    return { ...template, metadata: { ...template?.metadata, labels } }
  }
  return same(without(rs.spec.template), without(d.spec.template))
}

/** Revisions are 64 bit numbers; what is none counts as 0. */
export const revisionIn = (text: string | undefined): bigint => (text !== undefined && /^[+-]?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text) ? BigInt(text) : 0n)
export const revisionOf = (rs: ReplicaSet): bigint => revisionIn(rs.metadata.annotations?.[revisionAnnotation])
export const maxRevision = (sets: readonly ReplicaSet[]): bigint => sets.map(revisionOf).reduce((most, revision) => (revision > most ? revision : most), 0n)
export const byRevision = (a: ReplicaSet, b: ReplicaSet): number => (revisionOf(a) < revisionOf(b) ? -1 : revisionOf(a) > revisionOf(b) ? 1 : 0)

/** What the new ReplicaSet's annotations must be; the same object when nothing changes. */
export function annotationsOfNew(d: Deployment, before: Annotations | undefined, revision: bigint): Annotations {
  const after: Record<string, string> = { ...before }
  for (const [key, value] of Object.entries(d.metadata.annotations ?? {})) if (!notCopied.has(key)) after[key] = value
  const old = before?.[revisionAnnotation]
  if (revisionIn(old) < revision) {
    after[revisionAnnotation] = String(revision)
    if (old !== undefined) after[historyAnnotation] = longer(after[historyAnnotation], old)
  }
  return before && same(before, after) ? before : after
}
function longer(history: string | undefined, revision: string): string {
  if (!history) return revision
  const entries = [...history.split(','), revision]
  while (entries.length > 1 && entries.join(',').length > maxHistoryLength) entries.shift()
  return entries.join(',')
}

/** The annotations that remember for what size of the Deployment a ReplicaSet was scaled. */
export const sizeAnnotations = (d: Deployment): Annotations => {
  const replicas = d.spec.replicas ?? 1
  return { [desiredAnnotation]: String(replicas), [maxAnnotation]: String(replicas + maxSurge(d)) }
}

/** Characters of a ReplicaSet's name; a Deployment's may be as long, so that it is cut. */
const longestName = 253
/** The ReplicaSet for the Deployment's template, without pods yet. */
export function newSetFor(d: Deployment, revision: bigint, replicas: number): New<ReplicaSet> {
  const hash = templateHash(d.spec.template, d.status.collisionCount)
  const template = copy(d.spec.template)
  const labels = { ...template.metadata?.labels, [hashLabel]: hash }
  return {
    metadata: {
      name: `${d.metadata.name.slice(0, longestName - 1 - hash.length)}-${hash}`, namespace: d.metadata.namespace ?? '', ownerReferences: [controlledBy(deployment, d)], labels,
      annotations: { ...annotationsOfNew(d, undefined, revision), ...sizeAnnotations(d) },
    },
    spec: {
      replicas, ...(d.spec.minReadySeconds !== undefined && { minReadySeconds: d.spec.minReadySeconds }),
      selector: { ...d.spec.selector, matchLabels: { ...d.spec.selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}
