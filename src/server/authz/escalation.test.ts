import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { User } from '#machinery'
import { start } from '../contract-kit.ts'
import { authorizerUnion } from './authz.ts'
import { escalationCheck } from './escalation.ts'
import { privilegedGroup, RbacAuthorizer } from './rbac.ts'

const root: User = { name: 'root', groups: ['system:masters'] }, eve: User = { name: 'eve', groups: [] }
const api = '/apis/rbac.authorization.k8s.io/v1'
const group = 'rbac.authorization.k8s.io'

test('who binds must hold what the role gives, whatever of the binding changes, except for its end', async () => {
  let rbac: RbacAuthorizer | undefined
  const { ask } = await start({
    admission: ({ authorizer }) => [escalationCheck({ authorizer, roles: rbac! })],
    authorizer: (objects) => { rbac = new RbacAuthorizer(objects); return authorizerUnion([privilegedGroup, rbac]) },
  })
  const make = async (path: string, object: object) => assert.equal((await ask(`POST ${api}/${path}`, object, {}, root)).status, 201)
  const bind = (name: string, who: string, role: string) => make('clusterrolebindings', { metadata: { name }, subjects: [{ kind: 'User', apiGroup: group, name: who }], roleRef: { apiGroup: group, kind: 'ClusterRole', name: role } })
  await make('clusterroles', { metadata: { name: 'writer' }, rules: [{ verbs: ['*'], apiGroups: [group], resources: ['clusterrolebindings'] }] })
  await make('clusterroles', { metadata: { name: 'binder' }, rules: [{ verbs: ['create'], apiGroups: [group], resources: ['rolebindings'] }] })
  await make('clusterroles', { metadata: { name: 'reader' }, rules: [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }] })
  await bind('eve-writes', 'eve', 'writer')
  await bind('b', 'bob', 'reader')
  const patch = async (metadata: object) => {
    const { status, body } = await ask(`PATCH ${api}/clusterrolebindings/b`, { metadata }, {}, eve)
    return status === 200 ? 'ok' : `${status} ${body['message']}`
  }
  const refused = '403 clusterrolebindings.rbac.authorization.k8s.io "b" is forbidden: user "eve" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'
  assert.equal(await patch({ labels: { a: '1' } }), refused)
  await bind('eve-gone', 'eve', 'gone')
  assert.equal(await patch({ labels: { a: '1' } }), `${refused}; resolution errors: [clusterrolebindings.rbac.authorization.k8s.io "gone" not found]`)
  const bindUnknown = (kind: string, name: string) => ask(`POST ${api}/namespaces/n/rolebindings`, { metadata: { name: 'c' }, roleRef: { apiGroup: group, kind, name } }, {}, eve)
  await bind('eve-binds', 'eve', 'binder')
  for (const kind of ['Role', 'ClusterRole']) assert.equal((await bindUnknown(kind, 'gone')).body.message, 'rolebindings.rbac.authorization.k8s.io "gone" not found')
  assert.equal(await patch({ finalizers: ['example.org/x'] }), 'ok')
  await bind('eve-reads', 'eve', 'reader')
  assert.equal(await patch({ labels: { a: '1' } }), 'ok')
})
