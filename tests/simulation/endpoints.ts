import { deployment, endpoints as endpointsKind, endpointSlice, pod, service } from '#kinds'
import { isReady, template } from './pods.ts'
import type { Scenario } from './stage.ts'

export const endpoints: Scenario = {
  name: 'endpoints',
  promise: 'endpoint slices end with the ready pods, each once',
  async play(stage) {
    const { cluster } = stage, { client } = cluster, names = ['a', 'b']
    const pods = stage.follow(pod), slices = stage.follow(endpointSlice, ({ now }) => {
      stage.expect(!now || (now.endpoints ?? []).length <= 100, 'a slice of more than 100')
    })
    for (const name of names) await client.create(deployment, { metadata: { name, namespace: 'default' }, spec: { replicas: 1 + stage.roll(5), selector: { matchLabels: { app: name } }, template: template({ app: name }) } })
    for (const [name, selector] of [['one', { app: 'a' }], ['other', { app: 'b' }]] as const) await client.create(service, { metadata: { name, namespace: 'default' }, spec: { selector, ports: [{ port: 80 }] } })
    for (let round = 0; round < 3; round++) {
      for (let n = 1 + stage.roll(5); n > 0; n--) {
        const all = [...pods.values()], one = all[stage.roll(all.length)], what = stage.roll(6), name = names[stage.roll(2)]!
        stage.note(`the user does ${what}`)
        if (what === 0) await client.patch(deployment, { name, namespace: 'default' }, 'merge', { spec: { replicas: stage.roll(9) } })
        else if (what === 1 && one) await stage.attempt(client.delete(pod, one.metadata))
        else if (what === 2 && one?.status.podIP) await stage.attempt(client.patch(pod, one.metadata, 'strategic', { metadata: { uid: one.metadata.uid }, status: { conditions: [{ type: 'Ready', status: isReady(one) ? 'False' : 'True' }] } }, { subresource: 'status' }))
        else if (what === 3) await client.patch(service, { name: 'one', namespace: 'default' }, 'merge', { spec: { selector: { app: name } } })
        else if (what === 4) { await stage.attempt(client.delete(service, { name: 'other', namespace: 'default' })); await stage.pass(1_000); await client.create(service, { metadata: { name: 'other', namespace: 'default' }, spec: { selector: { app: name }, ports: [{ port: 80 }] } }) }
        else if (one) await stage.attempt(client.patch(pod, one.metadata, 'merge', { metadata: { labels: { app: name } } }))
        await stage.pass(4_000, { jump: 0 })
      }
      await cluster.settle(6_000)
      for (const name of ['one', 'other']) {
        const { spec } = await client.get(service, { name, namespace: 'default' }), app = (spec as { selector?: Record<string, string> }).selector?.['app']
        const wanted = [...pods.values()].filter((p) => p.metadata.labels?.['app'] === app && isReady(p)).map((p) => p.status.podIP).sort().join()
        const found = [...slices.values()].filter((s) => s.metadata.labels?.['kubernetes.io/service-name'] === name).flatMap((s) => (s.endpoints ?? []).filter((e) => e.conditions?.ready).flatMap((e) => e.addresses)).sort().join()
        stage.expect(found === wanted, `${name}: slices have ${found}, pods ${wanted}`)
        const { subsets = [] } = await client.get(endpointsKind, { name, namespace: 'default' }), listed = subsets.flatMap((s) => (s.addresses ?? []).map(({ ip }) => ip)).sort().join()
        stage.expect(listed === wanted, `${name}: endpoints have ${listed}, pods ${wanted}`)
      }
    }
  },
}
