import assert from 'node:assert/strict'
import { test } from 'node:test'
import { service, type Service } from '#kinds'
import { ApiError, seeded, type LooseObject } from '#machinery'
import { Metrics } from '../metrics/metrics.ts'
import type { Change, ObjectReader } from '../object-reader.ts'
import { formatIPv4, nthAddress, parseCidr, parseIPv4 } from './addresses.ts'
import { ServiceAllocation } from './allocation.ts'

function allocation(size = '/24') {
  let tell: (change: Change<any>) => void = () => {} // allowed: the reader's callback is generic
  const objects = { get: () => undefined, list: () => [], follow: (_: unknown, seen: typeof tell) => { tell = seen; return () => {} } } as ObjectReader
  const it = new ServiceAllocation({ ranges: { addresses: parseCidr(`10.0.0.0${size}`), nodePorts: { first: 30000, last: 30009 } }, objects, random: seeded(1) })
  const write = (name: string, spec: object, old?: LooseObject): LooseObject | string => {
    const object = { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'd', uid: name, resourceVersion: '', creationTimestamp: '' }, spec: structuredClone(spec), status: {} } as LooseObject
    try {
      const done = it.begin(object, old, objects, false)
      if (old) service.rules.prepareUpdate!(object as Service, old as Service, undefined, 0)
      tell({ object, old })
      done(true)
      return object
    } catch (error) { if (error instanceof ApiError) return error.message; throw error }
  }
  return { it, write, remove: (old: LooseObject) => tell({ object: undefined, old }) }
}
const spec = (o: LooseObject | string) => (o as unknown as Service).spec!

