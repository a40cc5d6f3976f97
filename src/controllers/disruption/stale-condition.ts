// Pods that were to be disrupted and then were not: after a while their condition says so.
import type { Controller } from '#client'
import { pod, type Pod } from '#kinds'
import { formatTime } from '#machinery'
import { isFinished, isTerminating, timeOf } from '../pod-state.ts'
import { deletionTimeoutMs } from './plan.ts'

/** When the pod's DisruptionTarget condition is no longer true; undefined when there is none, or it stays. */
export function staleAt(p: Pod): number | undefined {
  const target = p.status.conditions?.find((c) => c.type === 'DisruptionTarget')
  // A node may take any time to end what it has decided to end.
  if (isTerminating(p) || isFinished(p) || target?.status !== 'True' || target.reason === 'TerminationByKubelet') return undefined
  return (timeOf(target.lastTransitionTime) ?? 0) + deletionTimeoutMs
}

export const staleConditionController: Controller<Pod> = {
  name: 'disruption', for: pod,
  concerns: ({ object }) => staleAt(object) !== undefined,

  async reconcile(p, cluster) {
    const at = staleAt(p), now = cluster.clock.now()
    if (at === undefined) return
    if (at > now) return { againIn: at - now }
    await cluster.patch(pod, p.metadata, 'strategic', { metadata: { uid: p.metadata.uid }, status: { conditions: [{ type: 'DisruptionTarget', status: 'False', lastTransitionTime: formatTime(now) }] } }, { subresource: 'status' })
  },
}
