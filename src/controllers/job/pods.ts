// What jobs ask of their pods, and how those are made. Pure.
import { job as jobKind, type Job, type Pod } from '#kinds'
import type { New } from '#machinery'
import { createdAt, isTerminating, timeOf } from '../pod-state.ts'
import { podFrom } from '../replicas/reconcile.ts'

/** Keeps a pod until the job has counted it. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index'
export const indexFailuresAnnotation = 'batch.kubernetes.io/job-index-failure-count'

export const isTracked = (pod: Pod): boolean => pod.metadata.finalizers?.includes(trackingFinalizer) ?? false
export const isIndexed = (job: Job): boolean => job.spec.completionMode === 'Indexed'
/** Pods on their way out are no failures yet, and nothing takes their place before they have ended. */
export const replacesOnlyFailed = (job: Job): boolean => job.spec.podReplacementPolicy === 'Failed' || job.spec.podFailurePolicy !== undefined
export const hasSucceeded = (pod: Pod): boolean => pod.status.phase === 'Succeeded'
export const hasFailed = (job: Job, pod: Pod): boolean =>
  pod.status.phase === 'Failed' || (!replacesOnlyFailed(job) && isTerminating(pod) && pod.status.phase !== 'Succeeded')

export function indexOfPod(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[indexAnnotation]
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}
export const indexFailures = (pod: Pod): number => Number(pod.metadata.annotations?.[indexFailuresAnnotation] ?? 0) || 0

/** When a finished pod ended: its last container's end, or what comes nearest to it. */
export function finishedAt(pod: Pod): number {
  const ends = (pod.status.containerStatuses ?? []).map(({ state }) => timeOf(state?.terminated?.finishedAt))
  if (ends.length > 0 && ends.every((end) => end !== undefined)) return Math.max(...ends as number[])
  const ready = pod.status.conditions?.find((c) => c.type === 'Ready' && c.status === 'False')
  return timeOf(ready?.lastTransitionTime) ?? timeOf(pod.metadata.deletionTimestamp) ?? createdAt(pod)
}

/** `index` for indexed jobs; `failures`: how often pods of the index have failed, for jobs that limit that. */
export function podFor(job: Job, index: number | undefined, failures: number | undefined): New<Pod> {
  const { template } = job.spec, { metadata, spec } = podFrom({ kind: jobKind, object: job, template })
  const tracked = { ...metadata, finalizers: [...(metadata.finalizers ?? []), trackingFinalizer] }
  if (index === undefined) return { metadata: tracked, spec }
  const env = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexAnnotation}']` } } }
  type Containers = Pod['spec']['containers']
  const withEnv = (containers: Containers | undefined): Containers | undefined =>
    containers?.map((c) => (c.env?.some(({ name }) => name === env.name) ? c : { ...c, env: [...(c.env ?? []), env] })) as Containers | undefined
  const containers = withEnv(template.spec.containers), initContainers = withEnv(template.spec.initContainers)
  return {
    metadata: { ...tracked, generateName: `${job.metadata.name}-${index}-`, labels: { ...metadata.labels, [indexAnnotation]: String(index) },
      annotations: { ...metadata.annotations, [indexAnnotation]: String(index), ...(failures !== undefined && { [indexFailuresAnnotation]: String(failures) }) } },
    spec: { ...spec, hostname: `${job.metadata.name}-${index}`, ...(containers && { containers }), ...(initContainers && { initContainers }) },
  }
}
