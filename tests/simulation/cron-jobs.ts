import { cronJob, job, type Job } from '#kinds'
import { template } from './pods.ts'
import type { Scenario } from './stage.ts'

const target = { name: 'tick', namespace: 'default' }
const isOver = (j: Job): boolean => j.status.conditions?.some((c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True') ?? false

export const cronJobs: Scenario = {
  name: 'cronjob',
  promise: 'a CronJob starts no schedule twice and, told to, never two at once',
  cluster: { nodes: 1, controllers: ['cronjob', 'garbage-collector'], scheduler: false },
  async play(stage) {
    const { cluster } = stage, policy = (['Forbid', 'Forbid', 'Replace', 'Allow'] as const)[stage.roll(4)]!
    const schedules = new Set<string>()
    let suspended = false, suspendedAt = 0
    const jobs = stage.follow(job, ({ now, before }) => {
      const j = now ?? before!
      stage.note(`${j.metadata.name} ${!now ? 'gone' : !before ? 'made' : ''} ${isOver(j) ? 'over' : ''} ${j.metadata.deletionTimestamp ? 'leaving' : ''}`)
      if (!now || before) return
      stage.expect(!schedules.has(j.metadata.name), `${j.metadata.name} is started twice`)
      schedules.add(j.metadata.name)
      const running = [...jobs.values()].filter((other) => !isOver(other) && !other.metadata.deletionTimestamp)
      if (policy !== 'Allow') stage.expect(running.length <= 1, `${running.map((one) => one.metadata.name).join()} at once (${policy})`)
      if (suspended && stage.now - suspendedAt > 5_000) stage.complain(`${j.metadata.name} starts while suspended`)
    })
    await cluster.client.create(cronJob, { metadata: target, spec: { schedule: '* * * * *', concurrencyPolicy: policy, ...(stage.chance(0.3) && { startingDeadlineSeconds: 30 + stage.roll(200) }),
      successfulJobsHistoryLimit: stage.roll(3), failedJobsHistoryLimit: stage.roll(2), jobTemplate: { spec: { template: template({}, 'work', { restartPolicy: 'Never' }) } } } })
    for (let round = 0; round < 40; round++) {
      await stage.pass(70_000, { crash: 0.06, jump: 0.1 })
      for (const j of jobs.values()) {
        if (isOver(j) || stage.chance(0.5)) continue
        const at = new Date(Math.floor(stage.now / 1000) * 1000).toISOString().replace('.000', ''), condition = (type: string) => ({ type, status: 'True', lastTransitionTime: at, lastProbeTime: at, reason: 'X', message: '' })
        const complete = stage.chance(0.7), started = j.status.startTime ?? j.metadata.creationTimestamp, completed = at < started ? started : at
        await stage.attempt(cluster.client.patch(job, j.metadata, 'merge', { metadata: { uid: j.metadata.uid }, status: complete ? { startTime: started, completionTime: completed, conditions: [condition('SuccessCriteriaMet'), condition('Complete')] } : { startTime: started, conditions: [condition('FailureTarget'), condition('Failed')] } }, { subresource: 'status' }))
      }
      if (stage.chance(0.05)) { suspended = !suspended; suspendedAt = stage.now; await cluster.client.patch(cronJob, target, 'merge', { spec: { suspend: suspended } }) }
    }
    await cluster.clock.advance(30_000)
    const { status } = await cluster.client.get(cronJob, target)
    for (const ref of status.active ?? []) stage.expect([...jobs.values()].some((j) => j.metadata.name === ref.name && !isOver(j)), `${ref.name} is said to be active`)
  },
}
