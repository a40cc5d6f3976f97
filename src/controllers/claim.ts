// Which children are a controller's own: those it owns and selects; orphans that match are adopted, owned ones that no longer match released.
import { controlledBy, controllerOf, type Cluster } from '#client'
import { ApiError, is, type AnyObject, type Kind, type Selector } from '#machinery'

/** Claims children of one kind for an owner. Resolves to the children that are ours after adopting and releasing, in the order given. */
export async function claim<C extends AnyObject>(kind: Kind, owner: AnyObject, childKind: Kind<C>, selector: Selector, candidates: readonly C[], cluster: Cluster): Promise<readonly C[]> {
  const mine: C[] = []
  let mayAdopt: boolean | undefined
  for (const child of candidates) {
    const controller = controllerOf(child), matches = selector.matches(child.metadata.labels)
    if (controller) {
      if (controller.uid !== owner.metadata.uid) continue
      if (matches) mine.push(child)
      else if (!owner.metadata.deletionTimestamp) await change({ ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }] }, child)
      continue
    }
    if (!matches || owner.metadata.deletionTimestamp || child.metadata.deletionTimestamp) continue
    // Asked of the server itself: what a deleted owner adopts would be collected.
    mayAdopt ??= await stillThere(kind, owner, cluster)
    if (mayAdopt && await change({ ownerReferences: [controlledBy(kind, owner)] }, child)) mine.push(child)
  }
  return mine

  /** Whether it worked; a child that is gone, or another one by now, is no failure. */
  async function change(metadata: object, child: C): Promise<boolean> {
    try {
      await cluster.patch(childKind, child.metadata, 'strategic', { metadata: { uid: child.metadata.uid, ...metadata } })
      return true
    } catch (error) {
      if (error instanceof ApiError && (is(error, 'NotFound') || is(error, 'Invalid') || is(error, 'Conflict'))) return false
      throw error
    }
  }
}

async function stillThere(kind: Kind, owner: AnyObject, cluster: Cluster): Promise<boolean> {
  try {
    const fresh: AnyObject = await cluster.client.get(kind, owner.metadata)
    return fresh.metadata.uid === owner.metadata.uid && !fresh.metadata.deletionTimestamp
  } catch (error) {
    if (is(error, 'NotFound')) return false
    throw error
  }
}
