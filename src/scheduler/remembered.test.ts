import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import { seeded } from '#machinery'
import { Cycle } from './cycle-state.ts'
import { explainRefusals } from './message.ts'
import { RefusedNodes } from './refused-nodes.ts'
import { fits } from './search.ts'
import { unresolvable } from './status.ts'
import { podInfoOf } from './pod-info.ts'
import { asks, nodeOf, podOf, StillCluster } from './still-cluster.ts'

const taint = { taints: [{ key: 'x', effect: 'NoSchedule' }] }
const kinds: (() => Pod)[] = [
  () => podOf(asks({ cpu: '1' })), () => podOf(asks({ cpu: '2' }, { priority: 5 })), () => podOf(asks({ memory: '3Gi' }, { tolerations: [{ operator: 'Exists' }] })), () => podOf({ nodeSelector: { disk: 'ssd' } }),
  () => podOf({ containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort: 80 }] }] }), () => podOf(asks({ cpu: '3' }, { priority: 10 })),
]

for (const seed of [1, 2, 3, 4, 5])
  test(`what is remembered of nodes is what one would find out anew (SEED=${seed})`, async () => {
    const dice = seeded(seed * 7919), roll = (below: number) => Math.floor(dice() * below), names = ['a', 'b', 'c', 'd', 'e', 'f']
    const cluster = new StillCluster(names.map((name) => nodeOf(name))), placed: Pod[] = []
    let remembered = 0, again = 0
    for (let turn = 0; turn < 300; turn++) {
      const name = names[roll(names.length)]!
      switch (roll(8)) {
        case 0: cluster.nodes.setNode(nodeOf(name, { labels: roll(2) ? { disk: 'ssd' } : {}, spec: roll(2) ? taint : {}, allocatable: { cpu: String(2 + roll(4)) } }).node); break
        case 1: cluster.nodes.removeNode(name); break
        case 2: { const pod = placed.splice(roll(placed.length), 1)[0]; if (pod) cluster.nodes.displace(pod.metadata.uid); break }
        case 3: cluster.nominator.set(podInfoOf(kinds[roll(kinds.length)]!()), name); break
      }
      const pod = kinds[roll(3) ? 5 : roll(kinds.length)]!(), cycle = new Cycle(podInfoOf(pod)), found = await cluster.find(pod, cycle), known = cluster.profile.answers.of(cycle.localSignature)
      if (cluster.profile.rounds.get(cycle.localSignature) && cluster.nodes.list.length > 0) again++
      const anew = cluster.nodes.list.flatMap((node) => { const answer = fits(cycle, node, cluster); return answer ? [[node, answer] as const] : [] }), expected = new RefusedNodes()
      for (const [node, { status, by }] of anew) expected.set(node, status, by)
      if (found.node) assert.deepEqual([found.feasible, anew.some(([node]) => node === found.node)], [cluster.nodes.list.length - anew.length, false])
      else if (found.nodes > 0 && !found.nowhere) {
        assert.equal(explainRefusals(found), explainRefusals({ ...expected, others: unresolvable(), nodes: found.nodes }))
        assert.deepEqual([new Set(found.byNode.keys()), new Set(found.resolvable), found.refusedBy], [new Set(expected.byNode.keys()), new Set(expected.resolvable), new Set(expected.refusedBy.keys())])
      }
      for (const node of cluster.nodes.list) {
        const held = known.of(node)
        if (!held) continue
        remembered++
        assert.deepEqual(held.status, fits(cycle, node, cluster, cycle.local)?.status)
      }
      if (found.node) { placed.push(pod); cluster.nodes.place(podInfoOf(pod), found.node.name) }
      else if (found.nodes > 0) await cluster.profile.postFilter(cycle, found)
      for (const node of cluster.nodes.list) {
        const sum = [...node.pods.values()].reduce((n, p) => n + p.requests.cpu, 0)
        assert.equal(node.requested.cpu, sum, 'trying leaves nothing behind')
      }
    }
    assert.ok(remembered > 100)
    assert.ok(again > 20)
  })
