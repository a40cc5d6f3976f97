import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, type User } from '#machinery'
import type { AuthorizationAttributes, Authorizer } from '../authz/authz.ts'
import { impersonator } from './impersonation.ts'

const admin: User = { name: 'admin', groups: ['system:masters'] }
const pods: AuthorizationAttributes = { user: admin, verb: 'list', path: '/api/v1/pods',
  resource: { group: '', version: 'v1', resource: 'pods', subresource: '', namespace: '', name: '' } }
/** Allows the questions that are listed as "verb resource/name"; `*` is everything. */
const only = (...allowed: string[]): Authorizer => ({ authorize: ({ verb, resource: r }) =>
  ({ verdict: allowed.includes('*') || allowed.includes(`${verb} ${r!.resource}/${r!.name}`) ? 'allow' : 'none', reason: '' }) })
const request = (headers: Record<string, string>, rawHeaders?: readonly string[]) =>
  ({ method: 'GET' as const, path: '/', query: '', headers, body: undefined, ...(rawHeaders && { rawHeaders }) })
async function as(headers: Record<string, string>, allowed: readonly string[] = ['*'], user = admin) {
  try { return await impersonator(only(...allowed))(request(headers), { ...pods, user }) } catch (error) { if (error instanceof ApiError) return error.message; throw error }
}
const info = { constraint: 'impersonate:user-info' }, sudo = 'impersonate-on:user-info:list pods/'
const agent: User = { name: 'system:serviceaccount:d:agent', groups: [], extra: { 'authentication.kubernetes.io/node-name': ['n1'] } }
const cases: [why: string, headers: Record<string, string>, expected: unknown, allowed?: readonly string[], user?: User][] = [
  ['nobody wanted', {}, undefined],
  ['an empty name is nobody', { 'impersonate-user': '' }, undefined],
  ['a user', { 'impersonate-user': 'u' }, { user: { name: 'u', groups: ['system:authenticated'] }, ...info }],
  ['groups and uid', { 'impersonate-user': 'u', 'impersonate-group': 'a, b', 'impersonate-uid': '7' },
    { user: { name: 'u', uid: '7', groups: ['a', 'b', 'system:authenticated'] }, ...info }],
  ['extra keys are unescaped', { 'impersonate-user': 'u', 'impersonate-extra-acme.com%2fproject': 'p' },
    { user: { name: 'u', groups: ['system:authenticated'], extra: { 'acme.com/project': ['p'] } }, ...info }],
  ['an extra key without a domain is only for the old way', { 'impersonate-user': 'u', 'impersonate-extra-scopes': 'p' },
    { user: { name: 'u', groups: ['system:authenticated'], extra: { scopes: ['p'] } } }],
  ['system:masters is only for the old way', { 'impersonate-user': 'u', 'impersonate-group': 'system:masters' },
    { user: { name: 'u', groups: ['system:masters', 'system:authenticated'] } }],
  ['a service account brings its groups', { 'impersonate-user': 'system:serviceaccount:d:web' },
    { user: { name: 'system:serviceaccount:d:web', groups: ['system:serviceaccounts', 'system:serviceaccounts:d', 'system:authenticated'] },
    constraint: 'impersonate:serviceaccount' }],
  ['a node brings its group', { 'impersonate-user': 'system:node:n1' },
    { user: { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] }, constraint: 'impersonate:arbitrary-node' }],
  ['a node the old way brings none', { 'impersonate-user': 'system:node:n1' }, { user: { name: 'system:node:n1', groups: ['system:authenticated'] } },
    ['impersonate users/system:node:n1']],
  ['an agent is its own node', { 'impersonate-user': 'system:node:n1' },
    { user: { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] }, constraint: 'impersonate:associated-node' },
    ['impersonate-on:associated-node:list pods/', 'impersonate:associated-node nodes/*'], agent],
  ['an agent is not another node', { 'impersonate-user': 'system:node:n2' },
    'pods is forbidden: User "system:serviceaccount:d:agent" cannot impersonate-on:arbitrary-node:list resource "pods" in API group "" at the cluster scope',
    ['impersonate-on:associated-node:list pods/', 'impersonate:associated-node nodes/*'], agent],
  ['groups without a user', { 'impersonate-group': 'g' },
    'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string(nil)} without impersonating a user name'],
  ['nothing allowed: the first refusal is told', { 'impersonate-user': 'other' },
    'pods is forbidden: User "admin" cannot impersonate-on:user-info:list resource "pods" in API group "" at the cluster scope', []],
  ['the verb alone is not enough', { 'impersonate-user': 'other' },
    'users.authentication.k8s.io "other" is forbidden: User "admin" cannot impersonate:user-info resource "users" in API group "authentication.k8s.io" at the cluster scope',
    [sudo]],
  ['many groups may be allowed by one rule', { 'impersonate-user': 'u', 'impersonate-group': 'a, b, c, d' },
    { user: { name: 'u', groups: ['a', 'b', 'c', 'd', 'system:authenticated'] }, ...info }, [sudo, 'impersonate:user-info users/u', 'impersonate:user-info groups/*']],
  ['the old way', { 'impersonate-user': 'u', 'impersonate-group': 'g' }, { user: { name: 'u', groups: ['g', 'system:authenticated'] } },
    ['impersonate users/u', 'impersonate groups/g']],
]
for (const [why, headers, expected, allowed, user] of cases) test(`impersonation: ${why}`, async () => assert.deepEqual(await as(headers, allowed, user), expected))

test('whoever was let through the old way is refused in its words', async () => {
  const ask = impersonator(only('impersonate users/u'))
  await ask(request({ 'impersonate-user': 'u' }), pods)
  await assert.rejects(ask(request({ 'impersonate-user': 'other' }), pods),
    { message: 'users "other" is forbidden: User "admin" cannot impersonate resource "users" in API group "" at the cluster scope' })
})
test('a group with a comma stays one group', async () => {
  const headers = { 'impersonate-user': 'u', 'impersonate-group': 'CN=a, O=b, g' }
  const found = await impersonator(only('*'))(request(headers, ['Impersonate-User', 'u', 'Impersonate-Group', 'CN=a, O=b', 'impersonate-group', 'g']), pods)
  assert.deepEqual(found?.user.groups, ['CN=a, O=b', 'g', 'system:authenticated'])
})
