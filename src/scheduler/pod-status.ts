// How the scheduler tells pods what it has found out, in their status.
import type { Cluster } from '#client'
import { pod as podKind, type Pod } from '#kinds'
import { is, pause } from '#machinery'

/** The reference's patience with a server that cannot: it asks again after 10, 50 and 250 ms. */
const mostTries = 4, firstPauseMs = 10, growth = 5

/** Patches the status of this very pod. Rejects with NotFound when it is gone and Conflict when another has its name; with InternalError or ServiceUnavailable only after the last try. */
export async function patchStatus(cluster: Cluster, { metadata }: Pod, status: object): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await cluster.patch(podKind, metadata, 'strategic', { metadata: { uid: metadata.uid }, status }, { subresource: 'status' })
      return
    } catch (error) { if (tries === mostTries || !(is(error, 'InternalError') || is(error, 'ServiceUnavailable'))) throw error }
    await pause(cluster.clock, firstPauseMs * growth ** (tries - 1))
  }
}
