import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Endpoint, EndpointSlice, Service, ServiceSpec } from '#kinds'
import { frontendKey, type Frontend } from '../dataplane/dataplane.ts'
import { planService } from './plan.ts'

const metadata = { namespace: 'demo', uid: 'u', resourceVersion: '1', creationTimestamp: '2030-01-01T00:00:00Z' }
const here = { name: 'node-1', zone: 'a' }
const http = { name: 'http', port: 80, protocol: 'TCP' }

const service = (spec: Partial<ServiceSpec>, more: Partial<Service> = {}): Service =>
  ({ apiVersion: 'v1', kind: 'Service', metadata: { ...metadata, name: 'web' }, spec: { type: 'ClusterIP', clusterIP: '10.96.1.1', clusterIPs: ['10.96.1.1'], ports: [http], ...spec }, ...more }) as Service

const slice = (endpoints: readonly Partial<Endpoint>[], more: Partial<EndpointSlice> = {}): EndpointSlice =>
  ({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { ...metadata, name: 'web-x' }, addressType: 'IPv4', ports: [{ name: 'http', port: 8080, protocol: 'TCP' }], endpoints, ...more }) as EndpointSlice

const at = (last: number, node = 'node-1', conditions: Endpoint['conditions'] = { ready: true }, more: Partial<Endpoint> = {}): Partial<Endpoint> =>
  ({ addresses: [`10.244.0.${last}`], nodeName: node, conditions, ...more })

const frontendsOf = (...args: Parameters<typeof planService>): Record<string, Frontend> =>
  Object.fromEntries(planService(...args).frontends.map((frontend) => [frontendKey(frontend), frontend]))
const vip = '10.96.1.1 TCP 80'
const backends = (endpoints: readonly Partial<Endpoint>[], spec: Partial<ServiceSpec> = {}) => frontendsOf(service(spec), [slice(endpoints)], here)[vip]?.backends

