import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import { hostsFile, kernelHostname } from './hosts.ts'

const pod = (name: string, spec: Partial<Pod['spec']> = {}): Pod => ({ metadata: { name, namespace: 'ns', uid: 'u' }, spec: { containers: [], ...spec } }) as unknown as Pod
const last = (text: string) => text.split('\n').slice(7).join('\n')

const names: [why: string, pod: Pod, name: string][] = [
  ['the name of the pod', pod('web-0'), 'web-0'],
  ['its own', pod('web-0', { hostname: 'www' }), 'www'],
  ['63 letters of a long one, without a dash at the end', pod(`${'a'.repeat(62)}-bcd`), 'a'.repeat(62)],
  ['none in the network of the node', pod('web', { hostNetwork: true }), ''],
  ['short in a subdomain', pod('web', { subdomain: 'sub' }), 'web'],
  ['with its domain when asked for', pod('web', { subdomain: 'sub', setHostnameAsFQDN: true }), 'web.sub.ns.svc.cluster.local'],
  ['an override', pod('web', { hostnameOverride: 'other.name', subdomain: 'sub', setHostnameAsFQDN: true }), 'other.name'],
]
for (const [why, p, name] of names) test(`a hostname is ${why}`, () => assert.equal(kernelHostname(p, 'cluster.local'), name))
test('a full name that the kernel would cut is an error', () =>
  assert.throws(() => kernelHostname(pod('a'.repeat(60), { subdomain: 's', setHostnameAsFQDN: true }), 'cluster.local'), /is too long \(64 characters is the max, 83 characters requested\)/))

const files: [why: string, pod: Pod, ips: string[], end: string][] = [
  ['each address', pod('web'), ['10.0.0.1', 'fd00::1'], '10.0.0.1\tweb\nfd00::1\tweb\n'],
  ['the full name first', pod('web', { subdomain: 'sub' }), ['10.0.0.1'], '10.0.0.1\tweb.sub.ns.svc.cluster.local\tweb\n'],
  ['aliases', pod('web', { hostAliases: [{ ip: '1.2.3.4', hostnames: ['a', 'b'] }, { ip: '1.2.3.5' }] }), [], '\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n'],
]
for (const [why, p, ips, end] of files) test(`/etc/hosts has ${why}`, () => assert.equal(last(hostsFile(p, ips, 'cluster.local', () => 'x')), end))
test('in the network of the node /etc/hosts is that of the node, with aliases', () =>
  assert.equal(hostsFile(pod('web', { hostNetwork: true, hostAliases: [{ ip: '1.2.3.4', hostnames: ['a'] }] }), ['9.9.9.9'], 'cluster.local', () => '127.0.0.1 localhost\n'),
    '# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n\n# Entries added by HostAliases.\n1.2.3.4\ta\n'))
