// Rules of networking kinds, each as a table: what a client writes, and what is said about it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDNS1123Subdomain, isLabelValue } from '#machinery'
import { problems, problemsOfChange, written } from '../as-written.ts'
import { endpointSlice } from '../discovery/endpointslice.ts'
import { ingress } from './ingress.ts'
import { ingressClass } from './ingressclass.ts'
import { ipAddress } from './ipaddress.ts'
import { networkPolicy } from './networkpolicy.ts'
import { serviceCIDR } from './servicecidr.ts'

const from = (peer: object) => ({ spec: { podSelector: {}, ingress: [{ from: [peer] }] } })
const ports = (port: object) => ({ spec: { podSelector: {}, egress: [{ ports: [port] }] } })
const backend = { service: { name: 's', port: { number: 80 } } }
const path = (p: object) => ({ spec: { rules: [{ host: 'a.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...p }] } }] } })
const at = 'spec.rules[0].http.paths[0]'

for (const [name, kind, body, ...expected] of [
  ['a policy for nobody', networkPolicy, {}],
  ['a peer that is none', networkPolicy, from({}), 'spec.ingress[0].from[0]: Required value: must specify a peer'],
  ['a network that is an address', networkPolicy, from({ ipBlock: { cidr: '10.9.0.1/8' } }), 'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.9.0.1/8": must not have bits set beyond the prefix length'],
  ['an exception outside', networkPolicy, from({ ipBlock: { cidr: '10.9.0.0/16', except: ['10.8.0.0/24', '10.9.0.0/16', '10.9.1.0/24'] } }),
    'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.8.0.0/24": must be a strict subset of `cidr`', 'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "10.9.0.0/16": must be a strict subset of `cidr`'],
  ['a network and a selector', networkPolicy, from({ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} }), 'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer'],
  ['a range that begins with a name', networkPolicy, ports({ port: 'http', endPort: 90 }), 'spec.egress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric'],
  ['a range that runs backwards', networkPolicy, ports({ port: 90, endPort: 80 }), 'spec.egress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`'],
  ['three directions', networkPolicy, { spec: { policyTypes: ['Ingress', 'Egress', 'Ingress'] } }, 'spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more than two policyTypes'],
  ['an ingress to nowhere', ingress, {}, 'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
  ['an ingress', ingress, path({})],
  ['a relative path', ingress, path({ path: 'a' }), `${at}.path: Invalid value: "a": must be an absolute path`],
  ['a path that climbs', ingress, path({ path: '/a/..' }), `${at}.path: Invalid value: "/a/..": cannot end with '/..'`],
  ['both backends', ingress, path({ backend: { ...backend, resource: { kind: 'K', name: 'n' } } }), `${at}.backend: Invalid value: "": cannot set both resource and service backends`],
  ['a host that is an address', ingress, { spec: { rules: [{ host: '10.0.0.1' }] } }, 'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
  ['a class of nobody', ingressClass, {}, 'spec.controller: Required value'],
  ['a controller without a domain', ingressClass, { spec: { controller: 'x' } }, 'spec.controller: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")'],
  ['parameters of a namespace', ingressClass, { spec: { controller: 'a.example/x', parameters: { kind: 'K', name: 'n', scope: 'Namespace' } } }, "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
  ['an address of nothing', ipAddress, { spec: { parentRef: { resource: 'services' } } }, 'spec.parentRef.name: Required value'],
  ['two networks of one family', serviceCIDR, { spec: { cidrs: ['10.1.0.0/24', '10.2.0.0/24'] } }, 'spec.cidrs: Invalid value: ["10.1.0.0/24","10.2.0.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'],
  ['two that are no networks', serviceCIDR, { spec: { cidrs: ['x', 'y'] } }, ...['x', 'y'].map((c, i) => `spec.cidrs[${i}]: Invalid value: "${c}": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`)],
  ['an address of the other family', endpointSlice, { addressType: 'IPv4', endpoints: [{ addresses: ['2001:db8::1'] }] }, 'endpoints[0].addresses[0]: Invalid value: "2001:db8::1": must be an IPv4 address'],
  ['a name of one part', endpointSlice, { addressType: 'FQDN', endpoints: [{ addresses: ['host.'] }, { addresses: ['a.example.'] }] }, 'endpoints[0].addresses[0]: Invalid value: "host": should be a domain with at least two segments separated by dots'],
  ['hints', endpointSlice, { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], hints: { forZones: [{ name: 'a' }, { name: 'a' }, { name: 'b b' }], forNodes: [{ name: 'n' }, { name: 'N' }] } }] },
    'endpoints[0].hints.forZones[1].name: Duplicate value: "a"', `endpoints[0].hints.forZones[2].name: Invalid value: "b b": ${isLabelValue('b b')[0]}`, `endpoints[0].hints.forNodes[1].name: Invalid value: "N": ${isDNS1123Subdomain('N')[0]}`],
] as [string, Parameters<typeof problems>[0], object, ...string[]][]) test(`new: ${name}`, () => assert.deepEqual(problems(kind, body), expected))

test('a second range may be added, the first stays', () => {
  const body = { spec: { cidrs: ['10.1.0.0/24'] } }
  assert.deepEqual(problemsOfChange(serviceCIDR, body, (o) => { o.spec.cidrs.push('2001:db8::/64') }), [])
  assert.deepEqual(problemsOfChange(serviceCIDR, body, (o) => { o.spec.cidrs = ['10.2.0.0/24'] }), ['spec.cidrs[0]: Invalid value: "10.2.0.0/24": field is immutable'])
  assert.deepEqual(problemsOfChange(serviceCIDR, body, (o) => { o.spec.cidrs = [] }),
    ['spec.cidrs: Required value: at least one CIDR required', 'spec.cidrs: Invalid value: []: field is immutable'])
})
test('an address stays with what it was given to', () => {
  assert.deepEqual(problemsOfChange(ipAddress, { spec: { parentRef: { resource: 'services', name: 'a', namespace: 'n' } } }, (o) => { o.spec.parentRef.name = 'b' }),
    ['spec.parentRef: Invalid value: {"Group":"","Resource":"services","Namespace":"n","Name":"b"}: field is immutable'])
})
test('networks that were odd before stay allowed', () => {
  const odd = written(networkPolicy, from({ ipBlock: { cidr: '10.9.0.1/8' } }))
  assert.deepEqual(networkPolicy.rules.validate!(odd, odd), [])
})
test('an ingress by the old annotation is warned about once', () => {
  const old = written(ingress, { metadata: { annotations: { 'kubernetes.io/ingress.class': 'x' } } })
  assert.equal(ingress.rules.warnings!(old).length, 1)
  assert.deepEqual(ingress.rules.warnings!(old, old), [])
})
