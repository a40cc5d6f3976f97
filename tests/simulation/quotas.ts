import { configMap, deployment, pod, resourceQuota } from '#kinds'
import { quantityMilli } from '#machinery'
import { isFinished, template } from './pods.ts'
import type { Scenario } from './stage.ts'

const cpuOf = 100
export const quotas: Scenario = {
  name: 'quota',
  promise: 'a quota is never exceeded',
  async play(stage) {
    const { cluster } = stage, { client } = cluster, most = 2 + stage.roll(5), maps = 3 + stage.roll(4)
    const counted = () => [...pods.values()].filter((p) => !isFinished(p)).length
    const pods = stage.follow(pod, ({ now, before }) => { stage.note(`${(now ?? before)!.metadata.name} ${!now ? 'gone' : before ? '' : 'made'} ${now?.metadata.deletionTimestamp ? 'leaving' : ''}`); if (now && !before) stage.expect(counted() <= most, `${counted()} pods where ${most} are allowed`) })
    const kept = stage.follow(configMap, ({ now, before }) => { if (now && !before) stage.expect(here() <= maps, `${here()} ConfigMaps where ${maps} are allowed`) })
    stage.follow(resourceQuota, ({ now }) => { stage.note(`used ${JSON.stringify(now?.status?.used)}`) })
    const here = () => [...kept.values()].filter((m) => m.metadata.namespace === 'default').length
    await client.create(resourceQuota, { metadata: { name: 'q', namespace: 'default' }, spec: { hard: { pods: String(most + 3), 'requests.cpu': `${most * cpuOf}m`, 'count/configmaps': String(maps) } } })
    await cluster.settle()
    await client.create(deployment, { metadata: { name: 'web', namespace: 'default' }, spec: { replicas: most + 2, selector: { matchLabels: { app: 'web' } }, template: template({ app: 'web' }, 'web:1', { containers: [{ name: 'c', image: 'web', resources: { requests: { cpu: `${cpuOf}m` } } }] }) } })
    for (let round = 0; round < 25; round++) {
      const all = [...pods.values()], one = all[stage.roll(all.length)]
      if (one && stage.chance(0.4)) await stage.attempt(client.delete(pod, one.metadata))
      await Promise.all(Array.from({ length: 4 }, (_, i) => stage.attempt(client.create(configMap, { metadata: { name: `m-${round}-${i}`, namespace: 'default' } }), 'Forbidden')))
      const map = [...kept.values()].find((m) => m.metadata.namespace === 'default')
      if (map && stage.chance(0.5)) await stage.attempt(client.delete(configMap, map.metadata))
      await stage.pass(5_000, { jump: 0 })
    }
    await cluster.settle(30_000)
    const { status } = await client.get(resourceQuota, { name: 'q', namespace: 'default' }), said = JSON.stringify(status)
    stage.expect(quantityMilli((status.used as Record<string, string>)['requests.cpu']!) === counted() * cpuOf && (status.used as Record<string, string>)['count/configmaps'] === String(here()), `what is used is what is there (${counted()} pods, ${here()} ConfigMaps): ${said}`)
  },
}
