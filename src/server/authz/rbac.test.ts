import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyRule } from '#kinds'
import type { AnyObject, Kind } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import type { AuthorizationAttributes } from './authz.ts'
import { NodeAuthorizer } from './node.ts'
import { fieldConditions } from './selector-attributes.ts'
import { AuthorizerMetrics } from '../metrics/authorizers.ts'
import { Metrics } from '../metrics/metrics.ts'
import { allows, RbacAuthorizer } from './rbac.ts'

const user = (name: string, ...groups: string[]) => ({ name, groups })
/** "verb group/resource/sub ns/name" or "verb /path" */
function ask(text: string, who = user('u')): AuthorizationAttributes {
  const [verb, what, where = '/'] = text.split(' ') as [string, string, string?]
  if (what.startsWith('/')) return { user: who, verb, path: what }
  const [group, resource, subresource = ''] = what.split('/') as [string, string, string?], [namespace, name] = where.split('/') as [string, string]
  return { user: who, verb, path: '', resource: { group: group === 'core' ? '' : group, version: 'v1', resource, subresource, namespace, name } }
}
const rule = (verbs: string, groups: string, resources: string, names = ''): PolicyRule =>
  ({ verbs: verbs.split(','), apiGroups: groups.split(','), resources: resources.split(','), ...(names && { resourceNames: names.split(',') }) })

