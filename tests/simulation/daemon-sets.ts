import { daemonSet, node, pod, type Node, type Pod } from '#kinds'
import { imageOf, isActive, isReady, template } from './pods.ts'
import type { Scenario } from './stage.ts'

const target = { name: 'agent', namespace: 'default' }
const nodeOf = (p: Pod): string => p.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0] ?? p.spec.nodeName ?? ''
const revisionOf = (p: Pod): string => p.metadata.labels?.['controller-revision-hash'] ?? ''

export const daemonSets: Scenario = {
  name: 'daemonset',
  promise: 'a DaemonSet never has two pods of one generation on a node',
  async play(stage) {
    const { cluster } = stage, surge = stage.chance(0.4) ? 1 : 0
    let image = 1, added = 3
    const pods = stage.follow(pod, ({ now, before }) => {
      const p = now ?? before!
      stage.note(`${p.metadata.name} on ${nodeOf(p)} ${!now ? 'gone' : !before ? 'made' : p.metadata.deletionTimestamp ? 'leaving' : ''} ${p.status.phase ?? ''} ${isReady(p) ? 'ready' : ''} ${imageOf(p)}`)
      if (!now) return
      const there = [...pods.values()].filter((other) => nodeOf(other) === nodeOf(now) && isActive(other))
      stage.expect(there.length <= 1 + surge, `${there.length} pods on ${nodeOf(now)}`)
      stage.expect(new Set(there.map(revisionOf)).size === there.length, `two pods of one generation on ${nodeOf(now)}`)
    })
    const nodes = stage.follow(node), wanted = (n: Node) => n.metadata.labels?.['skip'] === undefined
    await cluster.client.create(daemonSet, { metadata: target, spec: { selector: { matchLabels: { app: 'agent' } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: surge ? { maxSurge: 1, maxUnavailable: 0 } : { maxUnavailable: 1 + stage.roll(2) } },
      template: template({ app: 'agent' }, 'web:1', { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }] }] } } } }) } })
    for (let round = 0; round < 3; round++) {
      for (let n = 1 + stage.roll(4); n > 0; n--) {
        const all = [...nodes.values()], one = all[stage.roll(all.length)]!, victims = [...pods.values()], victim = victims[stage.roll(victims.length)], what = stage.roll(6)
        stage.note(`the user does ${what} (${one.metadata.name})`)
        if (what === 0) await cluster.nodes.add(`node-${++added}`)
        else if (what === 1) await cluster.client.patch(node, one.metadata, 'merge', { metadata: { labels: { skip: wanted(one) ? 'yes' : null } } })
        else if (what === 2) await cluster.client.patch(node, one.metadata, 'merge', { spec: { unschedulable: !one.spec.unschedulable } })
        else if (what === 3 && victim) await stage.attempt(cluster.client.delete(pod, victim.metadata))
        else { image++; await cluster.client.patch(daemonSet, target, 'strategic', { spec: { template: { spec: { containers: [{ name: 'c', image: `web:${image}` }] } } } }) }
        await stage.pass(6_000, { jump: 0 })
      }
      await cluster.settle(10_000)
      const set = await cluster.client.get(daemonSet, target), here = [...pods.values()], ready = [...nodes.values()].filter(wanted)
      const said = `${here.map((p) => `${p.metadata.name} ${nodeOf(p)} ${p.status.phase} ${imageOf(p)}`).join(', ')}; ${JSON.stringify(set.status)}`
      stage.expect(here.map(nodeOf).sort().join() === ready.map((n) => n.metadata.name).sort().join(), `one on each of ${ready.map((n) => n.metadata.name).join()} at rest: ${said}`)
      stage.expect(here.every((p) => isReady(p) && imageOf(p) === `web:${image}`), `all ready, all web:${image}: ${said}`)
      stage.expect(set.status.numberAvailable === ready.length && set.status.updatedNumberScheduled === ready.length && set.status.observedGeneration === set.metadata.generation || ready.length === 0, `the status says so: ${said}`)
    }
  },
}
