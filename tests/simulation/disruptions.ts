import { deployment, pod, podDisruptionBudget, type Pod } from '#kinds'
import { isLeaving, isReady, template } from './pods.ts'
import type { Scenario } from './stage.ts'

export const disruptions: Scenario = {
  name: 'disruption',
  promise: 'evictions never take more than a budget allows',
  async play(stage) {
    const { cluster } = stage, { client } = cluster, replicas = 2 + stage.roll(6), least = 1 + stage.roll(replicas), policy = stage.chance(0.3) ? 'AlwaysAllow' : undefined
    let evicting = false
    const pods = stage.follow(pod, ({ now, before }) => {
      const p = now ?? before!
      stage.note(`${p.metadata.name} ${!now ? 'gone' : !before ? 'made' : isLeaving(p) ? 'leaving' : ''} ${isReady(p) ? 'ready' : ''}`)
      if (!evicting || !before || !isReady(before) || (now && isReady(now))) return
      const healthy = [...pods.values()].filter(isReady).length
      stage.expect(healthy >= least, `${healthy} healthy after ${p.metadata.name} was evicted, where ${least} are promised`)
    })
    await client.create(podDisruptionBudget, { metadata: { name: 'web', namespace: 'default' }, spec: { selector: { matchLabels: { app: 'web' } }, ...(stage.chance(0.5) ? { minAvailable: least } : { maxUnavailable: replicas - least }), ...(policy && { unhealthyPodEvictionPolicy: policy }) } })
    await client.create(deployment, { metadata: { name: 'web', namespace: 'default' }, spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template({ app: 'web' }) } })
    await cluster.settle()
    evicting = true
    let evicted = 0
    const evict = async (p: Pod) => { if (await stage.attempt(client.post(pod, p.metadata, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: p.metadata.name, namespace: 'default' } }), 'TooManyRequests', 'InternalError')) evicted++ }
    // Two who drain, on whatever is there, without a pause.
    for (let round = 0; round < 25; round++) {
      const all = [...pods.values()].filter((p) => !isLeaving(p))
      await Promise.all([...all, ...all].filter(() => stage.chance(0.4)).map(evict))
      await stage.pass(3_000, { jump: 0 })
    }
    evicting = false
    await cluster.settle()
    const now = await client.get(podDisruptionBudget, { name: 'web', namespace: 'default' }), said = JSON.stringify(now.status)
    stage.expect(now.status.currentHealthy === replicas && now.status.desiredHealthy === least && now.status.disruptionsAllowed === replicas - least && now.status.expectedPods === replicas, `the budget ends at ${replicas} of ${least}: ${said}`)
    stage.expect(Object.keys(now.status.disruptedPods ?? {}).length === 0 || now.status.disruptionsAllowed === replicas - least, `nobody is held to be evicted: ${said}`)
    stage.expect(least === replicas || evicted > 0, 'somebody could be evicted')
  },
}
