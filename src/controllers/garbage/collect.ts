// What becomes of one object that has owners: nothing, a shorter list of owners, or its end. Asked of the server itself, since
// deleting on the word of a cache that is behind cannot be undone.
import type { Client, DeleteOptions } from '#client'
import { is, type AnyObject, type Kind, type OwnerReference } from '#machinery'
import { foreground, means, orphan, type Item, type OwnerGraph } from './graph.ts'

export interface Owners { readonly solid: readonly OwnerReference[]; readonly gone: readonly OwnerReference[]; readonly waiting: readonly OwnerReference[] }
export type Verdict =
  | { readonly act: 'keep' }
  | { readonly act: 'release'; readonly keep: readonly OwnerReference[] }
  | { readonly act: 'delete'; readonly policy: NonNullable<DeleteOptions['propagationPolicy']>; readonly unblock: boolean }

/** Pure: the rules of collection. */
export function judge(object: AnyObject, owners: Owners, dependents: readonly Pick<Item, 'waitsForDependents'>[]): Verdict {
  const { solid, gone, waiting } = owners
  if (solid.length > 0) return gone.length + waiting.length === 0 ? { act: 'keep' } : { act: 'release', keep: solid }
  if (gone.length + waiting.length === 0) return { act: 'keep' }
  // An owner waits for us, and we have dependents of our own: they go first. In a circle nobody may hold up the other.
  if (waiting.length > 0 && dependents.length > 0) return { act: 'delete', policy: 'Foreground', unblock: dependents.some((one) => one.waitsForDependents) }
  const finalizers = object.metadata.finalizers ?? []
  return { act: 'delete', policy: finalizers.includes(orphan) ? 'Orphan' : finalizers.includes(foreground) ? 'Foreground' : 'Background', unblock: false }
}

/** Which kind an owner reference means; throws when the server does not (yet) serve it. */
export type KindOf = (apiVersion: string, kind: string) => Kind

export class Collector {
  readonly #client: Client
  readonly #graph: OwnerGraph
  readonly #kindOf: KindOf
  /** Owners that were found not to exist, by all that a reference says and where it was looked for: uids never come back. Bounded; the oldest are forgotten. */
  readonly #absent = new Set<string>()

  constructor(client: Client, graph: OwnerGraph, kindOf: KindOf) {
    this.#client = client
    this.#graph = graph
    this.#kindOf = kindOf
  }

