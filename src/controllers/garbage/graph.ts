// Who owns whom, as the watches tell: for each object what the collector must know, and for each uid what depends on it.
import type { AnyObject, Kind, OwnerReference } from '#machinery'

export const foreground = 'foregroundDeletion'
export const orphan = 'orphan'

/** An object as the graph holds it. */
export interface Item {
  readonly kind: Kind
  readonly name: string
  readonly namespace: string | undefined
  readonly uid: string
  readonly owners: readonly OwnerReference[]
  readonly deleting: boolean
  /** Of the object's finalizers those that are the collector's. */
  readonly waitsForDependents: boolean
  readonly orphansDependents: boolean
}

/** What must be looked at after a change. */
export interface Touched {
  readonly items: readonly string[]
  readonly orphaning: readonly string[]
  /** Dependents that name an owner of another namespace, where nobody may look for one. */
  readonly foreign: readonly { readonly item: Item; readonly owner: OwnerReference }[]
}
/** Whether what is known under a uid can be the owner that a dependent means: of everybody, or of its own namespace. */
export const isWithin = (owner: Item, dependent: Item): boolean => owner.namespace === undefined || owner.namespace === dependent.namespace
/** Whether a dependent's reference means this owner in all it says, not only by the uid. Another version of a kind is the same kind. */
export const means = (reference: OwnerReference, owner: Item, dependent: Item): boolean =>
  reference.uid === owner.uid && reference.name === owner.name && reference.kind === owner.kind.kind && groupOf(reference.apiVersion) === owner.kind.group && isWithin(owner, dependent)
export const groupOf = (apiVersion: string): string => apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''

const noOwners: readonly OwnerReference[] = []

export class OwnerGraph {
  readonly #items = new Map<string, Item>()
  readonly #dependents = new Map<string, Set<string>>()

  get size(): number { return this.#items.size }
  get(uid: string): Item | undefined { return this.#items.get(uid) }
  dependentsOf(uid: string): readonly Item[] { return [...(this.#dependents.get(uid) ?? [])].flatMap((one) => this.#items.get(one) ?? []) }
  /** Dependents that hold up an owner that waits for them. */
  blockersOf(uid: string): readonly Item[] { return this.dependentsOf(uid).filter((one) => one.owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion)) }

  /** Takes in an object as it is now. */
  set(kind: Kind, object: AnyObject): Touched {
    const item = itemOf(kind, object), before = this.#items.get(item.uid)
    this.#items.set(item.uid, item)
    const items: string[] = [], foreign: { item: Item; owner: OwnerReference }[] = []
    let isSuspect = false
    for (const reference of item.owners) {
      const { uid } = reference
      if (before?.owners.some((owner) => owner.uid === uid)) continue
      this.#link(uid, item.uid)
      const owner = this.#items.get(uid)
      const isWrong = owner !== undefined && !means(reference, owner, item)
      // Of several wrong ones the first is told of.
      if (isWrong && !isSuspect && !isWithin(owner, item)) foreign.push({ item, owner: reference })
      isSuspect ||= isWrong
      // An owner that nobody has seen, of another namespace or called otherwise, does not exist here; one that waits for its dependents has one more.
      if (!owner || owner.waitsForDependents || isWrong) items.push(item.uid)
    }
    if (!before) for (const dependent of this.dependentsOf(item.uid)) {
      const owner = dependent.owners.find((one) => one.uid === item.uid && !means(one, item, dependent))
      if (!owner) continue
      if (!isWithin(item, dependent)) foreign.push({ item: dependent, owner })
      items.push(dependent.uid)
    }
    for (const old of before?.owners ?? noOwners) {
      const now = item.owners.find((owner) => owner.uid === old.uid)
      if (!now) this.#unlink(old.uid, item.uid)
      // It no longer holds up its owner.
      if ((!now || (old.blockOwnerDeletion && !now.blockOwnerDeletion)) && this.#items.get(old.uid)?.waitsForDependents) items.push(old.uid)
    }
    if (item.waitsForDependents && !before?.waitsForDependents) items.push(...this.dependentsOf(item.uid).map((one) => one.uid), item.uid)
    return { items, orphaning: item.orphansDependents && !before?.orphansDependents ? [item.uid] : [], foreign }
  }

  /** Forgets an object that is gone. */
  delete(uid: string): Touched {
    const item = this.#items.get(uid)
    this.#items.delete(uid)
    for (const owner of item?.owners ?? noOwners) this.#unlink(owner.uid, uid)
    const waiting = (item?.owners ?? noOwners).filter((owner) => this.#items.get(owner.uid)?.waitsForDependents).map((owner) => owner.uid)
    return { items: [...this.dependentsOf(uid).map((one) => one.uid), ...waiting], orphaning: [], foreign: [] }
  }

  #link(owner: string, dependent: string): void {
    const there = this.#dependents.get(owner)
    if (there) there.add(dependent)
    else this.#dependents.set(owner, new Set([dependent]))
  }
  #unlink(owner: string, dependent: string): void {
    const there = this.#dependents.get(owner)
    there?.delete(dependent)
    if (there?.size === 0) this.#dependents.delete(owner)
  }
}

export function itemOf(kind: Kind, { metadata }: AnyObject): Item {
  const deleting = metadata.deletionTimestamp !== undefined, finalizers = metadata.finalizers ?? []
  return {
    kind, name: metadata.name, namespace: metadata.namespace, uid: metadata.uid, owners: metadata.ownerReferences ?? noOwners, deleting,
    waitsForDependents: deleting && finalizers.includes(foreground), orphansDependents: deleting && finalizers.includes(orphan),
  }
}

/** Of an object only what the collector needs to keep. */
export function slim<T extends AnyObject>(object: T): T {
  const { name, namespace, uid, resourceVersion, creationTimestamp, ownerReferences, deletionTimestamp, finalizers } = object.metadata
  return { apiVersion: object.apiVersion, kind: object.kind, metadata: { name, uid, resourceVersion, creationTimestamp, ...(namespace !== undefined && { namespace }),
    ...(ownerReferences && { ownerReferences }), ...(deletionTimestamp !== undefined && { deletionTimestamp }), ...(finalizers && { finalizers }) } } as T
}
