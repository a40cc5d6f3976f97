import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cronJob, job, type CronJob } from '#kinds'
import type { New } from '#machinery'
import { TestCluster } from '#testing'

const at = { namespace: 'default' }, hour = 3_600_000

test('a schedule that is edited starts at its next time: those that would have been are not made up for', async () => {
  await using cluster = await TestCluster.start({ controllers: ['cronjob'], scheduler: false })
  const { client } = cluster, jobs = async () => (await client.list(job, at)).items.length
  const spec = { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } } } }
  await client.create(cronJob, { metadata: { name: 'tick', ...at }, spec } as unknown as New<CronJob>) // allowed: the rest has defaults
  await cluster.clock.advance(2 * hour + 60_000)
  await client.patch(cronJob, { name: 'tick', ...at }, 'merge', { spec: { schedule: '0 * * * *' } })
  await cluster.clock.advance(30_000)
  assert.equal(await jobs(), 0)
  await cluster.clock.advance(hour)
  assert.equal(await jobs(), 1)
})
