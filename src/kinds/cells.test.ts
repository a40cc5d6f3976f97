import assert from 'node:assert/strict'
import { test } from 'node:test'
import { written } from './as-written.ts'
import { endpoints } from './core/endpoints.ts'
import { node } from './core/node.ts'
import { ingressClass } from './networking/ingressclass.ts'
import { volumeAttributesClass } from './storage/volumeattributesclass.ts'
import { accessModes, containerColumns, labels, loadBalancer, selector, selectorText, since } from './cells.ts'

const now = Date.parse('2026-01-01T12:00:00Z')

test('ages are short, and unknown without a time', () => {
  for (const [time, shown] of [['2026-01-01T11:59:58Z', '2s'], ['2026-01-01T11:57:30Z', '2m30s'], ['2026-01-01T02:00:00Z', '10h'], ['2025-12-29T09:00:00Z', '3d3h'], [undefined, '<unknown>']] as const)
    assert.equal(since(time, now), shown)
})
test('labels are sorted, and none is a word', () => {
  assert.equal(labels({ b: '2', a: '1', B: '' }), 'B=,a=1,b=2')
  assert.equal(labels({}), '<none>')
})
test('selectors read as kubectl takes them', () => {
  const given = { matchLabels: { tier: 'web' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['y', 'x'] }, { key: 'b', operator: 'NotIn', values: ['z'] }, { key: 'c', operator: 'Exists' }, { key: 'd', operator: 'DoesNotExist' }] }
  assert.equal(selector(given as never), 'a in (x,y),b notin (z),c,!d,tier=web')
  assert.equal(selector({}), '<none>')
  assert.equal(selectorText(null), '')
})
test('access modes are short and always in the same order', () => {
  assert.equal(accessModes(['ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOnce']), 'RWO,RWX')
  assert.equal(accessModes(['ReadWriteOncePod', 'ReadOnlyMany']), 'ROX,RWOP')
  assert.equal(accessModes(undefined), '')
})
test('a load balancer is shown by its addresses, IPs before names', () => {
  assert.equal(loadBalancer({ ingress: [{ hostname: 'b.example' }, { ip: '192.0.2.2', hostname: 'x' }, { ip: '192.0.2.1' }, {}] }), '192.0.2.1,192.0.2.2,b.example')
})
test('wide columns of workloads name containers, images and the selector', () => {
  const columns = containerColumns((o: { spec: object }) => o as never, () => 'a=b')
  const cells = columns.map((c) => c.value({ spec: { containers: [{ name: 'a', image: 'x:1' }, { name: 'b', image: 'y' }] } }, now))
  assert.deepEqual(cells, ['a,b', 'x:1,y', 'a=b'])
})

const cell = (kind: any, body: object, column: string) => kind.columns.find((c: any) => c.name === column).value(written(kind, body), now) // allowed: tests look at any column
test('endpoints: without any, none ready, more than three', () => {
  const ips = (n: number) => Array.from({ length: n }, (_, i) => ({ ip: `10.0.0.${i + 1}` })), ports = [{ port: 80 }]
  for (const [subsets, shown] of [
    [undefined, '<none>'], [[{ notReadyAddresses: ips(2), ports }], ''], [[{ addresses: ips(2) }], '10.0.0.1,10.0.0.2'], [[{ addresses: [{ ip: 'fd00::1' }], ports }], '[fd00::1]:80'],
    [[{ addresses: ips(2), ports: [{ port: 80 }, { name: 'b', port: 81 }] }, { addresses: ips(1) }], '10.0.0.1:80,10.0.0.2:80,10.0.0.1:81 + 2 more...'],
  ] as const) assert.equal(cell(endpoints, { subsets }, 'Endpoints'), shown)
})
test('beside the kernel of a node stands its architecture', () => {
  const kernel = (nodeInfo: object) => cell(node, { metadata: { name: 'a' }, status: { nodeInfo } }, 'Kernel-Version')
  assert.deepEqual([kernel({ kernelVersion: '6.8.0', architecture: 'amd64' }), kernel({ kernelVersion: '6.8.0' }), kernel({})], ['6.8.0 (amd64)', '6.8.0', '<unknown>'])
})
test('a class that is the default says so', () => {
  const annotations = { 'volumeattributesclass.alpha.kubernetes.io/is-default-class': 'true' }
  assert.equal(cell(ingressClass, { metadata: { name: 'a', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } }, spec: {} }, 'Name'), 'a (default)')
  assert.equal(cell(ingressClass, { metadata: { name: 'a', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'yes' } }, spec: {} }, 'Name'), 'a')
  assert.equal(cell(volumeAttributesClass, { metadata: { name: 'a', annotations }, driverName: 'd' }, 'Name'), 'a (default)')
})
