import type { Cluster } from '#client'
import { endpointSlice } from '#kinds'
import { is, type AnyObject } from '#machinery'
import { isNamespaceTerminating } from '../replicas/reconcile.ts'
import type { SlicePlan } from './slices.ts'

/** What could not be written, in the reference's words; the error itself is the cause. */
export class SliceError extends Error { override readonly name = 'SliceError' }

/** Carries out a plan for the slices of an owner ("Service default/web"); creates before it removes, so that no endpoint is missing in between. Throws SliceError. */
export async function applyPlan({ create, update, remove }: Pick<SlicePlan, 'create' | 'update' | 'remove'>, owner: string, { metadata }: AnyObject, cluster: Cluster): Promise<void> {
  const what = `EndpointSlice for ${owner} ${metadata.namespace ?? ''}/${metadata.name}`
  const attempt = async (action: string, write: () => Promise<unknown>): Promise<boolean> => {
    try { await write(); return true } catch (error) {
      if (action === 'create' && isNamespaceTerminating(error)) return false
      throw new SliceError(`failed to ${action} ${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
  // What goes gets nothing new: the garbage collector takes its slices while we would make others.
  if (!metadata.deletionTimestamp) for (const slice of create) if (!await attempt('create', () => cluster.create(endpointSlice, slice))) return
  for (const slice of update) await attempt(`update ${slice.metadata.name}`, () => cluster.update(endpointSlice, slice))
  for (const slice of remove) await attempt(`delete ${slice.metadata.name}`, async () => { try { await cluster.delete(endpointSlice, slice) } catch (error) { if (!is(error, 'NotFound')) throw error } })
}
