import assert from 'node:assert/strict'
import { test } from 'node:test'
import { customResourceDefinition, validatingAdmissionPolicy, type CustomResourceDefinition, type ValidatingAdmissionPolicy } from '#kinds'
import type { New } from '#machinery'
import { TestCluster } from '#testing'
import { describedTypes } from './described-types.ts'
import { warnings } from './validatingadmissionpolicy-status.ts'

const rule = (apiGroups: string[], apiVersions: string[], resources: string[]) => ({ apiGroups, apiVersions, resources, operations: ['CREATE'] })
const deployments = [rule(['apps'], ['v1'], ['deployments'])]
const size = { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } }
const document = { components: { schemas: {
  'example.x.v1.Widget': { ...size, properties: { ...size.properties, metadata: { $ref: '#/components/schemas/Meta' }, status: { allOf: [{ $ref: '#/components/schemas/Status' }] } }, 'x-kubernetes-group-version-kind': [{ group: 'x.example', version: 'v1', kind: 'Widget' }] },
  Status: { type: 'object', properties: { ready: { type: 'boolean' }, parts: { type: 'array', items: { $ref: '#/components/schemas/Status' } } } },
} } }
const server = { raw: async (_: string, path: string) => (path.startsWith('/openapi') ? document : { resources: [{ name: 'widgets', kind: 'Widget' }, { name: 'widgets/status', kind: 'Widget' }] }) }
const policy = (resourceRules: object[], expression: string, more: object = {}) => ({ metadata: { name: 'p' }, spec: { matchConstraints: { resourceRules }, validations: [{ expression }], ...more } }) as unknown as ValidatingAdmissionPolicy // allowed: what is read of it

for (const [what, given, ...expected] of [
  ['what fits', policy(deployments, 'object.spec.replicas > 1 && object.metadata.labels.size() > 0')],
  ['a field that is not there', policy(deployments, 'object.replicas > 1'), "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^\n"],
  ['another type', policy(deployments, "object.spec.replicas == 'x'"), "apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_==_' applied to '(int, string)'\n | object.spec.replicas == 'x'\n | .....................^\n"],
  ['two types', policy([rule(['', 'apps'], ['v1'], ['pods', 'deployments'])], 'object.spec.containers.size() > 0'), "apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'containers'\n | object.spec.containers.size() > 0\n | ...........^\n"],
  ['stars', policy([rule(['*'], ['v1'], ['deployments'])], 'object.none')],
  ['amounts and ports are anything', policy([rule([''], ['v1'], ['pods'])], "object.spec.containers.all(c, c.resources.limits['cpu'] == '1' && c.ports[0].containerPort > 80)")],
  ['variables', policy(deployments, 'variables.n > 1', { variables: [{ name: 'n', expression: 'object.spec.replicas' }] })],
  ['parameters', policy(deployments, 'params.data.a == 1', { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } }), "apps/v1, Kind=Deployment: ERROR: <input>:1:15: found no matching overload for '_==_' applied to '(string, int)'\n | params.data.a == 1\n | ..............^\n"],
  ['custom resources', policy([rule(['x.example'], ['v1'], ['widgets'])], 'object.spec.size > 1 && object.metadata.uid != ""')],
  ['custom resources without the field', policy([rule(['x.example'], ['v1'], ['widgets'])], 'object.spec.none > 1'), "x.example/v1, Kind=Widget: ERROR: <input>:1:12: undefined field 'none'\n | object.spec.none > 1\n | ...........^\n"],
  ['custom resources whose schema refers to others', policy([rule(['x.example'], ['v1'], ['widgets'])], 'object.status.ready && object.status.parts.size() > 0'), "x.example/v1, Kind=Widget: ERROR: <input>:1:37: undefined field 'parts'\n | object.status.ready && object.status.parts.size() > 0\n | ....................................^\n"],
  ['singulars, in capitals', policy([rule(['apps'], ['v1'], ['DaemonSet'])], 'object.none'), "apps/v1, Kind=DaemonSet: ERROR: <input>:1:7: undefined field 'none'\n | object.none\n | ......^\n"],
  ['no group, which means any', policy([rule([''], ['v1'], ['events'])], 'object.note != "" || object.message != ""'),
    "/v1, Kind=Event: ERROR: <input>:1:7: undefined field 'note'\n | object.note != \"\" || object.message != \"\"\n | ......^\n\nevents.k8s.io/v1, Kind=Event: ERROR: <input>:1:28: undefined field 'message'\n | object.note != \"\" || object.message != \"\"\n | ...........................^\n"],
  ['what nobody serves', policy([rule(['y.example'], ['v1'], ['widgets'])], 'object.none')],
] as [string, ValidatingAdmissionPolicy, ...string[]][]) test(`expressions are checked: ${what}`, async () => {
  assert.deepEqual(warnings(given, await describedTypes(server, 'x.example', 'v1')).map(({ warning }) => warning), expected)
})

test('a rule that names ten types ends the list', () => {
  const core = ['pods', 'services', 'secrets', 'configmaps', 'nodes', 'namespaces', 'endpoints', 'serviceaccounts', 'limitranges', 'resourcequotas']
  const types = (...rules: object[]) => [...(warnings(policy(rules, 'object.none'), [])[0]?.warning ?? '').matchAll(/Kind=(\w+)/g)].map(([, kind]) => kind)
  const jobs = rule(['batch'], ['v1'], ['jobs'])
  assert.equal(types(rule([''], ['v1'], core.slice(1)), jobs).includes('Job'), true)
  assert.deepEqual(types(rule([''], ['v1'], core), jobs), ['ConfigMap', 'Endpoints', 'LimitRange', 'Namespace', 'Node', 'Pod', 'ResourceQuota', 'Secret', 'Service', 'ServiceAccount'])
  // What is counted are finds, not types.
  assert.deepEqual(types(rule([''], ['v1'], [...core, 'pod', 'pods'].slice(2)), jobs).includes('Job'), false)
})

test('custom resources are checked as the server describes them', async () => {
  await using cluster = await TestCluster.start({ controllers: ['validatingadmissionpolicy-status'], scheduler: false })
  const { client } = cluster
  await client.create(customResourceDefinition, { metadata: { name: 'widgets.x.example' }, spec: { group: 'x.example', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: size } }] } } as unknown as New<CustomResourceDefinition>) // allowed: the rest has defaults
  await cluster.settle()
  await client.create(validatingAdmissionPolicy, policy([rule(['x.example'], ['v1'], ['widgets'])], 'object.spec.size > 1 && object.spec.none > params.spec.other', { paramKind: { apiVersion: 'x.example/v1', kind: 'Widget' } }))
  await cluster.settle()
  const { status } = await client.get(validatingAdmissionPolicy, { name: 'p' })
  assert.match(status.typeChecking?.expressionWarnings?.[0]?.warning ?? '', /undefined field 'none'[^]*undefined field 'other'/)
})

test('a policy about what nobody serves is checked too', async () => {
  await using cluster = await TestCluster.start({ controllers: ['validatingadmissionpolicy-status'], scheduler: false })
  await cluster.client.create(validatingAdmissionPolicy, policy([rule(['y.example'], ['v1'], ['widgets'])], 'object.none > 1'))
  await cluster.settle()
  assert.deepEqual((await cluster.client.get(validatingAdmissionPolicy, { name: 'p' })).status, { observedGeneration: 1, typeChecking: {} })
})
