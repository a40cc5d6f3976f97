import type { Cluster } from '#client'
import { endpointSlice } from '#kinds'
import { is, type AnyObject, type Kind } from '#machinery'
import type { SlicePlan } from './slices.ts'

/** Carries out a plan for the slices of an owner; creates before it removes, so that no endpoint is missing in between. */
export async function applyPlan<T extends AnyObject>(plan: SlicePlan, kind: Kind<T>, owner: T, cluster: Cluster): Promise<void> {
  try {
    for (const slice of plan.create) await cluster.create(endpointSlice, slice)
    for (const slice of plan.update) await cluster.update(endpointSlice, slice)
    for (const slice of plan.remove) await cluster.delete(endpointSlice, slice)
  } catch (error) {
    if (!is(error, 'Conflict') && !is(error, 'NotFound') && !is(error, 'Forbidden')) {
      const message = error instanceof Error ? error.message : String(error)
      cluster.events.record(kind, owner, 'Warning', 'FailedToUpdateEndpointSlices', `Error updating Endpoint Slices for Service ${owner.metadata.namespace ?? ''}/${owner.metadata.name}: ${message}`)
    }
    throw error
  }
}
