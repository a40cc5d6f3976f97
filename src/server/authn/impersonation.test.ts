import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, type User } from '#machinery'
import type { Authorizer } from '../authz/authz.ts'
import { impersonator } from './impersonation.ts'

const admin: User = { name: 'admin', groups: ['system:masters'] }
const only = (allowed: string): Authorizer => ({ authorize: ({ resource: r }) => ({ verdict: allowed === '*' || `${r!.resource}/${r!.name}` === allowed ? 'allow' : 'none', reason: '' }) })
async function as(headers: Record<string, string>, allowed = '*'): Promise<User | string> {
  try { return await impersonator(only(allowed))({ method: 'GET', path: '/', query: '', headers, body: undefined }, admin) } catch (error) { if (error instanceof ApiError) return error.message; throw error }
}
const cases: [why: string, headers: Record<string, string>, expected: User | string, allowed?: string][] = [
  ['nobody wanted', {}, admin],
  ['an empty name is nobody', { 'impersonate-user': '' }, admin],
  ['a user', { 'impersonate-user': 'u' }, { name: 'u', groups: ['system:authenticated'] }],
  ['groups and uid', { 'impersonate-user': 'u', 'impersonate-group': 'a, b', 'impersonate-uid': '7' }, { name: 'u', uid: '7', groups: ['a', 'b', 'system:authenticated'] }],
  ['extra keys are unescaped', { 'impersonate-user': 'u', 'impersonate-extra-acme.com%2fproject': 'p' }, { name: 'u', groups: ['system:authenticated'], extra: { 'acme.com/project': ['p'] } }],
  ['a service account brings its groups', { 'impersonate-user': 'system:serviceaccount:d:web' }, { name: 'system:serviceaccount:d:web', groups: ['system:serviceaccounts', 'system:serviceaccounts:d', 'system:authenticated'] }],
  ['groups without a user', { 'impersonate-group': 'g' }, 'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string(nil)} without impersonating a user name'],
  ['a user that is not allowed', { 'impersonate-user': 'other' }, 'users "other" is forbidden: User "admin" cannot impersonate resource "users" in API group "" at the cluster scope', 'users/u'],
  ['a group that is not allowed', { 'impersonate-user': 'u', 'impersonate-group': 'g' }, 'groups "g" is forbidden: User "admin" cannot impersonate resource "groups" in API group "" at the cluster scope', 'users/u'],
]
for (const [why, headers, expected, allowed] of cases) test(`impersonation: ${why}`, async () => assert.deepEqual(await as(headers, allowed), expected))
