// What jobs ask of their pods, and how those are made. Pure.
import { job as jobKind, type Job, type Pod } from '#kinds'
import type { New } from '#machinery'
import { createdAt, isTerminating, timeOf } from '../pod-state.ts'
import { podFrom } from '../replicas/reconcile.ts'

/** Keeps a pod until the job has counted it. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index'
const failuresAnnotation = 'batch.kubernetes.io/job-index-failure-count'
const ignoredFailuresAnnotation = 'batch.kubernetes.io/job-index-ignored-failure-count'
/** What is left for the server to make a name unique with. */
const maxNameStart = 58

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
const numberIn = (pod: Pod, annotation: string): number => Number(pod.metadata.annotations?.[annotation] ?? 0) || 0
/** How often the index had failed when the pod was made, and how often that did not count. */
export const failuresOfIndex = (pod: Pod): number => numberIn(pod, failuresAnnotation)
export const ignoredFailuresOfIndex = (pod: Pod): number => numberIn(pod, ignoredFailuresAnnotation)

/** When a finished pod ended: its last container's end (sidecars count), or what comes nearest to it. */
export function finishedAt({ metadata, spec, status }: Pod): number {
  const sidecars = new Set((spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always').map(({ name }) => name))
  const ends = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name))].map(({ state }) => timeOf(state?.terminated?.finishedAt))
  if (ends.length > 0 && ends.every((end) => end !== undefined)) return Math.max(...ends as number[])
  const ready = status.conditions?.find((c) => c.type === 'Ready' && c.status === 'False'), deleted = timeOf(metadata.deletionTimestamp)
  return timeOf(ready?.lastTransitionTime) ?? (deleted === undefined ? undefined : deleted - (metadata.deletionGracePeriodSeconds ?? 0) * 1000) ?? createdAt({ metadata })
}

/** How often an index has failed, whether it counted or not. */
export interface Failures { readonly counted: number; readonly ignored: number }

/** `index` for indexed jobs; `failures`: of the index, for jobs that limit them. */
export function podFor(job: Job, index: number | undefined, failures: Failures | undefined): New<Pod> {
  const { template } = job.spec, { metadata, spec } = podFrom({ kind: jobKind, object: job, template })
  const tracked = { ...metadata, finalizers: [...(metadata.finalizers ?? []), trackingFinalizer] }
  if (index === undefined) return { metadata: tracked, spec }
  const env = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexAnnotation}']` } } }
  type Containers = Pod['spec']['containers']
  const withEnv = (containers: Containers | undefined): Containers | undefined =>
    containers?.map((c) => (c.env?.some(({ name }) => name === env.name) ? c : { ...c, env: [...(c.env ?? []), env] })) as Containers | undefined
  const containers = withEnv(template.spec.containers), initContainers = withEnv(template.spec.initContainers)
  return {
    metadata: { ...tracked, generateName: `${job.metadata.name.slice(0, maxNameStart - String(index).length - 2)}-${index}-`, labels: { ...metadata.labels, [indexAnnotation]: String(index) },
      annotations: { ...metadata.annotations, [indexAnnotation]: String(index), ...(failures && { [failuresAnnotation]: String(failures.counted) }), ...(failures && failures.ignored > 0 && { [ignoredFailuresAnnotation]: String(failures.ignored) }) } },
    spec: { ...spec, hostname: `${job.metadata.name}-${index}`, ...(containers && { containers }), ...(initContainers && { initContainers }) },
  }
}