describe('planService', () => {
  test('a service is its address and port, with the endpoints at the port that they listen on', () => {
    assert.deepEqual(planService(service({}), [slice([at(1), at(2, 'node-2')])], here), {
      frontends: [{ service: 'demo/web:http', address: '10.96.1.1', protocol: 'TCP', port: 80, affinitySeconds: 0, backends: ['10.244.0.1:8080', '10.244.0.2:8080'], whenEmpty: 'drop', masquerade: false }],
      local: ['10.244.0.1'],
    })
  })

  const leaving = { ready: false, serving: true, terminating: true }
  const cases: [string, readonly Partial<Endpoint>[], Partial<ServiceSpec>, string[]][] = [
    ['ready endpoints, and not the others', [at(1), at(2, 'node-1', { ready: false })], {}, ['1']],
    ['an endpoint that says nothing is ready', [at(1, 'node-1', {})], {}, ['1']],
    ['those that still serve while they end, when no other is left', [at(1, 'node-1', leaving), at(2, 'node-2', { ready: false, serving: false, terminating: true })], {}, ['1']],
    ['but not beside a ready one', [at(1, 'node-1', leaving), at(2)], {}, ['2']],
    ['only the node\'s own, when internal traffic is local', [at(1), at(2, 'node-2')], { internalTrafficPolicy: 'Local' }, ['1']],
    ['none, when the node has none', [at(2, 'node-2')], { internalTrafficPolicy: 'Local' }, []],
    ['those that end on this node before ready ones elsewhere, when internal traffic is local', [at(1, 'node-1', leaving), at(2, 'node-2')], { internalTrafficPolicy: 'Local' }, ['1']],
    ['those meant for the zone', [at(1, 'node-1', {}, { hints: { forZones: [{ name: 'b' }] } }), at(2, 'node-2', {}, { hints: { forZones: [{ name: 'a' }] } })], {}, ['2']],
    ['those meant for the node before those for the zone', [at(1, 'node-1', {}, { hints: { forZones: [{ name: 'a' }], forNodes: [{ name: 'node-2' }] } }), at(2, 'node-2', {}, { hints: { forZones: [{ name: 'b' }], forNodes: [{ name: 'node-1' }] } })], {}, ['2']],
    ['all of them, when one has no hint', [at(1, 'node-1', {}, { hints: { forZones: [{ name: 'b' }] } }), at(2, 'node-2')], {}, ['1', '2']],
    ['all of them, when no hint is for us', [at(1, 'node-1', {}, { hints: { forZones: [{ name: 'c' }] } }), at(2, 'node-2', {}, { hints: { forZones: [{ name: 'b' }] } })], {}, ['1', '2']],
  ]
  for (const [name, endpoints, spec, expected] of cases) test(`endpoints: ${name}`, () => { assert.deepEqual(backends(endpoints, spec), expected.map((last) => `10.244.0.${last}:8080`)) })

  test('with nothing anywhere a service refuses; with something elsewhere that it must not use, it drops', () => {
    assert.equal(frontendsOf(service({ internalTrafficPolicy: 'Local' }), [slice([])], here)[vip]?.whenEmpty, 'reject')
    assert.equal(frontendsOf(service({ internalTrafficPolicy: 'Local' }), [slice([at(2, 'node-2')])], here)[vip]?.whenEmpty, 'drop')
  })

  test('slices count by the name and the protocol of their port, an endpoint in two of them once, and only IPv4', () => {
    const slices = [
      slice([at(1, 'node-1', { ready: false }), at(3)]), slice([at(1)]), slice([at(4)], { ports: [{ name: 'other', port: 8080, protocol: 'TCP' }] }),
      slice([at(5)], { ports: [{ name: 'http', port: 8080, protocol: 'UDP' }] }), slice([{ addresses: ['fd00::1'], conditions: {} }], { addressType: 'IPv6' }),
    ]
    assert.deepEqual(frontendsOf(service({}), slices, here)[vip]?.backends, ['10.244.0.1:8080', '10.244.0.3:8080'])
  })

  const nothing: [string, Service][] = [
    ['headless', service({ clusterIP: 'None', clusterIPs: ['None'] })],
    ['without an address yet', service({ clusterIP: '', clusterIPs: [] })],
    ['an external name', service({ type: 'ExternalName', externalName: 'example.com' })],
    ['another proxy\'s', { ...service({}), metadata: { ...metadata, name: 'web', labels: { 'service.kubernetes.io/service-proxy-name': 'x' } } }],
  ]
  for (const [name, value] of nothing) test(`nothing is planned for a service that is ${name}`, () => { assert.deepEqual(planService(value, [slice([at(1)])], here), { frontends: [], local: [] }) })

  test('a node port is reached on every node with the node\'s address, or on nodes with endpoints with the client\'s', () => {
    const spec = { type: 'NodePort', ports: [{ ...http, nodePort: 30080 }] }
    const both = [slice([at(1), at(2, 'node-2')])]
    const cluster = frontendsOf(service(spec), both, here)['* TCP 30080']
    assert.deepEqual([cluster?.backends.length, cluster?.masquerade, cluster?.outside], [2, true, undefined])
    const local = frontendsOf(service({ ...spec, externalTrafficPolicy: 'Local' }), both, here)['* TCP 30080']
    assert.deepEqual([local?.backends.length, local?.masquerade, local?.outside], [2, false, ['10.244.0.1:8080']])
  })

  test('a load balancer\'s addresses are served here, but not those that another proxy ends', () => {
    const value = service({ type: 'LoadBalancer', externalIPs: ['198.51.100.1'], loadBalancerSourceRanges: ['10.1.0.0/16', '10.1.2.0/24', ' 192.0.2.0/24', '2001:db8::/32'] },
      { status: { loadBalancer: { ingress: [{ ip: '198.51.100.2' }, { ip: '198.51.100.3', ipMode: 'Proxy' }, { hostname: 'lb.example.com' }] } } } as Partial<Service>)
    const frontends = frontendsOf(value, [slice([at(1)])], here)
    assert.deepEqual(Object.keys(frontends), [vip, '198.51.100.1 TCP 80', '198.51.100.2 TCP 80'])
    assert.deepEqual(frontends['198.51.100.2 TCP 80']?.sources, ['10.1.0.0/16', '192.0.2.0/24'])
    assert.equal(frontends['198.51.100.1 TCP 80']?.sources, undefined)
  })

  test('a load balancer that keeps client addresses is told how many endpoints are ready here', () => {
    const value = service({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 })
    assert.deepEqual(planService(value, [slice([at(1), at(2), at(3, 'node-1', { ready: false }), at(4, 'node-2')])], here).health, { port: 32000, ready: 2 })
  })

  test('session affinity lasts three hours unless said otherwise', () => {
    assert.equal(frontendsOf(service({ sessionAffinity: 'ClientIP' }), [], here)[vip]?.affinitySeconds, 10_800)
    assert.equal(frontendsOf(service({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }), [], here)[vip]?.affinitySeconds, 60)
  })
})