  noteGone(owner: Named, namespace: string | undefined): void {
    this.#absent.add(keyOf(owner, namespace))
    if (this.#absent.size <= maxAbsent) return
    for (const oldest of this.#absent) { this.#absent.delete(oldest); break }
  }

  /** Looks at one object. Throws what should be tried again. */
  async collect(item: Item): Promise<readonly string[]> {
    if (item.deleting && !item.waitsForDependents) return []
    if (item.waitsForDependents) return this.#finishOwner(item)
    // An owner that is known to be there is there, or we shall hear of its end.
    if (item.owners.every((one) => { const owner = this.#graph.get(one.uid); return owner && !owner.waitsForDependents && means(one, owner, item) })) return []
    const object = await this.#live(item.kind, item.namespace, item.name)
    if (object?.metadata.uid !== item.uid) return []
    const owners = await this.#classify(object)
    if (owners === undefined) return []
    const verdict = judge(object, owners, this.#graph.dependentsOf(item.uid))
    if (verdict.act === 'release') await this.#patch(item, object, { ownerReferences: verdict.keep })
    if (verdict.act === 'delete') {
      const { uid } = item
      let version = object.metadata.resourceVersion
      if (verdict.unblock) version = await this.#patch(item, object, { ownerReferences: (object.metadata.ownerReferences ?? []).map((owner) => (owner.blockOwnerDeletion ? { ...owner, blockOwnerDeletion: false } : owner)) })
      try { await this.#client.delete(item.kind, item, { uid, resourceVersion: version, propagationPolicy: verdict.policy }) } catch (error) { if (!is(error, 'NotFound')) throw error }
    }
    return []
  }

  /** An owner that waits for its dependents may go when none holds it up; else those are looked at. */
  async #finishOwner(item: Item): Promise<readonly string[]> {
    const blockers = this.#graph.blockersOf(item.uid)
    if (blockers.length > 0) return blockers.filter((one) => !one.waitsForDependents).map((one) => one.uid)
    await this.#removeFinalizer(item, foreground)
    return []
  }

  /** Frees all dependents of an owner that wants them kept, then lets the owner go. */
  async orphanDependents(item: Item): Promise<void> {
    for (const dependent of this.#graph.dependentsOf(item.uid)) {
      const object = await this.#live(dependent.kind, dependent.namespace, dependent.name)
      const owners = object?.metadata.ownerReferences ?? []
      if (object?.metadata.uid !== dependent.uid || !owners.some((owner) => owner.uid === item.uid)) continue
      await this.#patch(dependent, object, { ownerReferences: owners.filter((owner) => owner.uid !== item.uid) })
    }
    await this.#removeFinalizer(item, orphan)
  }

  /** Undefined: one of them cannot be looked for, ever. */
  async #classify(object: AnyObject): Promise<Owners | undefined> {
    const solid: OwnerReference[] = [], gone: OwnerReference[] = [], waiting: OwnerReference[] = []
    for (const owner of object.metadata.ownerReferences ?? []) {
      const found = await this.#owner(owner, object.metadata.namespace)
      if (found === 'unknowable') return undefined
      if (!found) gone.push(owner)
      else if (found.metadata.deletionTimestamp && found.metadata.finalizers?.includes(foreground)) waiting.push(owner)
      else solid.push(owner)
    }
    return { solid, gone, waiting }
  }
  async #owner(owner: OwnerReference, namespace: string | undefined): Promise<AnyObject | 'unknowable' | undefined> {
    if (this.#absent.has(keyOf(owner, undefined)) || this.#absent.has(keyOf(owner, namespace))) return undefined
    const kind = this.#kindOf(owner.apiVersion, owner.kind)
    // A namespaced owner of something that is in no namespace: nobody can tell which one is meant, so it is never collected.
    if (kind.namespaced && namespace === undefined) return 'unknowable'
    const where = kind.namespaced ? namespace : undefined, found = await this.#live(kind, where, owner.name)
    if (found?.metadata.uid === owner.uid) return found
    this.noteGone(owner, where)
    return undefined
  }
  async #live(kind: Kind, namespace: string | undefined, name: string): Promise<AnyObject | undefined> {
    try { return await this.#client.get<AnyObject>(kind, { name, namespace }) } catch (error) {
      if (is(error, 'NotFound')) return undefined
      throw error
    }
  }
  async #removeFinalizer(item: Item, name: string): Promise<void> {
    const object = await this.#live(item.kind, item.namespace, item.name)
    const finalizers = object?.metadata.finalizers ?? []
    if (object?.metadata.uid === item.uid && finalizers.includes(name)) await this.#patch(item, object, { finalizers: finalizers.filter((one) => one !== name) })
  }
  /** Writes lists of metadata, unless the object has changed meanwhile; its new version. */
  async #patch(item: Item, { metadata }: AnyObject, change: { readonly ownerReferences?: readonly OwnerReference[]; readonly finalizers?: readonly string[] }): Promise<string> {
    const lists = Object.fromEntries(Object.entries(change).map(([key, list]) => [key, list.length > 0 ? list : null]))
    try {
      const patched: AnyObject = await this.#client.patch(item.kind, item, 'merge', { metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion, ...lists } })
      return patched.metadata.resourceVersion
    } catch (error) {
      if (is(error, 'NotFound')) return metadata.resourceVersion
      throw error
    }
  }
}

const maxAbsent = 500
type Named = Pick<OwnerReference, 'apiVersion' | 'kind' | 'name' | 'uid'>
const keyOf = ({ apiVersion, kind, name, uid }: Named, namespace = ''): string => `${namespace} ${apiVersion} ${kind} ${name} ${uid}`
