// Conditions as Deployments keep them: what says the same (status and reason) is left as it is.
import type { DeploymentCondition } from '#kinds'

export type Conditions = readonly DeploymentCondition[]
export const conditionOf = (conditions: Conditions | undefined, type: string): DeploymentCondition | undefined => conditions?.find((c) => c.type === type)
export const without = (conditions: Conditions, type: string): Conditions => conditions.filter((c) => c.type !== type)

/** The condition set; it moves to the end when it changes, and keeps its transition time when its status stays. */
export function withCondition(conditions: Conditions, condition: DeploymentCondition): Conditions {
  const before = conditionOf(conditions, condition.type)
  if (before?.status === condition.status && before.reason === condition.reason) return conditions
  return [...without(conditions, condition.type), keepingTransition(condition, before)]
}
/** The condition with the transition time of an earlier one of the same status. */
export const keepingTransition = (condition: DeploymentCondition, before: DeploymentCondition | undefined): DeploymentCondition =>
  (before?.status === condition.status && before.lastTransitionTime !== undefined ? { ...condition, lastTransitionTime: before.lastTransitionTime } : condition)
