import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ipAddress, service, serviceCIDR, type Node, type Service } from '#kinds'
import { is, type New } from '#machinery'
import { TestCluster } from '#testing'
import { publicEndpoints } from './public-endpoints.ts'
import { choose } from './service-load-balancer.ts'
import { mayGo } from './service-cidr.ts'
import { addressesOf, containsAddress, containsRange } from './service-ranges.ts'
import { verdict } from './legacy-serviceaccount-token-cleaner.ts'

const balanced = (name: string, more: object = {}) => ({ metadata: { name, namespace: 'default' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }], selector: { app: name }, ...more } }) as unknown as New<Service> // allowed: the rest has defaults
const shown = ({ metadata, status }: Service) => [status.loadBalancer.ingress?.[0]?.ip, metadata.finalizers]
const mark = ['service.kubernetes.io/load-balancer-cleanup']

test('a service of type LoadBalancer has an address of the pool until it is none any more', async () => {
  await using cluster = await TestCluster.start({ controllers: ['service-lb'], scheduler: false, controllersOptions: { loadBalancerPool: ['192.0.2.0/30'] } })
  const { client } = cluster, at = (name: string) => client.get(service, { name, namespace: 'default' })
  for (const name of ['a', 'b', 'c']) await client.create(service, balanced(name))
  await client.create(service, balanced('other', { loadBalancerClass: 'example.com/own' }))
  await cluster.settle()
  assert.deepEqual([shown(await at('a')), shown(await at('b')), shown(await at('c')), shown(await at('other'))],
    [['192.0.2.1', mark], ['192.0.2.2', mark], [undefined, mark], [undefined, undefined]])
  await client.patch(service, { name: 'a', namespace: 'default' }, 'merge', { spec: { type: 'ClusterIP' } })
  await client.delete(service, { name: 'b', namespace: 'default' })
  await cluster.settle()
  assert.deepEqual(shown(await at('a')), [undefined, undefined])
  await assert.rejects(at('b'), (error) => is(error, 'NotFound'))
  assert.match((await at('c')).status.loadBalancer.ingress![0]!.ip!, /^192\.0\.2\.[12]$/)
})

const pool = ['10.0.0.0/24'], asking = (loadBalancerIP: string) => ({ ...balanced('a', { loadBalancerIP }), status: { loadBalancer: {} } }) as unknown as Service // allowed: what is read of it
test('an address that is asked for is given, or it is said why not', () => {
  assert.equal(choose(asking('10.0.0.7'), pool, () => false), '10.0.0.7')
  assert.throws(() => choose(asking('10.0.0.7'), pool, () => true), /10\.0\.0\.7 is another service's/)
  assert.throws(() => choose(asking('10.1.0.7'), pool, () => false), /10\.1\.0\.7 is not in the pool of addresses \(10\.0\.0\.0\/24\)/)
})

test('where the outside reaches a service is written down at it', () => {
  const nodes = ['10.0.0.2', '10.0.0.1'].map((address) => ({ metadata: { name: address }, status: { addresses: [{ type: 'InternalIP', address }] } })) as unknown as Node[] // allowed: what is read of it
  const of = (type: string, status: object = { loadBalancer: {} }) => publicEndpoints({ metadata: { name: 'a', namespace: 'n' }, spec: { type, ports: [{ port: 80, protocol: 'TCP', nodePort: 30080 }] }, status } as unknown as Service, nodes) // allowed: what is read of it
  assert.deepEqual(of('LoadBalancer', { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } }), [{ addresses: ['192.0.2.1'], port: 80, protocol: 'TCP', serviceName: 'n:a', allNodes: false }])
  assert.deepEqual(of('NodePort'), [{ addresses: ['10.0.0.1', '10.0.0.2'], port: 30080, protocol: 'TCP', serviceName: 'n:a', allNodes: true }])
  assert.deepEqual([of('ClusterIP'), of('LoadBalancer')], [[], []])
})

