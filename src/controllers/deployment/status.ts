// What a Deployment's status says. Pure.
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '#kinds'
import { formatTime } from '#machinery'
import { timeOf } from '../pod-state.ts'
import { conditionOf, keepingTransition, withCondition, without, type Conditions } from './conditions.ts'
import { maxUnavailable, totalSize, wantedSize } from './rollout.ts'

/** A deadline of the largest int32 is none. */
const noDeadline = 2 ** 31 - 1
export const hasDeadline = (d: Deployment): boolean => d.spec.progressDeadlineSeconds !== undefined && d.spec.progressDeadlineSeconds !== noDeadline

export function condition(type: string, status: 'True' | 'False' | 'Unknown', reason: string, message: string, now: number): DeploymentCondition {
  const time = formatTime(now)
  return { type, status, reason, message, lastTransitionTime: time, lastUpdateTime: time }
}

/** Counts and availability. Zero counts are left out, as the server does. */
export function countsOf(d: Deployment, all: readonly ReplicaSet[], fresh: ReplicaSet | undefined, now: number): DeploymentStatus {
  const sum = (value: (rs: ReplicaSet) => number) => all.reduce((total, rs) => total + value(rs), 0)
  const available = sum((rs) => rs.status.availableReplicas ?? 0), replicas = sum((rs) => rs.status.replicas), ready = sum((rs) => rs.status.readyReplicas ?? 0)
  const updated = fresh?.status.replicas ?? 0, unavailable = Math.max(0, totalSize(all) - available)
  const terminating = all.some((rs) => rs.status.terminatingReplicas === undefined) ? undefined : sum((rs) => rs.status.terminatingReplicas ?? 0)
  const enough = available >= wantedSize(d) - maxUnavailable(d)
  const conditions = withCondition(d.status.conditions ?? [], enough
    ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
    : condition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', now))
  return {
    ...(d.metadata.generation && { observedGeneration: d.metadata.generation }),
    ...(replicas > 0 && { replicas }), ...(updated > 0 && { updatedReplicas: updated }), ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }), ...(unavailable > 0 && { unavailableReplicas: unavailable }),
    ...(terminating !== undefined && { terminatingReplicas: terminating }),
    ...(d.status.collisionCount !== undefined && { collisionCount: d.status.collisionCount }), conditions: [...conditions],
  }
}

/** The counts and how the rollout goes: complete, progressing, or past its deadline. */
export function rolloutStatus(d: Deployment, all: readonly ReplicaSet[], fresh: ReplicaSet | undefined, now: number): DeploymentStatus {
  const counts = countsOf(d, all, fresh, now)
  let conditions: Conditions = counts.conditions ?? []
  const current = conditionOf(d.status.conditions, 'Progressing')
  const wasComplete = (counts.replicas ?? 0) === (counts.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable'
  if (!hasDeadline(d)) conditions = without(conditions, 'Progressing')
  else if (!wasComplete) {
    const what = fresh ? `ReplicaSet "${fresh.metadata.name}"` : `Deployment "${d.metadata.name}"`
    if (isComplete(d, counts)) conditions = withCondition(conditions, condition('Progressing', 'True', 'NewReplicaSetAvailable', `${what} has successfully progressed.`, now))
    else if (isProgressing(d.status, counts)) {
      const progress = condition('Progressing', 'True', 'ReplicaSetUpdated', `${what} is progressing.`, now)
      // Replaced even when it says the same: the deadline counts from its last update.
      conditions = [...without(conditions, 'Progressing'), keepingTransition(progress, current)]
    } else if (isLate(d, conditions, now))
      conditions = withCondition(conditions, condition('Progressing', 'False', 'ProgressDeadlineExceeded', `${what} has timed out progressing.`, now))
  }
  const failure = failureOf(all, fresh)
  conditions = failure ? withCondition(conditions, failure) : without(conditions, 'ReplicaFailure')
  return { ...counts, conditions: [...conditions] }
}

/** Every pod is of the new template, available, and none of the old is left. */
export const isComplete = (d: Deployment, status: DeploymentStatus): boolean => {
  const wanted = wantedSize(d)
  return (status.updatedReplicas ?? 0) === wanted && (status.replicas ?? 0) === wanted && (status.availableReplicas ?? 0) === wanted
    && (status.observedGeneration ?? 0) >= (d.metadata.generation ?? 0)
}

function isProgressing(old: DeploymentStatus, now: DeploymentStatus): boolean {
  const outdated = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  return (now.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) || outdated(now) < outdated(old)
    || (now.readyReplicas ?? 0) > (old.readyReplicas ?? 0) || (now.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
}

function isLate(d: Deployment, conditions: Conditions, now: number): boolean {
  const progress = conditionOf(conditions, 'Progressing')
  if (!progress || progress.reason === 'NewReplicaSetAvailable') return false
  if (progress.reason === 'ProgressDeadlineExceeded') return true
  return (timeOf(progress.lastUpdateTime) ?? 0) + (d.spec.progressDeadlineSeconds ?? 0) * 1000 < now
}

/** Milliseconds until the deadline must be looked at again; undefined when it need not. */
export function untilLate(d: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const progress = conditionOf(status.conditions, 'Progressing')
  if (!hasDeadline(d) || !progress || isComplete(d, status) || progress.reason === 'ProgressDeadlineExceeded' || progress.reason === 'NewReplicaSetAvailable') return undefined
  return Math.max(0, (timeOf(progress.lastUpdateTime) ?? 0) + (d.spec.progressDeadlineSeconds ?? 0) * 1000 - now) + 1000
}

/** The new ReplicaSet's failure to make pods, or that of any other. */
function failureOf(all: readonly ReplicaSet[], fresh: ReplicaSet | undefined): DeploymentCondition | undefined {
  for (const rs of fresh ? [fresh, ...all] : all) {
    const failure = rs.status.conditions?.find((c) => c.type === 'ReplicaFailure')
    if (failure) return { ...failure, ...(failure.lastTransitionTime !== undefined && { lastUpdateTime: failure.lastTransitionTime }) }
  }
  return undefined
}
