// Rules of webhooks and admission policies, each as a table: what a client writes, and what is said about it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiService } from '../apiregistration/apiservice.ts'
import { problems } from '../as-written.ts'
import { certificateSigningRequest } from '../certificates/certificatesigningrequest.ts'
import { mutatingAdmissionPolicy } from './mutatingadmissionpolicy.ts'
import { validateURL } from './validate-caller.ts'
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
] as [string, Parameters<typeof problems>[0], object, ...string[]][]) test(`new: ${name}`, () => assert.deepEqual(problems(kind, body), expected))

for (const [url, ...why] of [
  ['https://x/y'], ['http://x', "'https' is the only allowed URL scheme; desired format: https://host[/path]"], ['https:///y', 'host must be specified; desired format: https://host[/path]'],
  ['https://u:p@x', 'user information is not permitted in the URL'], ['https://x?a=b', 'query parameters are not permitted in the URL'], ['https://x#f', 'fragments are not permitted in the URL'],
] as const) test(`a webhook at ${url}`, () => assert.deepEqual(validateURL(url, 'u').map((e) => e.message.replace(/^Invalid value: "[^"]*": /, '')), why))