test('ranges hold what is in them', () => {
  for (const [cidr, address, expected] of [['10.0.0.0/8', '10.255.0.1', true], ['10.0.0.0/9', '10.128.0.1', false], ['fd00::/8', 'fd12::1', true], ['10.0.0.0/8', 'fd00::1', false], ['x', '10.0.0.1', false]] as const)
    assert.equal(containsAddress(cidr, address), expected, `${cidr} ${address}`)
  assert.deepEqual([containsRange('10.0.0.0/8', '10.1.0.0/16'), containsRange('10.1.0.0/16', '10.0.0.0/8')], [true, false])
  assert.deepEqual([[...addressesOf('10.0.0.8/30', 9)], [...addressesOf('10.0.0.8/32', 9)], [...addressesOf('10.0.0.0/8', 2)]], [['10.0.0.9', '10.0.0.10'], ['10.0.0.8'], ['10.0.0.1', '10.0.0.2']])
})

test('a second range gives addresses when it is ready, and stays as long as it holds some', async () => {
  await using cluster = await TestCluster.start({ controllers: ['service-cidr'], scheduler: false })
  const { client } = cluster
  await client.create(serviceCIDR, { metadata: { name: 'more' }, spec: { cidrs: ['10.200.0.0/28'] }, status: {} })
  await cluster.settle()
  const { metadata, status } = await client.get(serviceCIDR, { name: 'more' })
  assert.deepEqual([metadata.finalizers, status.conditions?.map(({ type, status: said, message }) => [type, said, message])], [['networking.k8s.io/service-cidr-finalizer'], [['Ready', 'True', 'Kubernetes Service CIDR is ready']]])
  const plain = { metadata: { name: 'a', namespace: 'default' }, spec: { clusterIP: '10.200.0.3', clusterIPs: ['10.200.0.3'], ports: [{ port: 80 }] } } as unknown as New<Service> // allowed: the rest has defaults
  await client.create(service, plain)
  await cluster.settle()
  await client.get(ipAddress, { name: '10.200.0.3' })
  await client.delete(serviceCIDR, { name: 'more' })
  await cluster.settle()
  assert.deepEqual((await client.get(serviceCIDR, { name: 'more' })).status.conditions?.map(({ status: said, reason, message }) => [said, reason, message]),
    [['False', 'Terminating', 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR']])
  await client.delete(service, { name: 'a', namespace: 'default' })
  await cluster.clock.advance('30s')
  await cluster.settle()
  await assert.rejects(client.get(serviceCIDR, { name: 'more' }), (error) => is(error, 'NotFound'))
  await assert.rejects(client.create(service, plain), /failed to allocate IP 10\.200\.0\.3: the provided network does not match the current range/)
})

test('a range may go when others hold its addresses', () => {
  const range = (name: string, ...cidrs: string[]) => ({ metadata: { name }, spec: { cidrs } }) as unknown as Parameters<typeof mayGo>[0] // allowed: what is read of it
  const inner = range('inner', '10.1.0.0/16'), outer = range('outer', '10.0.0.0/8'), beside = range('beside', '10.1.0.0/24')
  assert.equal(mayGo(inner, [inner, outer], ['10.1.2.3']), true)
  assert.equal(mayGo(inner, [inner, beside], ['10.1.0.3']), true)
  assert.equal(mayGo(inner, [inner, beside], ['10.1.2.3']), false)
  assert.equal(mayGo(inner, [inner], ['10.9.0.1']), true)
})

const day = 86_400_000, now = Date.UTC(2030, 0, 1), keepMs = 365 * day
for (const [what, labels, more, expected] of [
  ['never used', {}, {}, 'invalidate'], ['used long ago', { 'kubernetes.io/legacy-token-last-used': '2028-12-01' }, {}, 'invalidate'], ['used', { 'kubernetes.io/legacy-token-last-used': '2029-06-01' }, {}, 'keep'],
  ['an unreadable day', { 'kubernetes.io/legacy-token-last-used': 'x' }, {}, 'keep'], ['young', {}, { createdAt: now - day }, 'keep'], ['not watched for long enough', {}, { trackedSince: '2029-01-01' }, 'keep'],
  ['invalid for a while', { 'kubernetes.io/legacy-token-invalid-since': '2029-06-01' }, {}, 'keep'], ['invalid for long', { 'kubernetes.io/legacy-token-invalid-since': '2028-12-01' }, {}, 'delete'],
] as const) test(`a token in a Secret: ${what}`, () => { assert.equal(verdict({ now, createdAt: now - 3 * keepMs, trackedSince: '2027-01-01', keepMs, labels, ...more }), expected) })
