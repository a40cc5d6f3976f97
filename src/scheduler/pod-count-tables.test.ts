import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '#kinds'
import { seeded } from '#machinery'
import type { NodeInfo } from './node-info.ts'
import { Nodes } from './nodes.ts'
import type { Counted } from './pod-count-tables.ts'
import { podInfoOf } from './pod-info.ts'

const nodeOf = (name: string, zone: string | undefined): Node => ({ metadata: { name, labels: { host: name, ...(zone !== undefined && { zone }) } }, spec: {}, status: {} }) as unknown as Node // allowed: the rest does not matter here
const podOf = (name: string, app: string): Pod => ({ metadata: { name, uid: name, namespace: 'n', labels: { app } }, spec: { containers: [] }, status: {} }) as unknown as Pod // allowed: the rest does not matter here
/** The pods of an app by a label of their nodes, and how often one of them was looked at. */
function counted(app: string, label: string) {
  const looks = { count: 0 }
  const description: Counted = { key: `${app} ${label}`, places: label, namespace: 'n', counts: (pod) => { looks.count++; return pod.labels['app'] === app }, place: ({ labels }) => labels[label] }
  return { description, looks }
}
const none = () => ({})

test('tables of as many workloads as there are are counted once, however many they are', () => {
  const nodes = new Nodes(none)
  nodes.setNode(nodeOf('a', 'z'))
  const all = Array.from({ length: 1500 }, (_, i) => counted(`app${i}`, 'zone'))
  all.forEach((_, i) => { nodes.place(podInfoOf(podOf(`p${i}`, `app${i}`)), 'a') })
  for (const { description } of all) assert.equal(nodes.counts.of(description).at('z'), 1)
  const looked = all.map(({ looks }) => looks.count)
  for (const { description } of all) assert.equal(nodes.counts.of(description).at('z'), 1)
  assert.deepEqual(all.map(({ looks }) => looks.count), looked)
})

test('tables of workloads that come and go are forgotten, those of the ones that stay are not', () => {
  const nodes = new Nodes(none), stays = counted('stays', 'zone')
  nodes.setNode(nodeOf('a', 'z'))
  nodes.place(podInfoOf(podOf('stays', 'stays')), 'a')
  nodes.counts.of(stays.description)
  let most = 0
  for (let i = 0; i < 5000; i++) {
    nodes.place(podInfoOf(podOf('p', `app${i}`)), 'a')
    for (const label of ['zone', 'host']) nodes.counts.of(counted(`app${i}`, label).description)
    nodes.displace('p')
    most = Math.max(most, nodes.counts.size)
  }
  const looked = stays.looks.count
  assert.ok(most <= 520, `${most} tables`)
  assert.equal(nodes.counts.of(stays.description).total, 1)
  assert.equal(stays.looks.count, looked)
})

test('whatever comes, moves and goes, tables say what counting would', () => {
  const random = seeded(5), nodes = new Nodes(none), pick = (n: number) => Math.floor(random() * n), apps = ['x', 'y'], labels = ['zone', 'host'], there = new Map<string, string>()
  const zones = ['z1', 'z2', 'z3', undefined]
  for (let step = 0; step < 3000; step++) {
    const name = `n${pick(8)}`, pod = `p${pick(30)}`
    switch (pick(6)) {
      case 0: nodes.setNode(nodeOf(name, zones[pick(4)])); break
      case 1: if (pick(4) === 0) nodes.removeNode(name); break
      case 2: nodes.displace(pod); there.delete(pod); break
      default: nodes.place(podInfoOf(podOf(pod, apps[pick(2)]!)), name)
    }
    const app = apps[pick(2)]!, label = labels[pick(2)]!, table = nodes.counts.of(counted(app, label).description), places = new Map<string, number>()
    const matching = (info: NodeInfo) => [...info.pods.values()].filter((p) => p.labels['app'] === app).length
    for (const info of nodes.list) {
      const place = info.labels[label]
      assert.equal(table.on(info), place === undefined ? 0 : matching(info))
      if (place !== undefined) places.set(place, (places.get(place) ?? 0) + matching(info))
    }
    for (const [place, pods] of places) assert.equal(table.at(place), pods)
    const all = [...places.values()]
    assert.deepEqual([table.total, table.places.size, table.least], [all.reduce((sum, n) => sum + n, 0), places.size, places.size === 0 ? 0 : Math.min(...all)])
  }
})
