// Rules of webhooks and admission policies, each as a table: what a client writes, and what is said about it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiService } from '../apiregistration/apiservice.ts'
import { problems } from '../as-written.ts'
import { certificateSigningRequest } from '../certificates/certificatesigningrequest.ts'
import { mutatingAdmissionPolicy } from './mutatingadmissionpolicy.ts'
import { validateURL } from './validate-caller.ts'
import { validateWebhooks } from './validate-rules.ts'
import { validatingAdmissionPolicy } from './validatingadmissionpolicy.ts'
import { validatingAdmissionPolicyBinding } from './validatingadmissionpolicybinding.ts'
import { validatingWebhookConfiguration } from './validatingwebhookconfiguration.ts'

const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }
const hook = (h: object) => ({ webhooks: [{ name: 'a.b.example', clientConfig: { url: 'https://x/y' }, sideEffects: 'None', admissionReviewVersions: ['v1'], rules: [rule], ...h }] })
const policy = (spec: object) => ({ spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }], ...spec } })
const service = { name: 's', namespace: 'n' }

for (const [name, kind, body, ...expected] of [
  ['a webhook', validatingWebhookConfiguration, hook({})],
  ['a short name', validatingWebhookConfiguration, hook({ name: 'short' }), 'webhooks[0].name: Invalid value: "short": should be a domain with at least three segments separated by dots'],
  ['two callers', validatingWebhookConfiguration, hook({ clientConfig: { url: 'https://x', service } }), 'webhooks[0].clientConfig: Required value: exactly one of url or service is required'],
  ['a path with holes', validatingWebhookConfiguration, hook({ clientConfig: { service: { ...service, path: '/a//b' } } }), 'webhooks[0].clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be empty'],
  ['a star among operations', validatingWebhookConfiguration, hook({ rules: [{ ...rule, operations: ['*', 'CREATE'] }] }), "webhooks[0].rules[0].operations: Invalid value: [\"*\",\"CREATE\"]: if '*' is present, must not specify other operations"],
  ['all parts of a resource, and one', validatingWebhookConfiguration, hook({ rules: [{ ...rule, resources: ['pods/*', 'pods/log'] }] }), "webhooks[0].rules[0].resources[1]: Invalid value: \"pods/log\": if 'pods/*' is present, must not specify pods/log"],
  ['no version anybody speaks', validatingWebhookConfiguration, hook({ admissionReviewVersions: ['v9'] }), 'webhooks[0].admissionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1'],
  ['a policy', validatingAdmissionPolicy, policy({})],
  ['two wrong rules', validatingWebhookConfiguration, hook({ rules: [{ ...rule, apiGroups: [], operations: ['LOOK'] }] }), 'webhooks[0].rules[0].operations[0]: Unsupported value: "LOOK": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"', 'webhooks[0].rules[0].apiGroups: Required value'],
  ['a condition that is no boolean', validatingWebhookConfiguration, hook({ matchConditions: [{ name: 'a', expression: ' 1 + 1 ' }] }), 'webhooks[0].matchConditions[0].expression: Invalid value: "1 + 1": must evaluate to bool but got int'],
  ['a condition with parameters of nobody', validatingAdmissionPolicy, policy({ matchConditions: [{ name: 'a', expression: 'params.x' }] }), "spec.matchConditions[0].expression: Invalid value: \"params.x\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params.x\n | ^"],
  ['a message that asks the authorizer', validatingAdmissionPolicy, policy({ validations: [{ expression: "authorizer.path('/x').check('get').allowed()", messageExpression: "authorizer.path('/x').check('get').reason()" }] }), /^spec\.validations\[0\]\.messageExpression: Invalid value: .*undeclared reference to 'authorizer'/],
  ['a reason that is none', validatingAdmissionPolicy, policy({ validations: [{ expression: 'true', reason: 'Unauthorized' }] }), 'spec.validations[0].reason: Unsupported value: "Unauthorized": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"'],
  ['a policy that changes what is deleted', mutatingAdmissionPolicy, { spec: { matchConstraints: { resourceRules: [{ ...rule, operations: ['DELETE'] }] }, reinvocationPolicy: 'Never', mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "add", path: "/x", value: 1}]' } }] } },
    'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"'],
  ['a mutation of two sorts', mutatingAdmissionPolicy, { spec: { matchConstraints: { resourceRules: [rule] }, reinvocationPolicy: 'Never', mutations: [{ patchType: 'JSONPatch', applyConfiguration: { expression: 'Object{}' } }] } },
    'spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch', 'spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch'],
  ['a policy of nothing', validatingAdmissionPolicy, policy({ validations: [] }), 'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
    'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item'],
  ['a variable with a hyphen', validatingAdmissionPolicy, policy({ variables: [{ name: 'a-b', expression: '1' }] }), 'spec.variables[0].name: Invalid value: "a-b": must be a valid CEL identifier'],
  ['a message of two lines', validatingAdmissionPolicy, policy({ validations: [{ expression: 'true', message: 'a\nb' }] }), 'spec.validations[0].message: Invalid value: "a\\nb": must not contain line breaks'],
  ['a binding that warns of what it denies', validatingAdmissionPolicyBinding, { spec: { policyName: 'p', validationActions: ['Deny', 'Warn'] } },
    'spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'],
  ['a reference to nothing', validatingAdmissionPolicyBinding, { spec: { policyName: 'p', validationActions: ['Deny'], paramRef: {} } }, 'spec.paramRef: Required value: one of name or selector must be specified', 'spec.paramRef.parameterNotFoundAction: Required value'],
  ['a mutation of an unknown sort', mutatingAdmissionPolicy, { spec: { matchConstraints: { resourceRules: [rule] }, reinvocationPolicy: 'Never', mutations: [{ patchType: 'X' }] } },
    'spec.mutations[0].patchType: Unsupported value: "X": supported values: "ApplyConfiguration", "JSONPatch"'],
  ['an API of another name', apiService, { metadata: { name: 'v2.a.example' }, spec: { group: 'a.example', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 } }, 'metadata.name: Invalid value: "v2.a.example": must be `spec.version+"."+spec.group`: "v1.a.example"'],
  ['no request at all', certificateSigningRequest, { spec: { usages: ['client auth'], signerName: 'a.example/x' } }, 'spec.request: Invalid value: null: PEM block type must be CERTIFICATE REQUEST'],
] as [string, Parameters<typeof problems>[0], object, ...(string | RegExp)[]][]) test(`new: ${name}`, () => {
  const found = problems(kind, body)
  assert.equal(found.length, expected.length, found.join('\n'))
  for (const [i, wanted] of expected.entries()) if (typeof wanted === 'string') assert.equal(found[i], wanted); else assert.match(found[i]!, wanted)
})

