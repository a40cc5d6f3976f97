// What webhooks may answer, and what is made of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readReview, refusal, reviewVersion } from './webhook-review.ts'

const v1 = { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' }
const patch = btoa('[]')

for (const [what, answer, mutating, why] of [
  ['no JSON', 'hello', false, "couldn't get version/kind; json parse error: invalid character 'h' looking for beginning of value"],
  ['a list', '[]', false, /json: cannot unmarshal array into Go value of type struct/],
  ['another version', { ...v1, apiVersion: 'admission.k8s.io/v1beta1', response: { uid: 'u', allowed: true } }, false, 'converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion'],
  ['another kind', { kind: 'Pod', apiVersion: 'v1' }, false, /^no kind "Pod" is registered for version "v1" in scheme /],
  ['a word for a boolean', { ...v1, response: { uid: 'u', allowed: 'yes' } }, false, 'json: cannot unmarshal string into Go struct field AdmissionResponse.response.allowed of type bool'],
  ['a whole number with a point', JSON.stringify({ ...v1, response: { uid: 'u', allowed: false, status: { code: 1 } } }).replace('"code":1', '"code":1.0'), false, 'json: cannot unmarshal number 1.0 into Go struct field Status.response.status.code of type int32'],
  ['nothing', v1, false, 'webhook response was absent'],
  ['an answer to another question', { ...v1, response: { uid: 'x', allowed: true } }, false, 'expected response.uid="u", got "x"'],
  ['no type', { response: { uid: 'u', allowed: true } }, false, 'expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind='],
  ['a patch while validating', { ...v1, response: { uid: 'u', allowed: true, patch, patchType: 'JSONPatch' } }, false, 'validating webhook may not return response.patch'],
  ['a patch type while validating', { ...v1, response: { uid: 'u', allowed: true, patchType: 'JSONPatch' } }, false, 'validating webhook may not return response.patchType'],
  ['a patch without a type', { ...v1, response: { uid: 'u', allowed: true, patch } }, true, 'webhook returned response.patch but not response.patchType'],
  ['a type without a patch', { ...v1, response: { uid: 'u', allowed: true, patchType: 'JSONPatch' } }, true, 'webhook returned response.patchType but not response.patch'],
  ['a patch with an empty type', { ...v1, response: { uid: 'u', allowed: true, patch, patchType: '' } }, true, 'webhook returned invalid response.patchType of ""'],
  ['a patch that is no base64', { ...v1, response: { uid: 'u', allowed: true, patch: '*', patchType: 'JSONPatch' } }, true, 'illegal base64 data at input byte 0'],
] as const) test(`a webhook that answers ${what}`, () => assert.throws(() => readReview(typeof answer === 'string' ? answer : JSON.stringify(answer), 'v1', 'u', mutating), { message: why }))

test('webhooks of old are not asked for uid, type and patch type', () => {
  assert.deepEqual(readReview(JSON.stringify({ response: { allowed: true, patch, warnings: ['w'] } }), 'v1beta1', 'u', true), { allowed: true, result: undefined, patch: '[]', patchType: 'JSONPatch', auditAnnotations: {}, warnings: ['w'] })
})

test('the first version that both speak is spoken', () => {
  assert.deepEqual([['v2', 'v1beta1', 'v1'], ['v1'], ['v3']].map(reviewVersion), ['v1beta1', 'v1', undefined])
})

for (const [result, code, message] of [
  [undefined, 400, 'admission webhook "w" denied the request without explanation'],
  [{ message: 'because' }, 400, 'admission webhook "w" denied the request: because'],
  [{ reason: 'Forbidden', code: 403 }, 403, 'admission webhook "w" denied the request: Forbidden'],
  [{ message: 'no', code: 200 }, 400, 'admission webhook "w" denied the request: no'],
  [{ message: 'x', code: 1000 }, 500, 'admission webhook "w" denied the request: x'],
  [{ message: 'teapot', code: 418 }, 418, 'admission webhook "w" denied the request: teapot'],
] as const) test(`a refusal of ${JSON.stringify(result)}`, () => {
  const { status } = refusal('w', result)
  assert.deepEqual([status.code, status.message, status.status], [code, message, 'Failure'])
})
