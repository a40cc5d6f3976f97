import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod, Taint, Toleration } from '#kinds'
import { pace, zoneOf } from './disruption.ts'
import { silenced, silentAt } from './health.ts'
import { taintsOf, type Eviction } from './taints.ts'
import { evictedAt } from './tolerations.ts'

const start = Date.UTC(2030, 0, 1), at = (ms: number) => new Date(ms).toISOString().replace('.000', '')
/** Conditions as "Ready=True"; "off" for unschedulable; taints as "key:effect". */
function nodeOf(words: string, more: { zone?: string } = {}): Node {
  const all = words.split(' ').filter(Boolean), conditions = all.filter((w) => w.includes('=')).map((w) => ({ type: w.split('=')[0]!, status: w.split('=')[1]! }))
  const taints: Taint[] = all.filter((w) => w.includes(':')).map((w) => ({ key: w.split(':')[0]!, effect: w.split(':')[1]! }))
  return {
    apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', uid: 'n', resourceVersion: '1', creationTimestamp: at(start), labels: { 'topology.kubernetes.io/zone': more.zone ?? 'z' } },
    spec: { ...(taints.length > 0 && { taints }), ...(all.includes('off') && { unschedulable: true }) }, status: { conditions },
  } as unknown as Node
}
const prefix = 'node.kubernetes.io/'
const taintCases: [promise: string, node: string, eviction: Eviction, expected: string][] = [
  ['a ready node has none', 'Ready=True', 'no', ''],
  ['of a node that says nothing nothing is known', '', 'no', ''],
  ['what admission gave a new node goes when it says nothing', `${prefix}not-ready:NoSchedule`, 'no', ''],
  ['a node that says it is not ready', 'Ready=False', 'yes', 'not-ready:NoSchedule not-ready:NoExecute'],
  ['a silent node is unreachable', 'Ready=Unknown', 'yes', 'unreachable:NoSchedule unreachable:NoExecute'],
  ['pods are not driven off yet while the zone is in trouble', 'Ready=Unknown', 'wait', 'unreachable:NoSchedule'],
  ['what has been decided stays meanwhile', `Ready=Unknown ${prefix}unreachable:NoExecute`, 'wait', 'unreachable:NoExecute unreachable:NoSchedule'],
  ['a node that is back loses its taints', `Ready=True ${prefix}unreachable:NoExecute ${prefix}unreachable:NoSchedule`, 'no', ''],
  ['a cordoned node', 'Ready=True off', 'no', 'unschedulable:NoSchedule'],
  ['pressure', 'Ready=True MemoryPressure=True DiskPressure=False', 'no', 'memory-pressure:NoSchedule'],
  ['taints of others stay', `Ready=True mine:NoExecute`, 'no', 'mine:NoExecute'],
]
for (const [promise, words, eviction, expected] of taintCases)
  test(`taints: ${promise}`, () => {
    assert.equal((taintsOf(nodeOf(words), eviction, start) ?? nodeOf(words).spec.taints ?? []).map((taint) => `${taint.key.replace(prefix, '')}:${taint.effect}`).join(' '), expected)
  })
test('a node whose taints are right is left alone', () => {
  for (const words of ['Ready=True', 'Ready=True mine:NoExecute', `Ready=True off ${prefix}unschedulable:NoSchedule`]) assert.equal(taintsOf(nodeOf(words), 'no', start), undefined)
})

test('a node is silent after its grace period, a new one after a minute', () => {
  const grace = { usual: 50_000, startup: 60_000 }
  assert.equal(silentAt(nodeOf('Ready=True'), { status: start + 5000 }, grace), start + 55_000)
  assert.equal(silentAt(nodeOf('Ready=True'), { status: start + 5000, lease: start + 7000 }, grace), start + 57_000)
  assert.equal(silentAt(nodeOf(''), { status: start + 5000 }, grace), start + 60_000)
})
test('a node that renews its lease lives, also when it has never told its status', () => {
  assert.equal(silentAt(nodeOf(''), { status: start + 5000, lease: start + 40_000 }, { usual: 50_000, startup: 60_000 }), start + 100_000)
})
test('what is known of a silent node becomes unknown, with the reason', () => {
  const conditions = silenced(nodeOf('Ready=True MemoryPressure=False'), start)
  assert.deepEqual(conditions.map((c) => `${c.type} ${c.status} ${c.reason ?? ''}`), ['Ready Unknown NodeStatusUnknown', 'MemoryPressure Unknown NodeStatusUnknown', 'DiskPressure Unknown NodeStatusNeverUpdated', 'PIDPressure Unknown NodeStatusNeverUpdated'])
})