test('an address is given once, and again when its service is gone', () => {
  const { write, remove } = allocation()
  const a = write('a', { type: 'ClusterIP', clusterIP: '10.0.0.7', ports: [{ port: 80 }] }) as LooseObject
  assert.equal(write('b', { type: 'ClusterIP', clusterIP: '10.0.0.7' }), 'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.0.0.7"]: failed to allocate IP 10.0.0.7: provided IP is already allocated')
  remove(a)
  assert.equal(spec(write('b', { type: 'ClusterIP', clusterIP: '10.0.0.7' })).clusterIP, '10.0.0.7')
})
test('a refused or dry write holds nothing', () => {
  const { it, write } = allocation()
  const object = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a', namespace: 'd', uid: '', resourceVersion: '', creationTimestamp: '' }, spec: { type: 'ClusterIP', clusterIP: '10.0.0.9' } } as LooseObject
  it.begin(object, undefined, {} as ObjectReader, true)(false)
  assert.equal(spec(write('b', { type: 'ClusterIP', clusterIP: '10.0.0.9' })).clusterIP, '10.0.0.9')
})
test('every address is given before the range is full', () => {
  const { write } = allocation('/28'), seen = new Set<string>()
  for (let i = 0; i < 14; i++) seen.add(spec(write(`s${i}`, { type: 'ClusterIP' })).clusterIP!)
  assert.equal(seen.size, 14)
  assert.match(write('full', { type: 'ClusterIP' }) as string, /range is full/)
})
test('a dry run shows what it would choose above all real ports, and finds what is taken', () => {
  const { it, write } = allocation()
  write('a', { type: 'NodePort', ports: [{ name: 'x', port: 53, protocol: 'UDP', nodePort: 30005 }] })
  const dry = (ports: object[], old?: LooseObject) => {
    const object = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'b', namespace: 'd', uid: '', resourceVersion: '', creationTimestamp: '' }, spec: { type: 'NodePort', ports } } as LooseObject
    try { it.begin(object, old, {} as ObjectReader, true)(false); return spec(object).ports!.map((p) => p.nodePort) } catch (error) { return (error as ApiError).message }
  }
  assert.deepEqual(dry([{ port: 1 }, { port: 2 }]), [32769, 32770])
  assert.equal(dry([{ port: 1, nodePort: 30005 }]), 'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30005: provided port is already allocated')
  assert.equal(dry([{ port: 1, nodePort: 30001 }, { port: 2, nodePort: 30001 }]), 'Service "b" is invalid: spec.ports[1].nodePort: Invalid value: 30001: provided port is already allocated')
})
test('families follow from addresses and policy', () => {
  const { write } = allocation()
  const said = (more: object, old?: LooseObject) => { const made = write('a', { type: 'ClusterIP', ports: [{ port: 1, protocol: 'TCP' }], ...more }, old); return typeof made === 'string' ? made.replace('Service "a" is invalid: ', '') : spec(made) }
  assert.equal(said({ ipFamilies: ['IPv4', 'IPv4'] }), 'spec.ipFamilies[1]: Duplicate value: "IPv4"')
  assert.equal(said({ ipFamilies: ['IPv4', 'IPv6'] }), "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified")
  assert.equal(said({ ipFamilies: ['IPv6'] }), 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster')
  assert.equal(said({ ipFamilyPolicy: 'RequireDualStack' }), 'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services')
  assert.equal(said({ clusterIP: 'fd00::1' }), 'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster')
  const made = write('a', { type: 'ClusterIP', ports: [{ port: 1, protocol: 'TCP' }] }) as LooseObject
  assert.equal(said({ ...spec(made), ipFamilies: ['IPv6'] }, made), `spec.clusterIPs[0]: Invalid value: "${spec(made).clusterIP}": expected an IPv6 value as indicated by \`ipFamilies[0]\``)
})
test('node ports come and go with the type', () => {
  const { write } = allocation()
  const a = write('a', { type: 'NodePort', ports: [{ name: 'x', port: 53, protocol: 'UDP' }, { name: 'y', port: 53, protocol: 'TCP' }] }) as LooseObject
  const [udp, tcp] = spec(a).ports!
  assert.equal(udp!.nodePort, tcp!.nodePort)
  const back = write('a', { ...spec(a), type: 'ClusterIP' }, a) as LooseObject
  assert.deepEqual(spec(back).ports!.map((p) => p.nodePort), [undefined, undefined])
  assert.match(write('b', { type: 'NodePort', ports: [{ port: 1, nodePort: 22 }] }) as string, /provided port is not in the valid range. The range of valid ports is 30000-30009/)
})
test('headless and external services get what the reference gives them', () => {
  const { write } = allocation()
  assert.deepEqual(spec(write('h', { type: 'ClusterIP', clusterIP: 'None' })), { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'], ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] })
  assert.deepEqual(spec(write('e', { type: 'ExternalName', externalName: 'x' })), { type: 'ExternalName', externalName: 'x' })
})
test('addresses are numbers and back', () => {
  for (const text of ['0.0.0.0', '10.96.0.1', '255.255.255.255']) assert.equal(formatIPv4(parseIPv4(text)!), text)
  for (const text of ['', '1.2.3', '1.2.3.256', '01.2.3.4', '1.2.3.x']) assert.equal(parseIPv4(text), undefined, text)
  assert.equal(nthAddress(parseCidr('10.96.0.0/16'), 10), '10.96.0.10')
})

test('what is given out and what is not to be had is counted; dry runs are not', () => {
  const { it, write } = allocation('/30'), metrics = new Metrics()
  it.show(metrics, () => 0)
  write('a', { type: 'NodePort', clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ports: [{ port: 1, nodePort: 30001 }, { port: 2 }] })
  write('b', { type: 'NodePort', clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ports: [{ port: 1 }] })
  write('c', { type: 'NodePort', ports: [{ port: 1, nodePort: 30001 }] })
  write('d', { type: 'ClusterIP' })
  write('e', { type: 'ClusterIP' })
  const dry = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'f', namespace: 'd', uid: '', resourceVersion: '', creationTimestamp: '' }, spec: { type: 'ClusterIP', ports: [{ port: 1 }] } } as LooseObject
  assert.throws(() => it.begin(dry, undefined, {} as ObjectReader, true), /range is full/)
  const counted = metrics.text((name) => name.includes('allocat')).split('\n').filter((line) => /_(total|count)\b/.test(line) && !line.startsWith('#')).map((line) => line.replace('kube_apiserver_', ''))
  const cidr = 'cidr="10.0.0.0/30"'
  assert.deepEqual(counted, [
    `clusterip_allocator_allocation_duration_seconds_count{${cidr}} 2`, `clusterip_allocator_allocation_errors_total{${cidr},scope="dynamic"} 1`, `clusterip_allocator_allocation_errors_total{${cidr},scope="static"} 1`,
    `clusterip_allocator_allocation_total{${cidr},scope="dynamic"} 2`, `clusterip_allocator_allocation_total{${cidr},scope="static"} 1`,
    'nodeport_allocator_allocation_errors_total{scope="static"} 1', 'nodeport_allocator_allocation_total{scope="dynamic"} 1', 'nodeport_allocator_allocation_total{scope="static"} 1',
  ])
})
