import assert from 'node:assert/strict'
import { test } from 'node:test'
import { written } from './as-written.ts'
import { endpoints } from './core/endpoints.ts'
import { endpointSlice } from './discovery/endpointslice.ts'
import { cidrWarnings, ipWarnings, canonicalIPFaults, formatIP, inNetwork, isIPv6, notACIDR, notAnIP, parseCIDR, parseIP, validateCanonicalCIDR, validateCIDR, validateIP, validateNonSpecialIP } from './ip.ts'
import { networkPolicy } from './networking/networkpolicy.ts'
import { runtimeClass } from './node/runtimeclass.ts'

const why = (errors: readonly { message: string }[]) => errors.map((e) => e.message.replace(/^Invalid value: "[^"]*": /, ''))

test('addresses of both families are read, and nothing else', () => {
  for (const [text, bytes] of [['10.0.0.1', 4], ['::', 16], ['2001:db8::1', 16], ['::ffff:1.2.3.4', 16], ['1:2:3:4:5:6:7:8', 16], ['1:2:3:4:5:6:7::', 16], ['010.0.0.1', 4]] as const)
    assert.equal(parseIP(text)?.length, bytes, text)
  for (const text of ['', '10.0.0', '10.0.0.256', '10.0.0.1.2', '1:2:3:4:5:6:7:8:9', '1::2::3', ':1', 'fe80::1%eth0', '12345::', '1.2.3.4::'])
    assert.equal(parseIP(text), undefined, text)
  assert.ok(isIPv6('::1'))
})
test('addresses are written as RFC 5952 wants them', () => {
  for (const [text, canonical] of [['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], ['0:0:0:0:0:0:0:0', '::'], ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'], ['1:0:0:2::', '1:0:0:2::'], ['::ffff:1.2.3.4', '1.2.3.4'], ['192.0.2.1', '192.0.2.1']] as const)
    assert.equal(formatIP(parseIP(text)!), canonical, text)
})
test('older fields refuse what other programs read otherwise', () => {
  for (const [text, faults] of [['10.0.0.1', []], ['FE80::1', []], ['010.0.0.1', ['must not have leading 0s']], ['::ffff:1.2.3.4', ['must not be an IPv4-mapped IPv6 address']], ['x', [notAnIP]]] as const)
    assert.deepEqual(why(validateIP(text, 'f')), faults, text)
  for (const [text, faults] of [['10.0.0.0/8', []], ['2001:db8::/64', []], ['10.0.0.1/8', ['must not have bits set beyond the prefix length']], ['10.0.0.0/08', ['must not have leading 0s in IP or prefix length']],
    ['::ffff:10.0.0.0/104', ['must not have an IPv4-mapped IPv6 address']], ['10.0.0.0', [notACIDR]], ['10.0.0.0/33', [notACIDR]]] as const)
    assert.deepEqual(why(validateCIDR(text, 'f')), faults, text)
})
test('what was there before an update stays allowed', () => {
  assert.deepEqual(validateIP('010.0.0.1', 'f', ['010.0.0.1']), [])
  assert.deepEqual(validateCIDR('10.0.0.1/8', 'f', ['10.0.0.1/8']), [])
})
test('newer fields take the canonical form only', () => {
  assert.deepEqual(canonicalIPFaults('2001:DB8::1'), ['must be in canonical form ("2001:db8::1")'])
  assert.deepEqual(canonicalIPFaults('2001:db8::1'), [])
  assert.deepEqual(why(validateCanonicalCIDR('2001:DB8::/64', 'f')), ['must be in canonical form ("2001:db8::/64")'])
})
test('networks contain addresses of their family', () => {
  const of = (text: string) => parseCIDR(text)!
  assert.ok(inNetwork(of('10.9.0.0/16'), of('10.9.8.0/24')))
  assert.ok(!inNetwork(of('10.9.0.0/16'), of('10.8.0.0/24')))
  assert.ok(!inNetwork(of('10.9.0.0/16'), of('2001:db8::/64')))
  assert.ok(inNetwork(of('2001:db8::/33'), of('2001:db8:7fff::/48')))
})
test('endpoints have no address that leads nowhere', () => {
  for (const ip of ['0.0.0.0', '127.0.0.1', '::1', '169.254.1.1', 'fe80::1', '224.0.0.5', 'ff02::1']) assert.equal(validateNonSpecialIP(ip, 'f').length, 1, ip)
  for (const ip of ['10.0.0.1', '2001:db8::1', '224.0.1.1']) assert.deepEqual(validateNonSpecialIP(ip, 'f'), [])
})
test('what is understood but better written otherwise is warned about', () => {
  assert.deepEqual(ipWarnings('2001:DB8::1', 'f'), ['f: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")'])
  assert.deepEqual(cidrWarnings('10.1.2.3/16', 'f'), ['f: CIDR value "10.1.2.3/16" is ambiguous in this context (should be "10.1.0.0/16" or "10.1.2.3/32"?)'])
  assert.deepEqual(cidrWarnings('2001:DB8::/64', 'f'), ['f: IPv6 CIDR value "2001:DB8::/64" should be in RFC 5952 canonical format ("2001:db8::/64")'])
  assert.deepEqual([...ipWarnings('10.0.0.1', 'f'), ...ipWarnings('2001:db8::1', 'f'), ...cidrWarnings('10.0.0.0/8', 'f')], [])
  const slice = written(endpointSlice, { addressType: 'IPv6', endpoints: [{ addresses: ['2001:DB8::1'] }] })
  assert.deepEqual(endpointSlice.rules.warnings!(slice), ['endpoints[0].addresses[0]: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")'])
  const managed = (object: object, key: string, by: string) => ({ ...object, metadata: { name: 'a', labels: { [key]: by } } })
  for (const by of ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io']) assert.deepEqual(endpointSlice.rules.warnings!(written(endpointSlice, managed(slice, 'endpointslice.kubernetes.io/managed-by', by))), [])
  const subsets = { subsets: [{ notReadyAddresses: [{ ip: '2001:DB8::1' }] }] }, byHand = written(endpoints, subsets), made = written(endpoints, managed(subsets, 'endpoints.kubernetes.io/managed-by', 'endpoint-controller'))
  assert.deepEqual([endpoints.rules.warnings!(byHand).length, endpoints.rules.warnings!(made).length], [1, 0])
  const names = written(endpointSlice, { addressType: 'FQDN', endpoints: [{ addresses: ['a.example'] }] })
  assert.deepEqual([endpointSlice.rules.warnings!(names), endpointSlice.rules.warnings!(names, names)], [['spec.addressType: FQDN endpoints are deprecated'], []])
  const policy = written(networkPolicy, { spec: { egress: [{ to: [{ ipBlock: { cidr: '2001:DB8::/32' } }] }] } })
  assert.deepEqual(networkPolicy.rules.warnings!(policy), ['spec.egress[0].to[0].ipBlock.cidr: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format ("2001:db8::/32")'])
  const runtime = written(runtimeClass, { handler: 'h', scheduling: { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } } })
  assert.deepEqual(runtimeClass.rules.warnings!(runtime), ['scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/os" instead'])
})
