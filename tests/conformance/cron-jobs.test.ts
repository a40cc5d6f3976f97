// CronJobs: jobs by the clock, one after the other or side by side.
import assert from 'node:assert/strict'
import { apiOperations, conformance, discovered, type Body, type Stage } from './stage.ts'
import { batch, controllerOf, template } from './workloads.ts'

const path = (namespace: string) => batch(namespace, 'cronjobs')
const one = (namespace: string) => `${path(namespace)}/cron`
const cronJob = (schedule: string, concurrencyPolicy: string, spec: object = {}, name = 'cron') => ({ metadata: { name }, spec: { schedule, concurrencyPolicy, jobTemplate: { spec: { parallelism: 1, completions: 1, template: template({ cron: name }, { restartPolicy: 'OnFailure' }) } }, ...spec } })
const active = (stage: Stage, namespace: string, count: number) => stage.until(one(namespace), ({ status }) => (status?.active ?? []).length === count)
const going = async (stage: Stage, namespace: string) => (await stage.items(batch(namespace, 'jobs'))).filter((j) => !j['status'].completionTime)

conformance('[sig-apps] CronJob', { nodes: 2 }, (behaviour) => {
  behaviour('should schedule multiple jobs concurrently', async (stage, namespace) => {
    await stage.make(path(namespace), cronJob('*/1 * * * ?', 'Allow'))
    await active(stage, namespace, 1)
    const { status } = await stage.until(one(namespace), ({ status }) => status.active?.length >= 2)
    const jobs = await going(stage, namespace)
    assert.deepEqual(jobs.map((j) => controllerOf(j)?.['name']), ['cron', 'cron'])
    assert.deepEqual(status.active.map((a: Body) => [a['kind'], a['apiVersion'], a['namespace']]), [['Job', 'batch/v1', namespace], ['Job', 'batch/v1', namespace]])
    await stage.remove(one(namespace))
  })
  behaviour('should not schedule jobs when suspended [Slow]', async (stage, namespace) => {
    await stage.make(path(namespace), cronJob('*/1 * * * ?', 'Allow', { suspend: true }))
    await stage.cluster.clock.advance('5m')
    assert.deepEqual(await stage.items(batch(namespace, 'jobs')), [])
    await stage.remove(one(namespace))
  })
  behaviour('should not schedule new jobs when ForbidConcurrent [Slow]', async (stage, namespace) => {
    await stage.make(path(namespace), cronJob('*/1 * * * ?', 'Forbid'))
    await active(stage, namespace, 1)
    const [first] = await going(stage, namespace)
    await stage.cluster.clock.advance('5m')
    assert.deepEqual((await stage.items(batch(namespace, 'jobs'))).map((j) => j['metadata'].uid), [first!['metadata'].uid])
    await stage.remove(one(namespace))
  })
  behaviour('should replace jobs when ReplaceConcurrent', async (stage, namespace) => {
    await stage.make(path(namespace), cronJob('*/1 * * * ?', 'Replace'))
    await active(stage, namespace, 1)
    const [first] = await going(stage, namespace)
    await stage.until(batch(namespace, 'jobs'), ({ items }) => items.length === 1 && items[0].metadata.name !== first!['metadata'].name)
    await active(stage, namespace, 1)
    await stage.remove(one(namespace))
  })
  behaviour('should support CronJob API operations', async (stage, namespace) => {
    await discovered(stage, 'batch', 'v1', ['cronjobs', 'cronjobs/status'])
    await apiOperations(stage, path(namespace), (name) => cronJob('0 0 1 1 *', 'Forbid', { suspend: true, failedJobsHistoryLimit: 1 }, name))
    await stage.make(path(namespace), cronJob('0 0 1 1 *', 'Forbid', { suspend: true }))
    const patched = await stage.merge(`${one(namespace)}/status`, { metadata: { annotations: { patchedstatus: 'true' } }, status: { lastScheduleTime: '2030-01-01T00:00:00Z' } })
    assert.deepEqual([patched['metadata'].annotations.patchedstatus, patched['status'].lastScheduleTime], ['true', '2030-01-01T00:00:00Z'])
    const fresh = await stage.get(`${one(namespace)}/status`)
    assert.equal((await stage.put(`${one(namespace)}/status`, { ...fresh, status: { ...fresh['status'], lastScheduleTime: '2030-01-01T00:01:00Z' } }))['status'].lastScheduleTime, '2030-01-01T00:01:00Z')
    await stage.remove(one(namespace))
    await stage.gone(one(namespace))
  })
})
