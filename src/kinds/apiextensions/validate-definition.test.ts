import assert from 'node:assert/strict'
import { test } from 'node:test'
import { created, problems, problemsOfChange } from '../as-written.ts'
import { customResourceDefinition as crd } from './customresourcedefinition.ts'
import { authority } from '../../../tests/facts/certificates.ts'

const names = { plural: 'bads', kind: 'Bad' }, root = { type: 'object', properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } } }
const version = (schema: object = root, more: object = {}) => ({ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...more })
const body = (spec: object = {}) => ({ metadata: { name: 'bads.x.example' }, spec: { group: 'x.example', names, scope: 'Namespaced', versions: [version()], ...spec } })
const field = (a: object) => body({ versions: [version({ type: 'object', properties: { spec: { type: 'object', properties: { a } } } })] })
const at = 'spec.validation.openAPIV3Schema.properties[spec]'
const list = (more: object, items: object = { type: 'string' }) => field({ type: 'array', items, ...more })

for (const [name, given, ...expected] of [
  ['a definition', body()],
  ['another name than its own', { ...body(), metadata: { name: 'x' } }, 'metadata.name: Invalid value: "x": must be spec.names.plural+"."+spec.group'],
  ['an unknown scope', body({ scope: 'Universe' }), 'spec.scope: Unsupported value: "Universe": supported values: "Cluster", "Namespaced"'],
  ['a version without a schema', body({ versions: [{ ...version(), schema: undefined }] }), 'spec.versions[0].schema.openAPIV3Schema: Required value'],
  ['versions that say different things are named', body({ versions: [version(), { ...version({ type: 'object', properties: { b: {} } }), name: 'v2', storage: false }] }),
    'spec.versions[1].schema.openAPIV3Schema.properties[b].type: Required value: must not be empty for specified object fields'],
  ['a field without a type', field({}), `${at}.properties[a].type: Required value: must not be empty for specified object fields`],
  ['integer or string', field({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] })],
  ['types inside of logic', field({ type: 'string', anyOf: [{ type: 'string' }] }), `${at}.properties[a].anyOf[0].type: Forbidden: must be empty to be structural`],
  ['logic about what is not there', field({ type: 'object', oneOf: [{ properties: { z: { minimum: 1 } } }] }), `${at}.properties[a].properties[z]: Required value: because it is defined in ${at}.properties[a].oneOf[0].properties[z]`],
  ['an array of anything', field({ type: 'array' }), `${at}.properties[a].items: Required value: must be specified`],
  ['a reference', field({ $ref: '#/x' }), `${at}.properties[a].$ref: Forbidden: $ref is not supported`],
  ['a default nobody knows', field({ type: 'object', properties: { k: { type: 'string' } }, default: { zz: 1 } }), `${at}.properties[a].default: Invalid value: {"zz":1}: must not have unknown fields`],
  ['a default of a wrong type', field({ type: 'integer', default: 'x' }), `${at}.properties[a].default: Invalid value: "string":  in body must be of type integer: "string"`],
  ['a default that breaks a bound', field({ type: 'object', default: { k: 5 }, properties: { k: { type: 'integer', maximum: 1 } } }), `${at}.properties[a].default.k: Invalid value: 5: k in body should be less than or equal to 1`],
  ['a default of an embedded resource', field({ type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true, default: { kind: 'X' } }), `${at}.properties[a].default.apiVersion: Required value`],
  ['a pattern that is none', field({ type: 'string', pattern: '(' }), `${at}.properties[a].pattern: Invalid value: "(": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): \`(\``],
  ['problems of structure are sorted', body({ versions: [version({ type: 'object', properties: { z: {}, b: { type: 'array' }, c: {} } })] }),
    'spec.validation.openAPIV3Schema.properties[b].items: Required value: must be specified', 'spec.validation.openAPIV3Schema.properties[c].type: Required value: must not be empty for specified object fields',
    'spec.validation.openAPIV3Schema.properties[z].type: Required value: must not be empty for specified object fields'],
  ['fields of logic that only a map allows', field({ type: 'object', additionalProperties: { type: 'string' }, allOf: [{ properties: { k: { minLength: 1 } } }] }), `${at}.properties[a].properties[k]: Required value: because it is defined in ${at}.properties[a].allOf[0].properties[k]`],
  ['rules inside of logic', field({ type: 'string', allOf: [{ 'x-kubernetes-validations': [{ rule: 'true' }] }] }), `${at}.properties[a].allOf[0].x-kubernetes-validations: Forbidden: must be empty to be structural`],
  ['a field that a rule cannot point to', field({ type: 'object', properties: { k: { type: 'string' } }, 'x-kubernetes-validations': [{ rule: 'true', fieldPath: '.x' }] }), `${at}.properties[a].x-kubernetes-validations[0].fieldPath: Invalid value: ".x": must be a valid path`],
  ['a field to select by that is a list', body({ versions: [version(undefined, { selectableFields: [{ jsonPath: '.spec' }, { jsonPath: '.spec.a' }, { jsonPath: ".spec['a']" }, { jsonPath: '.spec.a' }] })] }),
    'spec.selectableFields[0].jsonPath: Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
    'spec.selectableFields[2].jsonPath: Invalid value: ".spec[\'a\']": is an invalid path: array notation is not allowed', 'spec.selectableFields[3].jsonPath: Duplicate value: ".spec.a"'],
  ['metadata of its own inside of an embedded resource', field({ type: 'object', 'x-kubernetes-embedded-resource': true, properties: { metadata: { type: 'object', properties: { labels: { type: 'object', additionalProperties: { type: 'string' } } } } } })],
  ['a bag', list({ 'x-kubernetes-list-type': 'bag' }), `${at}.properties[a].x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"`],
  ['a map without keys', list({ 'x-kubernetes-list-type': 'map' }, { type: 'object' }), `${at}.properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`],
  ['a key that may be absent', list({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] }, { type: 'object', properties: { k: { type: 'string' } } }),
    `${at}.properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`],
  ['a set of objects', list({ 'x-kubernetes-list-type': 'set' }, { type: 'object' }), `${at}.properties[a].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set`],
  ['metadata of its own', body({ versions: [version({ type: 'object', properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } } })] }),
    'spec.validation.openAPIV3Schema.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified'],
  ['a column of an unknown type', body({ versions: [version(root, { additionalPrinterColumns: [{ name: 'x', type: 'rainbow', jsonPath: 'a' }] })] }),
    'spec.additionalPrinterColumns[0].type: Invalid value: "rainbow": must be one of boolean,date,integer,number,string', 'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "a": must be a simple json path starting with .'],
  ['replicas somewhere else', body({ versions: [version(root, { subresources: { scale: { specReplicasPath: '.status.a', statusReplicasPath: '.status.b' } } })] }),
    'spec.subresources.scale.specReplicasPath: Invalid value: ".status.a": should be a json path under .spec'],
  ['a group of the community', { metadata: { name: 'bads.x.k8s.io' }, spec: { ...body().spec, group: 'x.k8s.io' } },
    'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111'],
  ['a conversion by nobody', body({ conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'] } } }), 'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook'],
  ['review versions without a webhook', body({ conversion: { strategy: 'None', webhook: { conversionReviewVersions: ['v1'] } } }), 'spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook'],
  ['a review that nobody here speaks', body({ conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v9'], clientConfig: { url: 'https://x.example/' } } } }),
    'spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1'],
  ['the same schema, other fields to select by', body({ versions: [version(root, { selectableFields: [{ jsonPath: '.spec.a' }] }), { ...version(), name: 'v2', storage: false }] }),
    'spec.versions[0].selectableFields: Invalid value: "": may only be set when version.schema.openAPIV3Schema is not included'],
  ['other schemas, the same fields to select by', body({ versions: [version(root, { selectableFields: [{ jsonPath: '.spec.a' }] }),
    { ...version({ ...root, description: 'more' }, { selectableFields: [{ jsonPath: '.spec.a' }] }), name: 'v2', storage: false }] }),
    'spec.selectableFields: Invalid value: "": may only be set when validations.schema is included'],
  ['a warning of many bytes', body({ versions: [version(root, { deprecated: true, deprecationWarning: `${'é'.repeat(128)}\u0007` })] }), `spec.versions[0].deprecationWarning: Invalid value: "${'é'.repeat(128)}\\a": must be <= 256 characters long`,
    `spec.versions[0].deprecationWarning: Invalid value: "${'é'.repeat(128)}\\a": must only contain printable UTF-8 characters; non-printable character found at index 256`],
  ['unknown fields everywhere', body({ preserveUnknownFields: true }), 'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'],
] as [string, object, ...string[]][]) test(`new: ${name}`, () => assert.deepEqual(problems(crd, given), expected))

test('names follow from the kind, and what was stored is remembered', () => {
  const made = created(crd, body())
  assert.deepEqual([made.spec.names.singular, made.spec.names.listKind, made.spec.conversion, made.status.storedVersions], ['bad', 'BadList', { strategy: 'None' }, ['v1']])
})
test('a version that was stored stays in the list until its objects are moved', () => {
  const found = problemsOfChange(crd, body(), (o) => { o.spec.versions = [{ ...version(), name: 'v2' }] })
  assert.equal(found.length, 1)
  assert.match(found[0]!, /^status\.storedVersions\[0\]: Invalid value: "v1": missing from spec\.versions/)
})
test('the group and the plural stay', () => {
  assert.deepEqual(problemsOfChange(crd, body(), (o) => { o.spec.group = 'y.example' }), ['spec.group: Invalid value: "y.example": field is immutable'])
})

const pem = (type: string, body: string) => btoa(`-----BEGIN ${type}-----\n${body}\n-----END ${type}-----\n`), aCertificate = btoa(authority)
for (const [name, before, bundle, why] of [
  ['a certificate', undefined, aCertificate], ['no PEM', aCertificate, btoa('x'), 'unable to parse bytes as PEM block'], ['a key', aCertificate, pem('PRIVATE KEY', 'MAMCAQE='), 'no valid certificate authority data seen'],
  ['half a certificate', undefined, pem('CERTIFICATE', 'MAM='), 'failed to parse certificate: x509: malformed certificate'], ['no PEM, as before', btoa('y'), btoa('x')],
] as [string, string | undefined, string, string?][]) test(`authorities of a webhook in use: ${name}`, () => {
  const conversion = (caBundle?: string) => ({ strategy: 'Webhook', webhook: { conversionReviewVersions: ['v9'], clientConfig: { url: 'https://x.example/', ...(caBundle && { caBundle }) } } })
  const found = problemsOfChange(crd, body({ conversion: conversion(before) }), (o) => { o.spec.conversion = conversion(bundle) })
  const inUse = created(crd, body({ conversion: conversion(before) }))
  inUse.status.conditions = [{ type: 'Established', status: 'True' }]
  const now = structuredClone(inUse)
  now.spec.conversion = conversion(bundle)
  const review = 'spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1'
  assert.deepEqual(found, [review])
  assert.deepEqual(crd.rules.validate!(now, inUse).map((e) => `${e.field}: ${e.message}`),
    [...(why ? [`spec.conversion.webhookClientConfig.caBundle: Invalid value: ${JSON.stringify(bundle)}: unable to load root certificates: ${why}`] : []), review])
})

test('one version with a status is enough to narrow the root of a schema that all have', () => {
  const schema = { ...root, minProperties: 1 }, second = (more: object) => ({ ...version(schema, more), name: 'v2', storage: false })
  assert.deepEqual(problems(crd, body({ versions: [version(schema), second({})] })), [])
  assert.match(problems(crd, body({ versions: [version(schema), second({ subresources: { status: {} } })] }))[0]!, /^spec\.validation\.openAPIV3Schema: .*fields are allowed at the root of the schema if the status subresource is enabled$/)
})

test('formats that mean nothing are warned about once, when they are new', () => {
  const of = (a: object, b: object = { type: 'integer', format: 'int32' }) => created(crd, body({ versions: [version({ type: 'object', properties: { a, b } })] }))
  const nonsense = of({ type: 'string', format: 'x"y' }, { type: 'array', format: 'cidr', items: { type: 'string', format: 'cidr' } })
  assert.deepEqual(crd.rules.warnings!(of({ type: 'string', format: 'date-time' }, { type: 'number', format: 'double' })), [])
  assert.deepEqual(crd.rules.warnings!(nonsense), ['unrecognized format "x\\"y"', 'unrecognized format "cidr"'])
  assert.deepEqual(crd.rules.warnings!(nonsense, of({ type: 'string', format: 'x"y' })), ['unrecognized format "cidr"'])
})

test('who writes the status writes the metadata too', () => {
  const old = created(crd, body()), now = structuredClone(old)
  Object.assign(now.metadata, { labels: { a: 'b' }, finalizers: ['x/y'] })
  crd.rules.prepareUpdate!(now, old, 'status', 0)
  assert.deepEqual([now.metadata.labels, now.metadata.finalizers], [{ a: 'b' }, ['x/y']])
})