const nodes = (up: number, down: number, zone = 'z') => [...Array.from({ length: up }, () => nodeOf('Ready=True', { zone })), ...Array.from({ length: down }, () => nodeOf('Ready=Unknown', { zone }))]
test('one node after the other is emptied, slowly in a large zone that is partly down, none in a small one', () => {
  assert.equal(pace(':\0:z', nodes(2, 1)), 10_000)
  assert.equal(pace(':\0:z', nodes(2, 3)), undefined)
  assert.equal(pace(':\0:z', nodes(20, 40)), 100_000)
})
test('a whole zone that is down is emptied, but nothing is when everything is down', () => {
  assert.equal(pace(':\0:z', [...nodes(0, 4), ...nodes(2, 0, 'other')]), 10_000)
  assert.equal(pace(':\0:z', nodes(0, 4)), undefined)
})
test('rates are settings; none of a rate of nothing', () => {
  const rates = { usual: 1, slow: 0.1, partly: 0.5, largeZone: 5 }
  assert.equal(pace(':\0:z', nodes(2, 1), rates), 1000)
  assert.equal(pace(':\0:z', nodes(3, 3), rates), 10_000)
  assert.equal(pace(':\0:z', nodes(2, 1), { ...rates, usual: 0 }), undefined)
})
test('nodes that are excluded from disruption do not count', () => {
  const out = nodes(6, 0).map((n) => ({ ...n, metadata: { ...n.metadata, labels: { ...n.metadata.labels, 'node.kubernetes.io/exclude-disruption': '' } } }))
  assert.equal(pace(':\0:z', [...out, ...nodes(0, 2)]), undefined)
  assert.equal(pace(':\0:z', [...out, ...nodes(2, 3)]), undefined)
})
test('zones have labels of old too', () => {
  assert.equal(zoneOf({ ...nodeOf(''), metadata: { ...nodeOf('').metadata, labels: { 'failure-domain.beta.kubernetes.io/zone': 'a', 'failure-domain.beta.kubernetes.io/region': 'r' } } }), 'r:\0:a')
})

const taint = (key: string, value = '', timeAdded = at(start)): Taint => ({ key, effect: 'NoExecute', timeAdded, ...(value && { value }) })
const evictions: [promise: string, tolerations: Toleration[], taints: Taint[], expectedSeconds: number | undefined][] = [
  ['at once when it does not tolerate a taint', [], [taint('k')], 30],
  ['never when it tolerates all of them', [{ operator: 'Exists' }], [taint('k')], undefined],
  ['after its toleration seconds, counted from now', [{ key: 'k', operator: 'Exists', tolerationSeconds: 300 }], [taint('k')], 330],
  ['after the seconds of the first toleration that fits', [{ key: 'k', operator: 'Exists', tolerationSeconds: 300 }, { key: 'k', operator: 'Exists', tolerationSeconds: 60 }], [taint('k')], 330],
  ['never when the first that fits has no seconds', [{ operator: 'Exists' }, { key: 'k', operator: 'Exists', tolerationSeconds: 60 }], [taint('k')], undefined],
  ['after the shortest time of several taints', [{ key: 'k', operator: 'Exists', tolerationSeconds: 300 }, { key: 'l', operator: 'Exists', tolerationSeconds: 60 }], [taint('k'), taint('l')], 90],
  ['at once when one taint of several is not tolerated', [{ key: 'k', operator: 'Exists' }], [taint('k'), taint('l')], 30],
  ['at once when the value is another', [{ key: 'k', operator: 'Equal', value: 'a' }], [taint('k', 'b')], 30],
  ['not because of taints that only keep pods away', [], [{ key: 'k', effect: 'NoSchedule' }], undefined],
]
for (const [promise, tolerations, taints, expected] of evictions)
  test(`a pod is driven off ${promise}`, () => {
    const pod = { metadata: { creationTimestamp: at(start - 1000) }, spec: { tolerations } } as unknown as Pod
    const when = evictedAt(pod, taints, start + 30_000)
    assert.equal(when === undefined ? undefined : (when - start) / 1000, expected)
  })
