import { job, pod, type Job, type Pod } from '#kinds'
import { isActive, isFinished, isLeaving, ownerOf, template } from './pods.ts'
import type { Scenario } from './stage.ts'

const target = { name: 'work', namespace: 'default' }
const indexOf = (p: Pod): string => p.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? ''
const endOf = (j: Job): string | undefined => j.status.conditions?.find((c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True')?.type

export const jobs: Scenario = {
  name: 'job',
  promise: 'a Job counts every pod exactly once',
  async play(stage) {
    const { cluster } = stage, completions = 1 + stage.roll(6), parallelism = 1 + stage.roll(4), limit = stage.roll(4), indexed = stage.chance(0.6), perIndex = indexed && stage.chance(0.3)
    const replacesFailed = perIndex || stage.chance(0.4)
    /** Pods that the job has had, and how each ended: what the node said last. */
    const had = new Map<string, Pod>(), ends = new Map<string, string>(), letGo = new Set<string>()
    let counted = 0, ended = false
    const number = (phase: string) => [...ends.values()].filter((one) => one === phase).length
    const pods = stage.follow(pod, ({ now, before }) => {
      const p = now ?? before!
      stage.note(`${p.metadata.name} ${indexOf(p)} ${!now ? 'gone' : !before ? 'made' : isLeaving(p) ? 'leaving' : ''} ${p.status.phase ?? ''} ${p.metadata.finalizers?.join() ?? ''}`)
      had.set(p.metadata.uid, p)
      if (isFinished(p)) ends.set(p.metadata.uid, p.status.phase!)
      // What goes without an end counts as a failure.
      else if (!now || isLeaving(p)) ends.set(p.metadata.uid, 'Failed')
      // What is merely too much is let go before it ends, and is nobody's failure.
      if (now && before && isActive(now) && before.metadata.finalizers && !now.metadata.finalizers) letGo.add(p.metadata.uid)
      if (!now || before) return
      const there = [...pods.values()].filter((other) => replacesFailed ? !isFinished(other) : isActive(other))
      stage.expect(there.length <= parallelism, `${there.length} pods at once where ${parallelism} are allowed`)
      if (indexed) stage.expect(there.filter((other) => indexOf(other) === indexOf(now)).length <= 1, `index ${indexOf(now)} runs twice`)
      if (indexed) stage.expect(![...had.values()].some((other) => indexOf(other) === indexOf(now) && other.status.phase === 'Succeeded'), `index ${indexOf(now)} runs though it has succeeded`)
      stage.expect(!ended, `${p.metadata.name} is made after the end`)
    })
    stage.follow(job, ({ now }) => {
      if (!now) return
      const { succeeded = 0, failed = 0 } = now.status
      stage.note(`job: ${succeeded} succeeded, ${failed} failed, ${JSON.stringify(now.status.uncountedTerminatedPods ?? {})} ${endOf(now) ?? ''}`)
      stage.expect(succeeded + failed >= counted || indexed, `${succeeded + failed} counted where it was ${counted}`)
      counted = succeeded + failed
      ended ||= endOf(now) !== undefined
      stage.expect(succeeded <= number('Succeeded'), `${succeeded} counted as succeeded where ${number('Succeeded')} have`)
      stage.expect(failed <= had.size - number('Succeeded'), `${failed} counted as failed of ${had.size} pods, of which ${number('Succeeded')} succeeded`)
    })
    await cluster.client.create(job, { metadata: target, spec: { completions, parallelism, ...(perIndex ? { backoffLimitPerIndex: limit } : { backoffLimit: limit }), completionMode: indexed ? 'Indexed' : 'NonIndexed',
      podReplacementPolicy: replacesFailed ? 'Failed' : 'TerminatingOrFailed', template: template({}, 'work', { restartPolicy: 'Never' }) } })
    for (let round = 0; round < 50; round++) {
      await stage.pass(40_000, { crash: 0.03 })
      for (const p of pods.values()) {
        if (p.status.phase !== 'Running' || isLeaving(p) || stage.chance(0.4)) continue
        if (stage.chance(0.08)) { await stage.attempt(cluster.client.delete(pod, p.metadata, { uid: p.metadata.uid })); continue }
        await stage.attempt(cluster.client.patch(pod, p.metadata, 'merge', { metadata: { uid: p.metadata.uid }, status: { phase: stage.chance(0.75) ? 'Succeeded' : 'Failed' } }, { subresource: 'status' }))
      }
      if (stage.chance(0.06)) {
        await cluster.client.patch(job, target, 'merge', { spec: { suspend: true } })
        await stage.pass(20_000)
        await cluster.client.patch(job, target, 'merge', { spec: { suspend: false } })
      }
      if (ended && stage.chance(0.3)) break
    }
    await cluster.settle(60_000)
    const done = await cluster.client.get(job, target), end = endOf(done), { succeeded = 0, failed = 0 } = done.status, said = JSON.stringify(done.status)
    const uncounted = done.status.uncountedTerminatedPods
    stage.expect((uncounted?.failed ?? []).length + (uncounted?.succeeded ?? []).length === 0, `nothing uncounted at rest: ${said}`)
    for (const p of pods.values()) {
      stage.expect(!isFinished(p) || (p.metadata.finalizers ?? []).length === 0, `${p.metadata.name} is let go`)
      stage.expect(ownerOf(p) === done.metadata.uid, `${p.metadata.name} is the job's`)
    }
    if (end === undefined) return
    stage.expect([...pods.values()].every((p) => !isActive(p)), `nothing runs after the end: ${said}`)
    if (end === 'Complete') stage.expect(succeeded === completions, `${succeeded} of ${completions} succeeded: ${said}`)
    if (end === 'Failed' && !perIndex) stage.expect(failed > limit, `failed after ${failed} failures where ${limit} are allowed: ${said}`)
    stage.expect(succeeded + failed === had.size - letGo.size, `${succeeded + failed} counted of ${had.size} pods, of which ${letGo.size} were let go: ${said}`)
  },
}
