// Webhooks and policies over custom resources: in the version that they ask for, converted by a webhook where versions differ, as parameters.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LooseObject } from '#machinery'
import { map, maps, start, type Body } from '../contract-kit.ts'
import { definition, established, version, widget, widgets } from '../crd/contract-kit.ts'
import { mutatingAdmissionPolicyPlugin } from './policy-mutating.ts'
import { validatingAdmissionPolicyPlugin } from './policy-validating.ts'
import { mutatingAdmissionWebhook } from './webhook-mutating.ts'
import { validatingAdmissionWebhook } from './webhook-validating.ts'

const api = '/apis/admissionregistration.k8s.io/v1', apiVersion = 'admissionregistration.k8s.io/v1'
const text = { type: 'string' }
const rules = [{ apiGroups: ['x.example'], apiVersions: ['v2'], operations: ['CREATE', 'UPDATE'], resources: ['widgets'] }]

/** v1 says host and port, v2 says address; a webhook knows. */
async function withWidgets(conversion: object = {}) {
  const seen: LooseObject[] = []
  const outbound = async ({ url, body }: { readonly url: string; readonly body?: Uint8Array }) => {
    const review = JSON.parse(new TextDecoder().decode(body)) as Body
    const { uid } = review.request
    const answer = url.includes('convert') ? { uid, result: { status: 'Success' }, convertedObjects: (review.request.objects as Body[]).map((object) => {
      const to = review.request.desiredAPIVersion as string, [host = '', port = ''] = (object.spec.address ?? '').split(':')
      return { ...object, apiVersion: to, spec: to.endsWith('v2') ? { address: `${object.spec.host}:${object.spec.port}` } : { host, port } }
    }) } : { uid, allowed: true, patchType: 'JSONPatch', patch: btoa(JSON.stringify([{ op: 'add', path: '/spec/address', value: 'patched:2' }])) }
    if (!url.includes('convert')) seen.push(review.request.object)
    return { status: 200, headers: {}, body: new TextEncoder().encode(JSON.stringify({ apiVersion: review.apiVersion, kind: review.kind, response: answer })) }
  }
  const server = await start({ outbound, admission: [mutatingAdmissionPolicyPlugin(), mutatingAdmissionWebhook(), validatingAdmissionPolicyPlugin(), validatingAdmissionWebhook()] })
  const properties = { host: text, port: text, address: text }
  await established(server.ask, definition([version(properties, {}, { name: 'v1' }), version(properties, {}, { name: 'v2', storage: false })], conversion))
  const make = async (plural: string, kind: string, name: string, rest: object) => {
    const { status, text: said } = await server.ask(`POST ${api}/${plural}`, { apiVersion, kind, metadata: { name }, ...rest })
    assert.equal(status, 201, said)
  }
  return { ...server, seen, make }
}
const converting = { conversion: { strategy: 'Webhook', webhook: { clientConfig: { url: 'https://x.example/convert' }, conversionReviewVersions: ['v1'] } } }
const hook = { webhooks: [{ name: 'a.b.example', clientConfig: { url: 'https://x.example/admit' }, rules, sideEffects: 'None', admissionReviewVersions: ['v1'] }] }

test('a webhook for another version sees that version, and what it changes is written in the one of the request', async () => {
  const { ask, seen, make } = await withWidgets()
  await make('mutatingwebhookconfigurations', 'MutatingWebhookConfiguration', 'c', hook)
  const { body } = await ask(`POST ${widgets}`, widget('a', { host: 'h' }))
  assert.deepEqual([seen[0]!.apiVersion, seen[0]!.spec, body.apiVersion, body.spec], ['x.example/v2', { host: 'h' }, 'x.example/v1', { host: 'h', address: 'patched:2' }])
})

test('objects are converted by a webhook for a webhook and for a policy', async () => {
  const { ask, seen, make } = await withWidgets(converting)
  await make('mutatingwebhookconfigurations', 'MutatingWebhookConfiguration', 'c', hook)
  await make('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', 'p', { spec: { matchConstraints: { resourceRules: rules }, validations: [{ expression: "object.spec.address != 'patched:2'", messageExpression: "object.apiVersion + ' ' + request.kind.version + ' ' + request.requestKind.version" }] } })
  await make('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', 'p', { spec: { policyName: 'p', validationActions: ['Warn'] } })
  const { body, headers } = await ask(`POST ${widgets}`, widget('a', { host: 'h', port: '1' }))
  assert.deepEqual([seen[0]!.spec, body.spec, headers.warning], [{ address: 'h:1' }, { host: 'patched', port: '2' }, [`299 - "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p': x.example/v2 v2 v1"`]])
})

test('custom resources are parameters, and are changed by policies', async () => {
  const { ask, make } = await withWidgets()
  const paramKind = { apiVersion: 'x.example/v2', kind: 'Widget' }
  await make('mutatingadmissionpolicies', 'MutatingAdmissionPolicy', 'm', { spec: { reinvocationPolicy: 'Never', matchConstraints: { resourceRules: [{ ...rules[0], apiVersions: ['v1'] }] },
    mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{spec: Object.spec{port: "80"}}' } }] } })
  await make('mutatingadmissionpolicybindings', 'MutatingAdmissionPolicyBinding', 'm', { spec: { policyName: 'm' } })
  await make('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', 'p', { spec: { paramKind, matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }] }, validations: [{ expression: "params.spec.port == '81'", messageExpression: "params.apiVersion + ' ' + params.spec.port" }] } })
  await make('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', 'p', { spec: { policyName: 'p', validationActions: ['Deny'], paramRef: { name: 'a', parameterNotFoundAction: 'Deny' } } })
  assert.equal((await ask(`POST ${maps}`, map('x'))).status, 422)
  assert.deepEqual((await ask(`POST ${widgets}`, widget('a', { host: 'h' }))).body.spec, { host: 'h', port: '80' })
  assert.match((await ask(`POST ${maps}`, map('x'))).body.message, /denied request: x\.example\/v2 80$/)
})