const rules: [rule: PolicyRule, request: string, allowed: boolean][] = [
  [rule('get', '', 'pods'), 'get core/pods d/a', true],
  [rule('get', '', 'pods'), 'list core/pods d/', false],
  [rule('*', '*', '*'), 'create apps/deployments/scale d/a', true],
  [rule('get', '', 'pods'), 'get core/pods/log d/a', false],
  [rule('get', '', 'pods/*'), 'get core/pods/log d/a', false],
  [rule('get', '', '*/scale'), 'get core/replicationcontrollers/scale d/a', true],
  [rule('get', 'apps', 'deployments'), 'get extensions/deployments d/a', false],
  [rule('get', '', 'secrets', 'a,b'), 'get core/secrets d/b', true],
  [rule('get', '', 'secrets', 'a,b'), 'get core/secrets d/c', false],
  [rule('list', '', 'secrets', 'a'), 'list core/secrets d/', false],
  [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/api/*'] }, 'get /api/v1', true],
  [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }, 'get /healthz/x', false],
]
for (const [r, request, allowed] of rules) test(`${JSON.stringify(r)} ${allowed ? 'allows' : 'does not allow'} ${request}`, () => assert.equal(allows(r, ask(request)), allowed))

function reader(objects: readonly object[]): ObjectReader {
  return { get: () => undefined, list: () => [], follow(kind: Kind, seen: (change: any) => void) { // allowed: the reader's callback is generic
    for (const o of objects as AnyObject[]) if (o.kind === kind.kind) seen({ object: o, old: undefined })
    return () => {} } } as ObjectReader
}
test('bindings give their subjects the rules of their role, where they hold', () => {
  const rbac = new RbacAuthorizer(reader([
    { kind: 'ClusterRole', metadata: { name: 'view' }, rules: [rule('get', '', 'pods')] },
    { kind: 'Role', metadata: { name: 'edit', namespace: 'a' }, rules: [rule('update', '', 'pods')] },
    { kind: 'ClusterRoleBinding', metadata: { name: 'all' }, subjects: [{ kind: 'Group', name: 'g' }], roleRef: { kind: 'ClusterRole', name: 'view' } },
    { kind: 'RoleBinding', metadata: { name: 'some', namespace: 'a' }, subjects: [{ kind: 'ServiceAccount', name: 'web' }, { kind: 'User', name: 'bob' }], roleRef: { kind: 'Role', name: 'edit' } },
    { kind: 'RoleBinding', metadata: { name: 'lost', namespace: 'a' }, subjects: [{ kind: 'User', name: 'bob' }], roleRef: { kind: 'Role', name: 'gone' } },
  ]))
  const verdict = (text: string, who: ReturnType<typeof user>) => rbac.authorize(ask(text, who)).verdict
  assert.deepEqual(rbac.authorize(ask('get core/pods z/x', user('x', 'g'))), { verdict: 'allow', reason: 'RBAC: allowed by ClusterRoleBinding "all" of ClusterRole "view" to Group "g"' })
  assert.equal(verdict('update core/pods a/x', user('bob')), 'allow')
  assert.equal(verdict('update core/pods b/x', user('bob')), 'none')
  assert.equal(verdict('update core/pods a/x', user('system:serviceaccount:a:web')), 'allow')
  assert.equal(verdict('update core/pods a/x', user('system:serviceaccount:b:web')), 'none')
  assert.equal(verdict('get core/pods a/x', user('nobody')), 'none')
})

test('changes of what leads to nodes are counted by what they come of', () => {
  const metrics = new Metrics(), pod = (name: string, nodeName?: string) => ({ kind: 'Pod', metadata: { name, namespace: 'd' }, spec: { ...(nodeName && { nodeName }), containers: [] } })
  const volume = { kind: 'PersistentVolume', metadata: { name: 'v' }, spec: { claimRef: { namespace: 'd', name: 'c' } } }
  new NodeAuthorizer(reader([pod('p', 'n1'), pod('unbound'), volume]), { metrics: new AuthorizerMetrics(metrics, () => 0) })
  assert.deepEqual(metrics.text((name) => name.startsWith('node_')).match(/.*_count.*/g), ['AddPV', 'AddPod'].map((operation) => `node_authorizer_graph_actions_duration_seconds_count{operation="${operation}"} 1`))
})
test('a node reads what its own pods refer to and nothing else', () => {
  const pods = [{ kind: 'Pod', metadata: { name: 'p', namespace: 'd' }, spec: { nodeName: 'n1', serviceAccountName: 'web', containers: [{ name: 'c', envFrom: [{ secretRef: { name: 's' } }] }], volumes: [{ name: 'v', configMap: { name: 'cm' } }] } }]
  const authorizer = new NodeAuthorizer(reader(pods))
  const verdict = (text: string, node = 'n1', selector = '') => {
    const a = ask(text, user(`system:node:${node}`, 'system:nodes'))
    return authorizer.authorize({ ...a, resource: { ...a.resource!, ...(selector && { fieldSelector: fieldConditions(selector)! }) } }).verdict
  }
  assert.equal(verdict('get core/secrets d/s'), 'allow')
  assert.equal(verdict('watch core/secrets d/s', 'n1', 'metadata.name=s'), 'allow')
  assert.equal(verdict('get core/secrets d/other'), 'none')
  assert.equal(verdict('get core/secrets d/s', 'n2'), 'none')
  assert.equal(verdict('list core/secrets d/'), 'none')
  assert.equal(verdict('get core/configmaps d/cm'), 'allow')
  assert.equal(verdict('create core/serviceaccounts/token d/web'), 'allow')
  assert.equal(verdict('create core/serviceaccounts/token d/default'), 'none')
  assert.equal(verdict('list core/pods /', 'n1', 'spec.nodeName=n1'), 'allow')
  assert.equal(verdict('list core/pods /', 'n1', 'spec.nodeName=n2'), 'none')
  assert.equal(verdict('update coordination.k8s.io/leases kube-node-lease/n1'), 'allow')
  assert.equal(verdict('update coordination.k8s.io/leases kube-node-lease/n2'), 'none')
})
test('a node may do what every node may, and look at no other', () => {
  const authorizer = new NodeAuthorizer(reader([]))
  const verdict = (text: string) => authorizer.authorize(ask(text, user('system:node:n1', 'system:nodes'))).verdict
  for (const allowed of ['create core/nodes /n1', 'patch core/nodes/status /n1', 'create core/events d/x', 'list core/services /', 'watch core/services /', 'patch core/pods/status d/p', 'delete core/pods d/p', 'get core/nodes /n1'])
    assert.equal(verdict(allowed), 'allow', allowed)
  for (const refused of ['get core/nodes /n2', 'list core/nodes /', 'delete core/nodes /n1', 'list core/pods /', 'create apps/deployments d/x', 'get core/secrets d/s']) assert.equal(verdict(refused), 'none', refused)
})
