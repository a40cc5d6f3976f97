import { defineKind, labelSelector, quote, s, shortAge, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { podTemplateSpec } from '../core/pod/spec.ts'
import { defaultJob, defaultJobSpec, jobWarnings, prepareJob } from './job-rules.ts'
import { validateJob, validateJobChange } from './validate-job.ts'

export const podFailurePolicyOnExitCodesRequirement = s.object('io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement', {
  containerName: s.string({ keepEmpty: true }),
  operator: s.required(s.string()),
  values: s.required(s.list(s.int(), { listType: 'set' })),
})
export type PodFailurePolicyOnExitCodesRequirement = Infer<typeof podFailurePolicyOnExitCodesRequirement>

export const podFailurePolicyOnPodConditionsPattern = s.object('io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern', {
  status: s.string({ default: '' }),
  type: s.required(s.string()),
})
export type PodFailurePolicyOnPodConditionsPattern = Infer<typeof podFailurePolicyOnPodConditionsPattern>

export const podFailurePolicyRule = s.object('io.k8s.api.batch.v1.PodFailurePolicyRule', {
  action: s.required(s.string()),
  onExitCodes: podFailurePolicyOnExitCodesRequirement,
  onPodConditions: s.list(podFailurePolicyOnPodConditionsPattern, { listType: 'atomic' }),
})
export type PodFailurePolicyRule = Infer<typeof podFailurePolicyRule>

export const podFailurePolicy = s.object('io.k8s.api.batch.v1.PodFailurePolicy', {
  rules: s.required(s.list(podFailurePolicyRule, { listType: 'atomic' })),
})
export type PodFailurePolicy = Infer<typeof podFailurePolicy>

export const successPolicyRule = s.object('io.k8s.api.batch.v1.SuccessPolicyRule', {
  succeededCount: s.int({ keepEmpty: true }),
  succeededIndexes: s.string({ keepEmpty: true }),
})
export type SuccessPolicyRule = Infer<typeof successPolicyRule>

export const successPolicy = s.object('io.k8s.api.batch.v1.SuccessPolicy', {
  rules: s.required(s.list(successPolicyRule, { listType: 'atomic' })),
})
export type SuccessPolicy = Infer<typeof successPolicy>

export const jobSpec = s.object('io.k8s.api.batch.v1.JobSpec', {
  activeDeadlineSeconds: s.int64({ keepEmpty: true }),
  backoffLimit: s.int({ keepEmpty: true }),
  backoffLimitPerIndex: s.int({ keepEmpty: true }),
  completionMode: s.string({ keepEmpty: true }),
  completions: s.int({ keepEmpty: true }),
  managedBy: s.string({ keepEmpty: true }),
  manualSelector: s.bool({ keepEmpty: true }),
  maxFailedIndexes: s.int({ keepEmpty: true }),
  parallelism: s.int({ keepEmpty: true }),
  podFailurePolicy: podFailurePolicy,
  podReplacementPolicy: s.string({ keepEmpty: true }),
  selector: labelSelector,
  successPolicy: successPolicy,
  suspend: s.bool({ keepEmpty: true }),
  template: s.required(s.value(podTemplateSpec)),
  ttlSecondsAfterFinished: s.int({ keepEmpty: true }),
})
export type JobSpec = Infer<typeof jobSpec>

export const jobCondition = s.object('io.k8s.api.batch.v1.JobCondition', {
  lastProbeTime: s.time({ always: true }),
  lastTransitionTime: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type JobCondition = Infer<typeof jobCondition>

export const uncountedTerminatedPods = s.object('io.k8s.api.batch.v1.UncountedTerminatedPods', {
  failed: s.list(s.string(), { listType: 'set' }),
  succeeded: s.list(s.string(), { listType: 'set' }),
})
export type UncountedTerminatedPods = Infer<typeof uncountedTerminatedPods>

export const jobStatus = s.object('io.k8s.api.batch.v1.JobStatus', {
  active: s.int(),
  completedIndexes: s.string(),
  completionTime: s.time(),
  conditions: s.list(jobCondition, { listType: 'atomic', patchStrategy: 'merge', patchMergeKey: 'type' }),
  failed: s.int(),
  failedIndexes: s.string({ keepEmpty: true }),
  ready: s.int({ keepEmpty: true }),
  startTime: s.time(),
  succeeded: s.int(),
  terminating: s.int({ keepEmpty: true }),
  uncountedTerminatedPods: uncountedTerminatedPods,
})
export type JobStatus = Infer<typeof jobStatus>

/** The word for a job's state; the first that holds. */
function state(conditions: readonly JobCondition[] | undefined, deleted: boolean): string {
  const holds = (type: string) => conditions?.some((c) => c.type === type && c.status === 'True')
  if (holds('Complete')) return 'Complete'
  if (holds('Failed')) return 'Failed'
  if (deleted) return 'Terminating'
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(holds) ?? 'Running'
}

export const job = defineKind({
  group: 'batch', version: 'v1', kind: 'Job', plural: 'jobs',
  categories: ['all'], scope: 'Namespaced',
  definition: 'io.k8s.api.batch.v1.Job',
  generation: true, onUpdate: ['meta', 'rules', 'kept', 'change'],
  deletePolicy: 'Orphan',
  orphanWarning: 'child pods are preserved by default when jobs are deleted; '
    + 'set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  columns: [
    cells.name,
    { name: 'Status', value: (o) => state(o.status.conditions, o.metadata.deletionTimestamp !== undefined) },
    { name: 'Completions', value: ({ spec, status }) => {
      const parallel = spec.completions === undefined && (spec.parallelism ?? 0) > 1
      return `${status.succeeded ?? 0}/${spec.completions ?? 1}${parallel ? ` of ${spec.parallelism}` : ''}`
    } },
    { name: 'Duration', value: ({ status }, now) => (status.startTime ? shortAge((status.completionTime ? Date.parse(status.completionTime) : now) - Date.parse(status.startTime))
      : '') },
    cells.age,
    ...cells.containerColumns<{ spec: JobSpec }>((o) => o.spec.template, (o) => cells.selector(o.spec.selector)),
  ],
  notSelectable: (field) => `field label ${quote(field)} not supported for Job`,
  selectable: { 'status.successful': (o) => String(o.status.succeeded ?? 0) },
  subresources: { status: true },
  fields: {
    spec: s.value(jobSpec),
    status: s.value(jobStatus),
  },
  defaults: (o, features) => {
    defaultJob(o)
    defaultJobSpec(o.spec, features)
  },
  prepareCreate: prepareJob,
  validate: validateJob,
  validateChange: validateJobChange,
  warnings: (o, old) => jobWarnings(o, o.spec, 'spec', old),
})
export type Job = ObjectOf<typeof job>
