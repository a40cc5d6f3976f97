import { defineKind, objectMeta, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { objectReference } from '../core/references.ts'
import { defaultJobSpec, jobWarnings } from './job-rules.ts'
import { jobSpec } from './job.ts'
import { validateCronJob } from './validate-cronjob.ts'

export const jobTemplateSpec = s.object('io.k8s.api.batch.v1.JobTemplateSpec', {
  metadata: s.value(objectMeta),
  spec: s.value(jobSpec),
})
export type JobTemplateSpec = Infer<typeof jobTemplateSpec>

export const cronJobSpec = s.object('io.k8s.api.batch.v1.CronJobSpec', {
  concurrencyPolicy: s.string(),
  failedJobsHistoryLimit: s.int({ keepEmpty: true }),
  jobTemplate: s.required(s.value(jobTemplateSpec)),
  schedule: s.required(s.string()),
  startingDeadlineSeconds: s.int64({ keepEmpty: true }),
  successfulJobsHistoryLimit: s.int({ keepEmpty: true }),
  suspend: s.bool({ keepEmpty: true }),
  timeZone: s.string({ keepEmpty: true }),
})
export type CronJobSpec = Infer<typeof cronJobSpec>

export const cronJobStatus = s.object('io.k8s.api.batch.v1.CronJobStatus', {
  active: s.list(objectReference, { listType: 'atomic' }),
  lastScheduleTime: s.time(),
  lastSuccessfulTime: s.time(),
})
export type CronJobStatus = Infer<typeof cronJobStatus>

export const cronJob = defineKind({
  group: 'batch', version: 'v1', kind: 'CronJob', plural: 'cronjobs',
  shortNames: ['cj'], categories: ['all'], scope: 'Namespaced',
  definition: 'io.k8s.api.batch.v1.CronJob',
  generation: true,
  columns: [
    cells.name,
    { name: 'Schedule', value: (o) => o.spec.schedule },
    { name: 'Timezone', value: (o) => o.spec.timeZone ?? '<none>' },
    { name: 'Suspend', type: 'boolean', value: (o) => (o.spec.suspend === undefined ? '<unset>' : o.spec.suspend ? 'True' : 'False') },
    { name: 'Active', type: 'integer', value: (o) => o.status.active?.length ?? 0 },
    { name: 'Last Schedule', value: (o, now) => (o.status.lastScheduleTime ? cells.since(o.status.lastScheduleTime, now) : '<none>') },
    cells.age,
    ...cells.containerColumns<{ spec: CronJobSpec }>((o) => o.spec.jobTemplate.spec.template, (o) => cells.selector(o.spec.jobTemplate.spec.selector)),
  ],
  subresources: { status: true },
  fields: {
    spec: s.required(s.value(cronJobSpec)),
    status: s.value(cronJobStatus),
  },
  defaults: ({ spec }, features) => {
    spec.concurrencyPolicy ||= 'Allow'
    spec.suspend ??= false
    spec.successfulJobsHistoryLimit ??= 3
    spec.failedJobsHistoryLimit ??= 1
    defaultJobSpec(spec.jobTemplate.spec, features)
  },
  validate: validateCronJob,
  warnings: (o, old) => [
    ...jobWarnings(o, o.spec.jobTemplate.spec, 'spec.jobTemplate.spec', old),
    ...(o.spec.schedule.includes('TZ') ? ['CRON_TZ or TZ used in spec.spec.schedule is not officially supported, see '
      + 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details'] : []),
  ],
})
export type CronJob = ObjectOf<typeof cronJob>
