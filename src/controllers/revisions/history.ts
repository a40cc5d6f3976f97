// Revisions of a pod template as ControllerRevision objects: what DaemonSets and StatefulSets roll between.
import { controlledBy, controllerOf, indexOf, type Cluster } from '#client'
import { controllerRevision, type ControllerRevision } from '#kinds'
import { canonicalJson, is, parseJson, same, selectorFrom, type AnyObject, type Kind, type LabelSelector, type New } from '#machinery'
import { claim } from '../claim.ts'
import { createdAt } from '../pod-state.ts'

const orphanRevisions = indexOf(controllerRevision, (revision) => (controllerOf(revision) ? [] : [revision.metadata.namespace ?? '']))

/** The owner's revisions, oldest first; those that nobody controls are adopted when they match. */
export async function revisionsOf(kind: Kind, owner: AnyObject, selector: LabelSelector, cluster: Cluster): Promise<readonly ControllerRevision[]> {
  const found = [...cluster.list(controllerRevision, { namespace: owner.metadata.namespace, owner }), ...cluster.by(orphanRevisions, owner.metadata.namespace ?? '')]
  return (await claim(kind, owner, controllerRevision, selectorFrom(selector), found, cluster))
    .toSorted((a, b) => Number(a.revision) - Number(b.revision) || createdAt(a) - createdAt(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** The template as a revision keeps it: a patch that replaces it, with its keys in order, since clients compare the bytes. */
export const dataOf = (template: object): object => parseJson(canonicalJson({ spec: { template: { ...template, $patch: 'replace' } } })) as object
/** The template that a revision keeps. */
export function templateOf<T>(revision: ControllerRevision): T | undefined {
  const { $patch: _, ...template } = ((revision as { data?: { spec?: { template?: Record<string, unknown> } } }).data?.spec?.template ?? {}) as Record<string, unknown>
  return Object.keys(template).length > 0 ? template as T : undefined
}

export interface Wanted {
  readonly kind: Kind
  readonly owner: AnyObject
  readonly template: object
  /** Of the revision object. */
  readonly labels: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  /** Under which label the revision carries its hash. */
  readonly hashLabel: string
  readonly hash: string
}
export type Found = { readonly revision: ControllerRevision } | { readonly collided: true }

/** The revision of this template as the newest: there already, made newest again, or made. */
export async function newestRevision(wanted: Wanted, revisions: readonly ControllerRevision[], cluster: Cluster): Promise<Found> {
  const data = dataOf(wanted.template), last = revisions.at(-1), number = Number(last?.revision ?? 0) + 1
  const equal = revisions.findLast((revision) => same((revision as { data?: unknown }).data, data))
  if (equal) return { revision: equal === last ? equal : await cluster.update(controllerRevision, { ...equal, revision: number }) }
  const { hash } = wanted, { metadata } = wanted.owner, name = `${metadata.name}-${hash}`, namespace = metadata.namespace ?? ''
  const fresh = {
    metadata: { name, namespace, ownerReferences: [controlledBy(wanted.kind, wanted.owner)], labels: { ...wanted.labels, [wanted.hashLabel]: hash },
      ...(wanted.annotations && Object.keys(wanted.annotations).length > 0 && { annotations: { ...wanted.annotations } }) },
    data, revision: number,
  } as New<ControllerRevision>
  try { return { revision: await cluster.create(controllerRevision, fresh) } } catch (error) {
    if (!is(error, 'AlreadyExists')) throw error
    const there = await cluster.client.get(controllerRevision, { name, namespace })
    if (same((there as { data?: unknown }).data, data) && controllerOf(there)?.uid === metadata.uid) return { revision: there }
    return { collided: true }
  }
}

/** Deletes the oldest revisions beyond the limit that no pod is of and that are none of `kept`. */
export async function forgetRevisions(revisions: readonly ControllerRevision[], limit: number, inUse: (revision: ControllerRevision) => boolean, cluster: Cluster): Promise<void> {
  const spare = revisions.filter((revision) => !inUse(revision))
  for (const revision of spare.slice(0, Math.max(0, spare.length - limit))) await cluster.delete(controllerRevision, revision)
}
