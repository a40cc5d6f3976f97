import { pod, statefulSet, type Pod } from '#kinds'
import { imageOf, isLeaving, isReady, template } from './pods.ts'
import type { Scenario } from './stage.ts'

const target = { name: 'db', namespace: 'default' }
const ordinalOf = (p: Pod): number => Number(p.metadata.name.split('-').at(-1))
/** After a user has meddled, caches may be so old: what is done on their word is nobody's fault. */
const quietMs = 20_000

export const statefulSets: Scenario = {
  name: 'statefulset',
  promise: 'a StatefulSet never takes the place of a pod that still runs, and keeps its order',
  async play(stage) {
    const { cluster } = stage, parallel = stage.chance(0.3), start = stage.roll(3)
    let replicas = 1 + stage.roll(4), most = replicas, image = 1, partition = 0, meddled = stage.now
    /** Pods that the user has removed without waiting for their node, and nodes that nobody hears of: their pods may still run. */
    const forced = new Set<string>(), silent = new Set<string>()
    const pods = stage.follow(pod, ({ now, before }) => {
      const name = now?.metadata.name ?? before?.metadata.name ?? ''
      stage.note(`${name} ${!now ? 'gone' : !before ? 'made' : ''} ${now?.status.phase ?? ''} ${now && isReady(now) ? 'ready' : ''} ${now && isLeaving(now) ? 'leaving' : ''} ${now ? imageOf(now) : ''}`)
      const quiet = silent.size === 0 && stage.now - meddled > quietMs
      if (now && !before) {
        const ordinal = ordinalOf(now)
        stage.expect(ordinal >= start && ordinal < start + most, `${name} where there are ${most} from ${start}`)
        if (!parallel && quiet) for (let i = start; i < ordinal; i++) {
          const earlier = [...pods.values()].find((p) => ordinalOf(p) === i)
          stage.expect(earlier !== undefined && isReady(earlier), `${name} is made before db-${i} is ready`)
        }
      }
      if (before && !now) stage.expect(isLeaving(before) || before.spec.nodeName === undefined || before.status.phase === 'Failed' || before.status.phase === 'Succeeded' || forced.has(before.metadata.uid), `${name} is gone and its node has not said so`)
      if (before && !now) stage.expect(!silent.has(before.spec.nodeName ?? '') || forced.has(before.metadata.uid), `${name} is gone though nobody has heard of its node`)
      if (now && before && isLeaving(now) && !isLeaving(before) && quiet) {
        const out = [...pods.values()].filter((p) => !isReady(p)).length
        if (!parallel) stage.expect(out <= 1, `${out} pods out at once`)
      }
    })
    await cluster.client.create(statefulSet, { metadata: target, spec: {
      replicas, serviceName: 'db', podManagementPolicy: parallel ? 'Parallel' : 'OrderedReady', ...(start > 0 && { ordinals: { start } }), selector: { matchLabels: { app: 'db' } },
      ...(stage.chance(0.3) && { minReadySeconds: 5 }), template: template({ app: 'db' }) } })
    const change = (spec: object) => cluster.client.patch(statefulSet, target, 'strategic', { spec })
    for (let round = 0; round < 3; round++) {
      for (let n = 1 + stage.roll(4); n > 0; n--) {
        await meddle()
        await stage.pass(9_000)
      }
      await cluster.settle(10_000)
      await check()
    }
    async function meddle(): Promise<void> {
      const what = stage.roll(6), all = [...pods.values()], victim = all[stage.roll(all.length)]
      stage.note(`the user does ${what}`)
      if (what === 0) { most = Math.max(most, replicas = stage.roll(6)); meddled = stage.now; await change({ replicas }) }
      else if (what === 1 && victim) {
        meddled = stage.now
        if (stage.chance(0.3)) forced.add(victim.metadata.uid)
        await stage.attempt(cluster.client.delete(pod, victim.metadata, { uid: victim.metadata.uid, ...(forced.has(victim.metadata.uid) && { gracePeriodSeconds: 0 }) }))
      } else if (what === 2) {
        const node = `node-${1 + stage.roll(3)}`
        stage.note(`${node} is cut off`)
        silent.add(node)
        cluster.nodes.cutOff(node)
        await stage.pass(800_000)
        silent.delete(node)
        meddled = stage.now
        await cluster.nodes.reconnect(node)
      } else if (what === 3) { partition = stage.roll(3); await change({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } } }) }
      else { image++; await change({ template: { spec: { containers: [{ name: 'c', image: `web:${image}` }] } } }) }
    }
    async function check(): Promise<void> {
      const set = await cluster.client.get(statefulSet, target), all = [...pods.values()].sort((a, b) => ordinalOf(a) - ordinalOf(b))
      const said = `${all.map((p) => `${p.metadata.name} ${p.status.phase} ${imageOf(p)}`).join(', ')}; ${JSON.stringify(set.status)}`
      stage.expect(all.map(ordinalOf).join() === Array.from({ length: replicas }, (_, i) => start + i).join(), `ordinals ${start}..${start + replicas - 1} at rest: ${said}`)
      stage.expect(all.every(isReady), `all ready at rest: ${said}`)
      stage.expect(all.every((p) => ordinalOf(p) - start < partition || imageOf(p) === `web:${image}`), `all above ${partition} of web:${image}: ${said}`)
      stage.expect(set.status.replicas === replicas && (set.status.readyReplicas ?? 0) === replicas && (set.status.availableReplicas ?? 0) === replicas && set.status.observedGeneration === set.metadata.generation, `the status says so: ${said}`)
    }
  },
}
