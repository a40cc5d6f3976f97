import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { User } from '#machinery'
import type { AuthorizationAttributes } from '../authz/authz.ts'
import { start } from '../contract-kit.ts'

const root: User = { name: 'root', groups: [] }
const at = 'POST /apis/authorization.k8s.io/v1'

/** A server that keeps what its authorizer was asked about others than root. */
async function review() {
  const asked: AuthorizationAttributes[] = []
  const { ask } = await start({ authorizer: () => ({ authorize(attributes) {
    if (attributes.user.name === 'root') return { verdict: 'allow', reason: '' }
    asked.push(attributes)
    return { verdict: 'none', reason: '', ...(attributes.verb === 'fail' && { error: 'nobody could say' }) }
  } }) })
  const selectors = async (more: object, verb = 'list') => {
    const { status, body } = await ask(`${at}/subjectaccessreviews`, { spec: { user: 'eve', resourceAttributes: { resource: 'pods', verb, ...more } } }, {}, root)
    return status === 201 ? body['status'] : body['message']
  }
  return { ask, asked, selectors }
}

test('what a review is narrowed to reaches the authorizers, as far as it can be read', async () => {
  const { asked, selectors } = await review()
  const cases: [fields: object | undefined, labels: object | undefined, seen: object | undefined, error?: string][] = [
    [{ rawSelector: 'spec.nodeName=a,x!=b' }, undefined, { fieldSelector: [{ key: 'spec.nodeName', operator: 'In', values: ['a'] }, { key: 'x', operator: 'NotIn', values: ['b'] }] }],
    [{ requirements: [{ key: 'x', operator: 'In', values: ['a'] }] }, undefined, { fieldSelector: [{ key: 'x', operator: 'In', values: ['a'] }] }],
    [{ requirements: [{ key: 'x', operator: 'In', values: ['a', 'b'] }] }, undefined, {}, 'spec.resourceAttributes.fieldSelector ignored due to parse error'],
    [{ requirements: [{ key: 'x', operator: 'Exists' }, { key: 'y', operator: 'NotIn', values: ['b'] }] }, undefined, { fieldSelector: [{ key: 'y', operator: 'NotIn', values: ['b'] }] }, 'spec.resourceAttributes.fieldSelector partially ignored due to parse error'],
    [undefined, { rawSelector: 'a in (' }, {}, 'spec.resourceAttributes.labelSelector ignored due to parse error'],
    [undefined, { requirements: [{ key: 'a', operator: 'In', values: ['x', 'y'] }, { key: 'b', operator: 'Newer' }] }, { labelSelector: [{ key: 'a', operator: 'In', values: ['x', 'y'] }] }, 'spec.resourceAttributes.labelSelector partially ignored due to parse error'],
    [{ rawSelector: 'x' }, { rawSelector: '=' }, {}, 'spec.resourceAttributes.fieldSelector ignored due to parse error; spec.resourceAttributes.labelSelector ignored due to parse error'],
  ]
  for (const [fieldSelector, labelSelector, seen, evaluationError] of cases) {
    assert.deepEqual(await selectors({ fieldSelector, labelSelector }), { allowed: false, ...(evaluationError && { evaluationError }) })
    const { group: _, version, subresource: __, resource: ___, namespace: ____, name: _____, ...narrowed } = asked.at(-1)!.resource!
    assert.deepEqual(narrowed, seen)
    assert.equal(version, '*')
  }
  assert.equal((await selectors({ fieldSelector: { rawSelector: 'x' } }, 'fail')).evaluationError, 'nobody could say; spec.resourceAttributes.fieldSelector ignored due to parse error')
})

test('selectors are a text or conditions that make sense', async () => {
  const { selectors } = await review()
  const f = 'spec.resourceAttributes.fieldSelector', l = 'spec.resourceAttributes.labelSelector'
  const cases: [given: object, text: string][] = [
    [{ fieldSelector: {} }, `${f}.requirements: Required value: when ${f} is specified, requirements or rawSelector is required`],
    [{ labelSelector: { rawSelector: 'a', requirements: [{ key: 'a', operator: 'Exists' }] } }, `${l}.rawSelector: Invalid value: "a": may not specified at the same time as requirements`],
    [{ fieldSelector: { requirements: [{ key: '', operator: 'In', values: ['x'] }] } }, `${f}.requirements[0].key: Required value: must be specified`],
    [{ fieldSelector: { requirements: [{ key: 'k', operator: 'NotIn' }] } }, `${f}.requirements[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`],
    [{ labelSelector: { requirements: [{ key: 'k', operator: 'Exists', values: ['x'] }] } }, `${l}.requirements[0].values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`],
    [{ labelSelector: { requirements: [{ key: 'k', operator: 'In', values: ['-'] }] } }, `${l}.requirements[0].values[0]: Invalid value: "-": a valid label must be an empty string`],
  ]
  for (const [given, text] of cases) assert.ok((await selectors(given)).includes(text), `${await selectors(given)}\n${text}`)
})

test('a local review is of its own namespace', async () => {
  const { ask } = await review()
  const local = async (metadata: object, resourceAttributes: object) =>
    (await ask(`${at}/namespaces/n/localsubjectaccessreviews`, { metadata, spec: { user: 'eve', resourceAttributes } }, {}, root)).body['message'] as string | undefined
  assert.equal(await local({}, { namespace: 'n', verb: 'get', resource: 'pods' }), undefined)
  assert.match(await local({ namespace: 'n' }, { namespace: 'other', verb: 'get', resource: 'pods' }) ?? '', /spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace$/)
  assert.match(await local({ namespace: 'n', name: 'x' }, { namespace: 'n', verb: 'get', resource: 'pods' }) ?? '', /: must be empty except for namespace$/)
})