for (const [url, ...why] of [
  ['https://x/y'], ['http://x', "'https' is the only allowed URL scheme; desired format: https://host[/path]"], ['https:///y', 'host must be specified; desired format: https://host[/path]'],
  ['https://u:p@x', 'user information is not permitted in the URL'], ['https://a b/', 'Required value: url must be a valid URL: parse "https://a b/": invalid character " " in host name; desired format: https://host[/path]'],
  ['https://x:abc/', 'Required value: url must be a valid URL: parse "https://x:abc/": invalid port ":abc" after host; desired format: https://host[/path]'],
  ['://x', 'Required value: url must be a valid URL: parse "://x": missing protocol scheme; desired format: https://host[/path]'],
  ['x', "'https' is the only allowed URL scheme; desired format: https://host[/path]", 'host must be specified; desired format: https://host[/path]'],
  ['https://x?a=b', 'query parameters are not permitted in the URL'], ['https://x#f', 'fragments are not permitted in the URL'],
] as const) test(`a webhook at ${url}`, () => assert.deepEqual(validateURL(url, 'u').map((e) => e.message.replace(/^Invalid value: "[^"]*": /, '')), why))

test('what an older version allowed may stay in a configuration, and nothing else', () => {
  const of = (more: object) => (hook(more) as { webhooks: NonNullable<Parameters<typeof validateWebhooks>[0]> }).webhooks
  const wrong = (now: object, before: object) => validateWebhooks(of(now), of(before)).map(({ field }) => field)
  for (const more of [{ sideEffects: 'Unknown' }, { admissionReviewVersions: ['v9'] }, { matchConditions: [{ name: 'a', expression: '1' }] }]) {
    assert.deepEqual(wrong(more, more), [], JSON.stringify(more))
    assert.equal(wrong(more, {}).length, 1, JSON.stringify(more))
  }
})
