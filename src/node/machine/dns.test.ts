import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import { parseResolvConf, podDns, type DnsSettings } from './dns.ts'

const pod = (spec: Partial<Pod['spec']>): Pod => ({ metadata: { name: 'p', namespace: 'ns', uid: 'u' }, spec: { containers: [], ...spec } }) as unknown as Pod
const host: DnsSettings = { servers: ['192.0.2.1'], searches: ['example.org'], options: ['timeout:2'] }
const inCluster: DnsSettings = { servers: ['10.96.0.10'], searches: ['ns.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.org'], options: ['ndots:5'] }

const cases: [why: string, spec: Partial<Pod['spec']>, expected: DnsSettings][] = [
  ['by itself', {}, inCluster],
  ['ClusterFirst', { dnsPolicy: 'ClusterFirst' }, inCluster],
  ['ClusterFirst in the network of the node', { dnsPolicy: 'ClusterFirst', hostNetwork: true }, host],
  ['ClusterFirstWithHostNet', { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }, inCluster],
  ['Default', { dnsPolicy: 'Default' }, host],
  ['None', { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], searches: ['a'], options: [{ name: 'ndots', value: '1' }, { name: 'edns0' }] } }, { servers: ['1.1.1.1'], searches: ['a'], options: ['ndots:1', 'edns0'] }],
  ['dnsConfig added', { dnsConfig: { nameservers: ['10.96.0.10', '1.1.1.1', '1.1.1.2', '1.1.1.3'], searches: ['cluster.local', 'b'], options: [{ name: 'ndots', value: '2' }] } },
    { servers: ['10.96.0.10', '1.1.1.1', '1.1.1.2'], searches: [...inCluster.searches, 'b'], options: ['ndots:2'] }],
]
for (const [why, spec, expected] of cases)
  test(`names are looked up as asked for: ${why}`, () => assert.deepEqual(podDns(pod(spec), { server: '10.96.0.10', domain: 'cluster.local' }, () => host), expected))
test('a resolv.conf with comments, two searches and options', () =>
  assert.deepEqual(parseResolvConf('# c\nnameserver 1.2.3.4 # x\nsearch a b\nsearch c. .\nnameserver ::1\noptions ndots:3 rotate\n'), { servers: ['1.2.3.4', '::1'], searches: ['c'], options: ['ndots:3', 'rotate'] }))
test('no more searches than the resolver takes', () =>
  assert.equal(podDns(pod({ dnsPolicy: 'None', dnsConfig: { searches: Array.from({ length: 40 }, (_, i) => `d${i}`) } }), { server: '', domain: '' }, () => host).searches.length, 32))
