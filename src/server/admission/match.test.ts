// Rules of webhooks and policies, as a table: what is written, and what it means.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ruleMatches } from './match.ts'

type Request = Parameters<typeof ruleMatches>[1]
const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }
/** `group/version/resource/subresource`, `-` for nothing. */
const ask = (path: string, { operation = 'CREATE', name = 'x', namespace = 'n' } = {}) => {
  const [group, version, resource, subresource] = path.split('/').map((part) => (part === '-' ? '' : part)) as [string, string, string, string]
  const served = { group, version, resource }
  return [{ operation, name, namespace, subresource, served, object: undefined } as unknown as Request, { resource: served }] as const // allowed: only what rules look at
}

for (const [what, more, path, wanted, request] of [
  ['the resource itself', {}, 'apps/v1/deployments/-', true],
  ['another resource', {}, 'apps/v1/replicasets/-', false],
  ['another group', {}, 'extensions/v1/deployments/-', false],
  ['another version', {}, 'apps/v1beta1/deployments/-', false],
  ['another operation', {}, 'apps/v1/deployments/-', false, { operation: 'UPDATE' }],
  ['a part of it', {}, 'apps/v1/deployments/scale', false],
  ['stars', { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }, 'a/b/c/-', true, { operation: 'CONNECT' }],
  ['a star has no parts', { resources: ['*'] }, 'apps/v1/deployments/scale', false],
  ['all parts', { resources: ['deployments/*'] }, 'apps/v1/deployments/scale', true],
  ['all parts and the whole', { resources: ['deployments/*'] }, 'apps/v1/deployments/-', true],
  ['one part of everything', { resources: ['*/scale'] }, 'apps/v1/deployments/scale', true],
  ['one part of everything is not another', { resources: ['*/scale'] }, 'apps/v1/deployments/status', false],
  ['everything with its parts', { resources: ['*/*'] }, 'apps/v1/deployments/status', true],
  ['what lies in namespaces', { scope: 'Namespaced' }, 'apps/v1/deployments/-', true],
  ['what lies in namespaces does not', { scope: 'Cluster' }, 'apps/v1/deployments/-', false],
  ['what lies in none', { scope: 'Cluster' }, 'apps/v1/deployments/-', true, { namespace: '' }],
  ['a namespace lies in none', { apiGroups: [''], resources: ['namespaces'], scope: 'Cluster' }, '-/v1/namespaces/-', true],
  ['a namespace does not lie in itself', { apiGroups: [''], resources: ['namespaces'], scope: 'Namespaced' }, '-/v1/namespaces/-', false],
  ['a name', { resourceNames: ['x'] }, 'apps/v1/deployments/-', true],
  ['another name', { resourceNames: ['y'] }, 'apps/v1/deployments/-', false],
] as [string, object, string, boolean, object?][]) test(`a rule: ${what}`, () => {
  const [attributes, addressed] = ask(path, request)
  assert.equal(ruleMatches({ ...rule, ...more }, attributes, addressed), wanted)
})
