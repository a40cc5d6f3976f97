import type { Controller } from '#client'
import { job as jobKind, type Job } from '#kinds'
import { is } from '#machinery'
import { noFigures } from './figures.ts'
import { timeOf } from './pod-state.ts'

/** When a finished job is to be deleted; undefined: never, or not finished. */
export function expiresAt({ spec, status }: Job): number | undefined {
  const done = status.conditions?.find((c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True')
  const at = timeOf(done?.lastTransitionTime)
  return spec.ttlSecondsAfterFinished === undefined || at === undefined ? undefined : at + spec.ttlSecondsAfterFinished * 1000
}

/** Deletes finished jobs when their time is up, with their pods. */
export const ttlAfterFinishedController = (figures = noFigures): Controller<Job> => ({
  name: 'ttl-after-finished', for: jobKind,
  concerns: ({ object }) => expiresAt(object) !== undefined,

  async reconcile(cached, cluster) {
    const at = expiresAt(cached), now = cluster.clock.now()
    if (at === undefined || cached.metadata.deletionTimestamp) return
    if (at > now) return { againIn: at - now }
    try {
      // Somebody may have given it more time a moment ago: asked of the server itself.
      const fresh = await cluster.client.get(jobKind, cached.metadata), then = expiresAt(fresh)
      if (fresh.metadata.uid !== cached.metadata.uid || then === undefined) return
      if (then > now) return { againIn: then - now }
      await cluster.delete(jobKind, fresh, { propagationPolicy: 'Foreground' })
      figures.jobDeleted(cluster.clock.now() - then)
    } catch (error) { if (!is(error, 'NotFound')) throw error }
  },
})
