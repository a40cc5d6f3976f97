// What a job's policy says of a failed pod. Pure.
import type { Job, Pod } from '#kinds'

export type Action = 'Count' | 'Ignore' | 'FailIndex' | 'FailJob'
export interface Verdict { readonly action: Action; readonly message: string }

/** The first rule that matches; failures without one count. */
export function judgeFailure(job: Job, pod: Pod): Verdict {
  const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`
  for (const [index, { action, onExitCodes, onPodConditions }] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const said = `matching ${action} rule at index ${index}`
    if (onExitCodes) {
      const { containerName, operator, values } = onExitCodes
      const statuses = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])]
      const hit = statuses.find(({ name: container, state }) => (containerName === undefined || containerName === container) && state?.terminated && state.terminated.exitCode !== 0
        && values.includes(state.terminated.exitCode) === (operator === 'In'))
      if (hit) return { action: action as Action, message: `Container ${hit.name} for pod ${name} failed with exit code ${hit.state?.terminated?.exitCode ?? 0} ${said}` }
    }
    const condition = onPodConditions?.find(({ type, status }) => pod.status.conditions?.some((c) => c.type === type && c.status === status))
    if (condition) return { action: action as Action, message: `Pod ${name} has condition ${condition.type} ${said}` }
  }
  return { action: 'Count', message: '' }
}
