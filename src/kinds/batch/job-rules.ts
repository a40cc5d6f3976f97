import type { AnyObject, Features } from '#machinery'
import { defaultPodTemplate } from '../core/pod/defaults.ts'
import { nameWarnings, templateWarnings } from '../core/pod/warnings.ts'
import type { JobSpec } from './job.ts'

const mostFailures = 2 ** 31 - 1
/** Defaults of jobs alone: a cron job's template goes without them until a job is made of it. */
export function defaultJob({ metadata, spec }: AnyObject & { spec: JobSpec }): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  spec.manualSelector ??= false
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : mostFailures
  labelLikePods(metadata, spec)
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'
}
/** A job without labels has those of its pods: the very same, so that labels the pods get for being its are the job's as well. */
function labelLikePods(metadata: AnyObject['metadata'], spec: JobSpec): void {
  const { labels } = spec.template.metadata
  if (labels && !Object.keys(metadata.labels ?? {}).length) metadata.labels = labels
}
export function defaultJobSpec(spec: JobSpec, features?: Features): void {
  for (const rule of spec.podFailurePolicy?.rules ?? []) for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True'
  defaultPodTemplate(spec.template, features)
}

/** Labels that tie pods to their job: with the domain, and without it as older clients know them. */
export const jobLabels = { name: ['batch.kubernetes.io/job-name', 'job-name'], uid: ['batch.kubernetes.io/controller-uid', 'controller-uid'] } as const

/** Labels the pods and makes a selector of the job's uid, unless the user chose one. What the user gave stays, and is checked. */
export function prepareJob({ metadata, spec }: AnyObject & { spec: JobSpec }): void {
  if (spec.manualSelector) return
  const pods = spec.template.metadata, labels = { ...pods.labels }
  for (const key of jobLabels.uid) labels[key] ??= metadata.uid
  for (const key of jobLabels.name) labels[key] ??= metadata.name
  if (metadata.labels && metadata.labels === pods.labels) metadata.labels = labels
  pods.labels = labels
  const selector = (spec.selector ??= {})
  selector.matchLabels = { ...selector.matchLabels, [jobLabels.uid[0]]: selector.matchLabels?.[jobLabels.uid[0]] ?? metadata.uid }
  // A name too long for a label is refused where it stands first, in the template.
  if (metadata.name.length <= 63) labelLikePods(metadata, spec)
}

const manyCompletions = 100_000, manyPods = 10_000
/** Warnings of a job, or of what makes jobs by a spec that stands at `at`; an update that leaves the generation alone has none. */
export function jobWarnings({ metadata }: AnyObject, spec: JobSpec, at: string, old: AnyObject | undefined): string[] {
  if (old && old.metadata.generation === metadata.generation) return []
  const tooMuch = spec.completionMode === 'Indexed' && (spec.completions ?? 0) > manyCompletions && (spec.parallelism ?? 0) > manyPods
  return [
    ...(old ? [] : nameWarnings(metadata.name)),
    ...(tooMuch ? [`${at}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, `
      + 'Kubernetes might not be able to track completedIndexes when a big number of indexes fail'] : []),
    ...templateWarnings(spec.template, `${at}.template`),
  ]
}
