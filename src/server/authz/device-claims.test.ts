import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { User } from '#machinery'
import { start } from '../contract-kit.ts'
import { authorizerUnion } from './authz.ts'
import { privilegedGroup, RbacAuthorizer } from './rbac.ts'

const root: User = { name: 'root', groups: ['system:masters'] }
const driver: User = { name: 'system:serviceaccount:d:driver', groups: ['system:serviceaccounts'], extra: { 'authentication.kubernetes.io/node-name': ['n1'] } }
const claims = '/apis/resource.k8s.io/v1/namespaces/d/resourceclaims', group = 'resource.k8s.io', rbacGroup = 'rbac.authorization.k8s.io'

async function cluster() {
  const { ask } = await start({ authorizer: (objects) => authorizerUnion([privilegedGroup, new RbacAuthorizer(objects)]) })
  const make = async (path: string, object: object) => assert.equal((await ask(`POST ${path}`, object, {}, root)).status, 201)
  const allow = async (name: string, resources: string[], verbs: string[]) => {
    await make(`/apis/${rbacGroup}/v1/clusterroles`, { metadata: { name }, rules: [{ apiGroups: [group], resources, verbs }] })
    await make(`/apis/${rbacGroup}/v1/clusterrolebindings`, { metadata: { name }, subjects: [{ kind: 'ServiceAccount', namespace: 'd', name: 'driver' }], roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name } })
  }
  await make('/api/v1/namespaces', { metadata: { name: 'd' } })
  return { ask, make, allow }
}
const claim = (adminAccess?: boolean) => ({ metadata: { name: 'c' }, spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'x', ...(adminAccess && { adminAccess }) } }] } } })

test('admin access is for namespaces that are marked for it', async () => {
  const { ask, make } = await cluster(), why = 'admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace'
  const refused = await ask(`POST ${claims}`, claim(true), {}, root)
  assert.equal(refused.body['message'], `ResourceClaim.resource.k8s.io "c" is invalid: spec.devices.requests[0].adminAccess: Forbidden: ${why}`)
  const template = await ask('POST /apis/resource.k8s.io/v1/namespaces/d/resourceclaimtemplates', { metadata: { name: 't' }, spec: { spec: claim(true).spec } }, {}, root)
  assert.match(template.body['message'], /spec.devices.requests\[0\].adminAccess: Forbidden/)
  assert.equal((await ask('PATCH /api/v1/namespaces/d', { metadata: { labels: { 'resource.kubernetes.io/admin-access': 'true' } } }, {}, root)).status, 200)
  await make(claims, claim(true))
})

test('who says what a claim got must be allowed to bind claims, who says how devices are must be allowed to for their driver', async () => {
  const { ask, make, allow } = await cluster()
  await make(claims, claim())
  await allow('status', ['resourceclaims', 'resourceclaims/status'], ['get', 'patch'])
  const write = async (status: object, user = driver) => { const { status: code, body } = await ask(`PATCH ${claims}/c/status`, { status }, {}, user); return code === 200 ? 'ok' : String(body['message']) }
  const device = { driver: 'd.example', pool: 'p', device: 'dev' }
  const nodeSelector = { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }] }
  const allocation = { nodeSelector, devices: { results: [{ request: 'r', ...device }] } }
  assert.equal(await write({ allocation }), 'ResourceClaim.resource.k8s.io "c" is invalid: status: Forbidden: changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="patch" permission: '
    + 'resourceclaims.resource.k8s.io is forbidden: User "system:serviceaccount:d:driver" cannot patch resource "resourceclaims/binding" in API group "resource.k8s.io" at the cluster scope')
  assert.equal(await write({ allocation }, root), 'ok')
  assert.equal(await write({ devices: [device] }), 'ResourceClaim.resource.k8s.io "c" is invalid: status.devices: Forbidden: changing status.devices requires resource="resourceclaims/driver", verb="[associated-node:patch arbitrary-node:patch]" permission: '
    + 'resourceclaims.resource.k8s.io "d.example" is forbidden: User "system:serviceaccount:d:driver" cannot associated-node:patch resource "resourceclaims/driver" in API group "resource.k8s.io" in the namespace "d"')
  await allow('here', ['resourceclaims/driver'], ['associated-node:patch'])
  assert.match(await write({ devices: [device] }, { ...driver, extra: { 'authentication.kubernetes.io/node-name': ['n2'] } }), /verb="\[arbitrary-node:patch\]"/)
  assert.equal(await write({ devices: [device] }), 'ok')
  assert.equal(await write({ devices: [device] }), 'ok', 'nothing changes: nobody is asked')
})
