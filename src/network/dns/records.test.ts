import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { EndpointSlice, Service } from '#kinds'
import { ServiceIndex, type Source } from '../services/service-index.ts'
import type { DnsRecord } from './message.ts'
import { ClusterRecords } from './records.ts'

type Seen<T extends Service | EndpointSlice> = Parameters<Source<T>['watch']>[0]

const meta = (namespace: string, name: string, labels?: Record<string, string>) => ({ namespace, name, uid: name, resourceVersion: '1', creationTimestamp: '', ...labels ? { labels } : {} })
const service = (namespace: string, name: string, spec: object) => ({ apiVersion: 'v1', kind: 'Service', metadata: meta(namespace, name), spec, status: {} }) as Service
const slice = (namespace: string, owner: string, name: string, endpoints: readonly object[], ports: readonly object[] = [{ name: 'http', port: 8080, protocol: 'TCP' }], addressType = 'IPv4') =>
  ({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: meta(namespace, name, { 'kubernetes.io/service-name': owner }), addressType, ports, endpoints }) as EndpointSlice

const services = [
  service('demo', 'web', { type: 'ClusterIP', clusterIP: '10.96.1.1', clusterIPs: ['10.96.1.1'], ports: [{ name: 'http', port: 80, protocol: 'TCP' }, { name: 'dns', port: 53, protocol: 'UDP' }] }),
  service('demo', 'dual', { type: 'ClusterIP', clusterIP: '10.96.1.2', clusterIPs: ['10.96.1.2', 'fd00:96::2'], ports: [{ port: 80 }] }),
  service('demo', 'db', { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }),
  service('demo', 'quiet', { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'] }),
  service('demo', 'far', { type: 'ExternalName', externalName: 'Example.com.' }),
  service('demo', 'near', { type: 'ExternalName', externalName: 'web.demo.svc.cluster.local' }),
  service('demo', 'lost', { type: 'ExternalName', externalName: 'nope.demo.svc.cluster.local' }),
  service('demo', 'round', { type: 'ExternalName', externalName: 'round.demo.svc.cluster.local' }),
]
const slices = [
  slice('demo', 'db', 'db-1', [
    { addresses: ['10.244.0.5'], hostname: 'db-0', conditions: { ready: true } }, { addresses: ['10.244.1.6'], conditions: { ready: true } }, { addresses: ['10.244.1.7'], conditions: { ready: false } },
  ]),
  slice('demo', 'db', 'db-2', [{ addresses: ['10.244.0.5'], hostname: 'db-0', conditions: { ready: true } }]),
  slice('demo', 'web', 'web-1', [{ addresses: ['10.244.0.9'], conditions: { ready: true } }]),
]

function make() {
  const [toServices, toSlices] = [new Set<Seen<Service>>(), new Set<Seen<EndpointSlice>>()]
  const index = new ServiceIndex(
    { synced: () => Promise.resolve(), watch(seen) { for (const object of services) seen({ type: 'ADDED', object }); toServices.add(seen); return () => {} } },
    { synced: () => Promise.resolve(), watch(seen) { for (const object of slices) seen({ type: 'ADDED', object }); toSlices.add(seen); return () => {} } },
  )
  const records = new ClusterRecords({ index, domain: 'cluster.local', address: '10.96.0.10', ranges: ['10.96.0.0/16', '10.244.0.0/16'], serial: 1 })
  return { records, change: (type: 'ADDED' | 'DELETED', object: Service) => { for (const seen of toServices) seen({ type, object }) } }
}

const text = ({ name, type, data }: DnsRecord): string => `${name} ${type} ${typeof data === 'string' ? data : 'target' in data ? `${data.port} ${data.target}` : data.mname}`
/** What is answered, in short: the records, or `nothing` (the name is there), `no such name`, `elsewhere`. */
function ask({ records }: ReturnType<typeof make>, name: string, type: string): string[] | string {
  const found = records.lookup(name, type)
  if (!found) return 'elsewhere'
  if (found.answers?.length) return found.answers.map(text)
  assert.equal(found.authority?.[0]?.type, 'SOA', 'who has nothing to say says how long that holds')
  return found.rcode === 'NXDOMAIN' ? 'no such name' : 'nothing'
}

describe('cluster records', () => {
  const made = make()
  const at = (name: string) => `${name}.svc.cluster.local`
  const cases: [string, string, string, string[] | string][] = [
    ['a service has its address', at('web.demo'), 'A', [`${at('web.demo')} A 10.96.1.1`]],
    ['and none of the other family', at('web.demo'), 'AAAA', 'nothing'],
    ['unless it has two', at('dual.demo'), 'AAAA', [`${at('dual.demo')} AAAA fd00:96::2`]],
    ['nor of any other type', at('web.demo'), 'MX', 'nothing'],
    ['whoever asks for anything gets the address', at('web.demo'), 'ANY', [`${at('web.demo')} A 10.96.1.1`]],
    ['a named port is a service record', `_http._tcp.${at('web.demo')}`, 'SRV', [`_http._tcp.${at('web.demo')} SRV 80 ${at('web.demo')}`]],
    ['of its protocol', `_dns._udp.${at('web.demo')}`, 'SRV', [`_dns._udp.${at('web.demo')} SRV 53 ${at('web.demo')}`]],
    ['and not of another', `_http._udp.${at('web.demo')}`, 'SRV', 'no such name'],
    ['what leads to a port is there', `_tcp.${at('web.demo')}`, 'A', 'nothing'],
    ['but has no address', `_http._tcp.${at('web.demo')}`, 'A', 'nothing'],
    ['a port without a name has no record', `_80._tcp.${at('dual.demo')}`, 'SRV', 'no such name'],
    ['a service\'s endpoints have no names below it', `10-244-0-9.${at('web.demo')}`, 'A', 'no such name'],
    ['a headless service has the addresses of its ready endpoints, each once', at('db.demo'), 'A', [`${at('db.demo')} A 10.244.0.5`, `${at('db.demo')} A 10.244.1.6`]],
    ['an endpoint with a host name has it', `db-0.${at('db.demo')}`, 'A', [`db-0.${at('db.demo')} A 10.244.0.5`]],
    ['one without has its address as a name', `10-244-1-6.${at('db.demo')}`, 'A', [`10-244-1-6.${at('db.demo')} A 10.244.1.6`]],
    ['one that is not ready has none', `10-244-1-7.${at('db.demo')}`, 'A', 'no such name'],
    ['the ports of a headless service are those of its endpoints', `_http._tcp.${at('db.demo')}`, 'SRV', [
      `_http._tcp.${at('db.demo')} SRV 8080 db-0.${at('db.demo')}`, `_http._tcp.${at('db.demo')} SRV 8080 10-244-1-6.${at('db.demo')}`]],
    ['a headless service without endpoints is a name without an address', at('quiet.demo'), 'A', 'nothing'],
    ['an external name is an alias', at('far.demo'), 'A', [`${at('far.demo')} CNAME example.com`]],
    ['one that stays in the cluster is followed', at('near.demo'), 'A', [`${at('near.demo')} CNAME ${at('web.demo')}`, `${at('web.demo')} A 10.96.1.1`]],
    ['unless only the alias is asked for', at('near.demo'), 'CNAME', [`${at('near.demo')} CNAME ${at('web.demo')}`]],
    ['a service that is not there has no name', at('nope.demo'), 'A', 'no such name'],
    ['nor has one in another namespace', at('web.other'), 'A', 'no such name'],
    ['a namespace with services is a name', at('demo'), 'A', 'nothing'],
    ['one without is none', at('other'), 'A', 'no such name'],
    ['svc is a name', 'svc.cluster.local', 'A', 'nothing'],
    ['a name with a search domain appended is none', `example.com.${at('demo')}`, 'A', 'no such name'],
    ['a pod\'s address is in its name', '10-244-3-4.demo.pod.cluster.local', 'A', ['10-244-3-4.demo.pod.cluster.local A 10.244.3.4']],
    ['what is no address is no pod', 'web.demo.pod.cluster.local', 'A', 'no such name'],
    ['the zone has an authority', 'cluster.local', 'SOA', ['cluster.local SOA ns.dns.cluster.local']],
    ['and a server', 'cluster.local', 'NS', ['cluster.local NS ns.dns.cluster.local']],
    ['with an address', 'ns.dns.cluster.local', 'A', ['ns.dns.cluster.local A 10.96.0.10']],
    ['the version of the specification is there', 'dns-version.cluster.local', 'TXT', ['dns-version.cluster.local TXT 1.1.0']],
    ['anything else in the zone is not', 'example.cluster.local', 'A', 'no such name'],
    ['a service\'s address has its name', '1.1.96.10.in-addr.arpa', 'PTR', [`1.1.96.10.in-addr.arpa PTR ${at('web.demo')}`]],
    ['an endpoint\'s has that of the headless service', '5.0.244.10.in-addr.arpa', 'PTR', [`5.0.244.10.in-addr.arpa PTR db-0.${at('db.demo')}`]],
    ['a cluster\'s address without a name is none', '9.9.96.10.in-addr.arpa', 'PTR', 'no such name'],
    ['an address elsewhere is for others', '8.8.8.8.in-addr.arpa', 'PTR', 'elsewhere'],
    ['other names are for others', 'example.com', 'A', 'elsewhere'],
    ['also those that end alike', 'notcluster.local', 'A', 'elsewhere'],
  ]
  for (const [name, question, type, expected] of cases) test(name, () => { assert.deepEqual(ask(made, question, type), expected) })

  test('an alias to the outside says where to go on, and one to nowhere says so', () => {
    assert.equal(made.records.lookup(at('far.demo'), 'A')?.alias, 'example.com')
    assert.equal(made.records.lookup(at('lost.demo'), 'A')?.rcode, 'NXDOMAIN')
  })

  test('an alias of itself ends', () => {
    assert.equal(made.records.lookup(at('round.demo'), 'A')?.rcode, 'NOERROR')
  })

  test('service records come with the addresses that they point to', () => {
    assert.deepEqual(made.records.lookup(`_http._tcp.${at('db.demo')}`, 'SRV')?.additional?.map(text), [`db-0.${at('db.demo')} A 10.244.0.5`, `10-244-1-6.${at('db.demo')} A 10.244.1.6`])
  })

  test('a change is in the next answer', () => {
    const made = make()
    assert.equal(ask(made, at('new.fresh'), 'A'), 'no such name')
    const fresh = service('fresh', 'new', { clusterIP: '10.96.7.7', clusterIPs: ['10.96.7.7'] })
    made.change('ADDED', fresh)
    assert.deepEqual(ask(made, at('new.fresh'), 'A'), [`${at('new.fresh')} A 10.96.7.7`])
    made.change('ADDED', service('fresh', 'new', { clusterIP: '10.96.7.8', clusterIPs: ['10.96.7.8'] }))
    assert.equal(ask(made, '7.7.96.10.in-addr.arpa', 'PTR'), 'no such name')
    assert.deepEqual(ask(made, '8.7.96.10.in-addr.arpa', 'PTR'), [`8.7.96.10.in-addr.arpa PTR ${at('new.fresh')}`])
    made.change('DELETED', fresh)
    assert.equal(ask(made, at('new.fresh'), 'A'), 'no such name')
    assert.equal(ask(made, at('fresh'), 'A'), 'no such name')
    assert.equal(ask(made, '8.7.96.10.in-addr.arpa', 'PTR'), 'no such name')
  })
})
