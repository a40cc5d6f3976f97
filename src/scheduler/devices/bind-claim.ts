// Writing down what was promised: the finalizer, the allocation, and for whom it is.
import type { Cluster } from '#client'
import { claimFinalizer, consumerOf, deviceResourceClaim, type DeviceResourceClaim, type Pod } from '#kinds'
import { formatTime, is } from '#machinery'
import type { Allocation } from './allocation.ts'
import { claimName } from './requests.ts'

/** How often a conflict is answered with a fresh look. */
const mostTries = 5
const wrapped = (what: string, error: unknown): Error => new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })

/** Reserves the claim for the pod, with an allocation when it has none yet. Rejects with an Error. */
export async function bindClaim(given: DeviceResourceClaim, allocation: Allocation | undefined, pod: Pod, { client, clock }: Cluster): Promise<DeviceResourceClaim> {
  const name = claimName(given)
  let claim = given
  for (let tries = 1; ; tries++) {
    if (claim.metadata.deletionTimestamp) throw new Error(`claim ${name} got deleted in the meantime`)
    let what = ''
    try {
      if (allocation) {
        if (claim.status?.allocation) throw new Error(`claim ${name} got allocated elsewhere in the meantime`)
        what = `add finalizer to claim ${name}`
        const { finalizers = [] } = claim.metadata
        if (!finalizers.includes(claimFinalizer)) claim = await client.update(deviceResourceClaim, { ...claim, metadata: { ...claim.metadata, finalizers: [...finalizers, claimFinalizer] } })
      }
      what = allocation ? `add allocation and reservation to claim ${name}` : `add reservation to claim ${name}`
      const status = claim.status ?? {}, there = allocation ?? status.allocation
      return await client.update(deviceResourceClaim, { ...claim, status: { ...status, reservedFor: [...status.reservedFor ?? [], consumerOf(pod)],
        ...(there && { allocation: { ...there, allocationTimestamp: there.allocationTimestamp ?? formatTime(clock.now()) } }) } }, { subresource: 'status' })
    } catch (error) {
      if (what === '') throw error
      if (!is(error, 'Conflict') || tries >= mostTries) throw wrapped(what, error)
      claim = await client.get(deviceResourceClaim, claim.metadata).catch((cause: unknown) => { throw wrapped(`get updated claim ${name} after conflict`, cause) })
    }
  }
}

/** The pod does not go there after all. */
export async function giveBack(claim: DeviceResourceClaim, pod: Pod, { client }: Cluster): Promise<void> {
  await client.patch(deviceResourceClaim, claim.metadata, 'strategic', { metadata: { uid: claim.metadata.uid }, status: { reservedFor: [{ $patch: 'delete', uid: pod.metadata.uid }] } }, { subresource: 'status' })
}

/** Deletes a claim whose finalizer is in the way. */
export async function deleteClaim(given: DeviceResourceClaim, { client }: Cluster): Promise<void> {
  let claim = given
  for (let tries = 1; ; tries++) {
    const finalizers = claim.metadata.finalizers?.filter((one) => one !== claimFinalizer)
    try {
      if (finalizers && finalizers.length !== claim.metadata.finalizers?.length) await client.update(deviceResourceClaim, { ...claim, metadata: { ...claim.metadata, finalizers } })
      return await client.delete(deviceResourceClaim, claim.metadata)
    } catch (error) {
      if (is(error, 'NotFound')) return
      if (!is(error, 'Conflict') || tries >= mostTries) throw wrapped(`update resourceclaim ${claimName(claim)}`, error)
      claim = await client.get(deviceResourceClaim, claim.metadata)
    }
  }
}
