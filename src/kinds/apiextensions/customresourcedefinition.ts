import { decode, defineKind, quote, s, type Infer, type ObjectOf, type Schema } from '#machinery'
import * as cells from '../cells.ts'
import { formatOf } from './schema/formats.ts'
import { validateDefinition } from './validate-definition.ts'
import { innerSchemas } from './validate-schema.ts'

export const customResourceColumnDefinition = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition', {
  description: s.string(),
  format: s.string(),
  jsonPath: s.required(s.string()),
  name: s.required(s.string()),
  priority: s.int(),
  type: s.required(s.string()),
})
export type CustomResourceColumnDefinition = Infer<typeof customResourceColumnDefinition>

export const crdServiceReference = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference', {
  name: s.required(s.string()),
  namespace: s.required(s.string()),
  path: s.string({ keepEmpty: true }),
  port: s.int({ keepEmpty: true }),
})
export type CRDServiceReference = Infer<typeof crdServiceReference>

export const crdWebhookClientConfig = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig', {
  caBundle: s.bytes(),
  service: crdServiceReference,
  url: s.string({ keepEmpty: true }),
})
export type CRDWebhookClientConfig = Infer<typeof crdWebhookClientConfig>

export const webhookConversion = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookConversion', {
  clientConfig: crdWebhookClientConfig,
  conversionReviewVersions: s.required(s.list(s.string(), { listType: 'atomic' })),
})
export type WebhookConversion = Infer<typeof webhookConversion>

export const customResourceConversion = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion', {
  strategy: s.required(s.string()),
  webhook: webhookConversion,
})
export type CustomResourceConversion = Infer<typeof customResourceConversion>

export const customResourceDefinitionNames = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames', {
  categories: s.list(s.string(), { listType: 'atomic' }),
  kind: s.required(s.string()),
  listKind: s.string(),
  plural: s.required(s.string()),
  shortNames: s.list(s.string(), { listType: 'atomic' }),
  singular: s.string(),
})
export type CustomResourceDefinitionNames = Infer<typeof customResourceDefinitionNames>

export const externalDocumentation = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ExternalDocumentation', {
  description: s.string(),
  url: s.string(),
})
export type ExternalDocumentation = Infer<typeof externalDocumentation>

export const validationRule = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule', {
  fieldPath: s.string(),
  message: s.string(),
  messageExpression: s.string(),
  optionalOldSelf: s.bool({ keepEmpty: true }),
  reason: s.string({ keepEmpty: true }),
  rule: s.required(s.string()),
})
export type ValidationRule = Infer<typeof validationRule>

/** A JSON schema as custom resources use it; its fields are read by path. */
export type JSONSchemaProps = Record<string, any>
export const jsonSchemaProps: Schema<JSONSchemaProps, false> = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps', {
  '$ref': s.string({ keepEmpty: true }),
  '$schema': s.string(),
  additionalItems: s.any('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool'),
  additionalProperties: s.any('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool'),
  allOf: s.list(s.lazy(() => jsonSchemaProps), { listType: 'atomic' }),
  anyOf: s.list(s.lazy(() => jsonSchemaProps), { listType: 'atomic' }),
  default: s.any('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON'),
  definitions: s.map(s.lazy(() => jsonSchemaProps)),
  dependencies: s.map(s.any('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray')),
  description: s.string(),
  enum: s.list(s.any('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON'), { listType: 'atomic' }),
  example: s.any('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON'),
  exclusiveMaximum: s.bool(),
  exclusiveMinimum: s.bool(),
  externalDocs: externalDocumentation,
  format: s.string(),
  id: s.string(),
  items: s.any('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray'),
  maxItems: s.int64({ keepEmpty: true }),
  maxLength: s.int64({ keepEmpty: true }),
  maxProperties: s.int64({ keepEmpty: true }),
  maximum: s.number({ keepEmpty: true }),
  minItems: s.int64({ keepEmpty: true }),
  minLength: s.int64({ keepEmpty: true }),
  minProperties: s.int64({ keepEmpty: true }),
  minimum: s.number({ keepEmpty: true }),
  multipleOf: s.number({ keepEmpty: true }),
  not: s.lazy(() => jsonSchemaProps),
  nullable: s.bool(),
  oneOf: s.list(s.lazy(() => jsonSchemaProps), { listType: 'atomic' }),
  pattern: s.string(),
  patternProperties: s.map(s.lazy(() => jsonSchemaProps)),
  properties: s.map(s.lazy(() => jsonSchemaProps)),
  required: s.list(s.string(), { listType: 'atomic' }),
  title: s.string(),
  type: s.string(),
  uniqueItems: s.bool(),
  'x-kubernetes-embedded-resource': s.bool(),
  'x-kubernetes-int-or-string': s.bool(),
  'x-kubernetes-list-map-keys': s.list(s.string(), { listType: 'atomic' }),
  'x-kubernetes-list-type': s.string({ keepEmpty: true }),
  'x-kubernetes-map-type': s.string({ keepEmpty: true }),
  'x-kubernetes-preserve-unknown-fields': s.bool({ keepEmpty: true }),
  'x-kubernetes-validations': s.list(validationRule, { listType: 'map', listKeys: ['rule'], patchStrategy: 'merge', patchMergeKey: 'rule' }),
}) as never

export const customResourceValidation = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceValidation', {
  openAPIV3Schema: s.lazy(() => jsonSchemaProps),
})
export type CustomResourceValidation = Infer<typeof customResourceValidation>

export const selectableField = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.SelectableField', {
  jsonPath: s.required(s.string()),
})
export type SelectableField = Infer<typeof selectableField>

export const customResourceSubresourceScale = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale', {
  labelSelectorPath: s.string({ keepEmpty: true }),
  specReplicasPath: s.required(s.string()),
  statusReplicasPath: s.required(s.string()),
})
export type CustomResourceSubresourceScale = Infer<typeof customResourceSubresourceScale>

export const customResourceSubresourceStatus = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus', {

})
export type CustomResourceSubresourceStatus = Infer<typeof customResourceSubresourceStatus>

export const customResourceSubresources = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresources', {
  scale: customResourceSubresourceScale,
  status: customResourceSubresourceStatus,
})
export type CustomResourceSubresources = Infer<typeof customResourceSubresources>

export const customResourceDefinitionVersion = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion', {
  additionalPrinterColumns: s.list(customResourceColumnDefinition, { listType: 'atomic' }),
  deprecated: s.bool(),
  deprecationWarning: s.string({ keepEmpty: true }),
  name: s.required(s.string()),
  schema: customResourceValidation,
  selectableFields: s.list(selectableField, { listType: 'atomic' }),
  served: s.required(s.bool()),
  storage: s.required(s.bool()),
  subresources: customResourceSubresources,
})
export type CustomResourceDefinitionVersion = Infer<typeof customResourceDefinitionVersion>

export const customResourceDefinitionSpec = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec', {
  conversion: customResourceConversion,
  group: s.required(s.string()),
  names: s.required(s.value(customResourceDefinitionNames)),
  preserveUnknownFields: s.bool(),
  scope: s.required(s.string()),
  versions: s.required(s.list(customResourceDefinitionVersion, { listType: 'atomic' })),
})
export type CustomResourceDefinitionSpec = Infer<typeof customResourceDefinitionSpec>

export const customResourceDefinitionCondition = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition', {
  lastTransitionTime: s.time({ always: true }),
  message: s.string(),
  observedGeneration: s.int64(),
  reason: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type CustomResourceDefinitionCondition = Infer<typeof customResourceDefinitionCondition>

export const customResourceDefinitionStatus = s.object('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus', {
  acceptedNames: s.value(customResourceDefinitionNames),
  conditions: s.list(customResourceDefinitionCondition, { listType: 'map', listKeys: ['type'], always: true }),
  observedGeneration: s.int64(),
  storedVersions: s.list(s.string(), { listType: 'atomic', always: true }),
})
export type CustomResourceDefinitionStatus = Infer<typeof customResourceDefinitionStatus>

/** Schemas in places that may also hold something else are decoded like all others, in place: what they do not know goes, and nobody is told. */
function normalise(schema: JSONSchemaProps): void {
  const read = (given: unknown): unknown => {
    if (typeof given !== 'object' || given === null) return given
    if (Array.isArray(given)) return given.map(read)
    try {
      const decoded = decode(jsonSchemaProps, given)
      normalise(decoded)
      return decoded
    } catch { return given }
  }
  for (const field of ['items', 'additionalProperties', 'additionalItems']) if (schema[field] !== undefined) schema[field] = read(schema[field])
  for (const inner of [...Object.values((schema['properties'] ?? {}) as Record<string, JSONSchemaProps>), ...['allOf', 'anyOf', 'oneOf'].flatMap((field) => (schema[field] ?? []) as JSONSchemaProps[]),
    ...(schema['not'] ? [schema['not'] as JSONSchemaProps] : [])]) normalise(inner)
}

/** Formats that mean nothing where they stand. Those of numbers are for readers. */
function unknownFormats({ versions }: CustomResourceDefinitionSpec): string[] {
  const found = new Set<string>(), look = (schema: JSONSchemaProps): void => {
    const { type, format } = schema as { type?: string; format?: string }
    if (format && (type === 'string' ? !formatOf(format) : type === 'array' || type === 'object' || type === 'boolean')) found.add(format)
    for (const inner of innerSchemas(schema)) look(inner)
  }
  for (const { schema } of versions ?? []) if (schema?.openAPIV3Schema) look(schema.openAPIV3Schema)
  return [...found]
}

export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

/** Every version that was ever stored stays named in the status. */
function rememberStored({ spec, status }: { spec: CustomResourceDefinitionSpec; status: CustomResourceDefinitionStatus }): void {
  for (const { name, storage } of spec.versions ?? []) if (storage && !status.storedVersions?.includes(name)) status.storedVersions = [...(status.storedVersions ?? []), name]
}

export const customResourceDefinition = defineKind({
  group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition', plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'], categories: ['api-extensions'], scope: 'Cluster',
  definition: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  generation: true,
  versionRequiredOnUpdate: true,
  columns: cells.createdAt,
  subresources: { status: true },
  fields: {
    spec: s.required(s.value(customResourceDefinitionSpec)),
    status: s.value(customResourceDefinitionStatus),
  },
  defaults: ({ spec }) => {
    for (const { schema } of spec.versions ?? []) if (schema?.openAPIV3Schema) normalise(schema.openAPIV3Schema)
    spec.names.singular ||= spec.names.kind.toLowerCase()
    spec.names.listKind ||= spec.names.kind && `${spec.names.kind}List`
    spec.conversion ??= { strategy: 'None' }
    const service = spec.conversion.webhook?.clientConfig?.service
    if (service) service.port ??= 443
  },
  // Whoever writes the status writes the metadata too: that is how the reference takes its finalizer off.
  prepareUpdate: (o, _old, subresource) => { if (subresource !== 'status') rememberStored(o) },
  prepareCreate: (o) => rememberStored(o),
  // Its objects go first: the first DELETE only marks it.
  mayGo: ({ metadata }) => metadata.deletionTimestamp !== undefined,
  prepareDelete: (o) => {
    const { metadata } = o
    delete metadata.deletionGracePeriodSeconds
    metadata.generation = (metadata.generation ?? 1) - 1
    const others = (metadata.finalizers ?? []).filter((f) => f !== 'orphan' && f !== 'foregroundDeletion' && f !== cleanupFinalizer)
    metadata.finalizers = [...others, cleanupFinalizer]
    o.status.conditions = [...(o.status.conditions ?? []).filter((c) => c.type !== 'Terminating'), {
      type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending', message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon', lastTransitionTime: metadata.deletionTimestamp ?? '',
    }]
  },
  anyFinalizer: true,
  validate: validateDefinition,
  warnings: ({ spec }, old) => {
    const before = new Set(old && unknownFormats(old.spec))
    return unknownFormats(spec).filter((format) => !before.has(format)).map((format) => `unrecognized format ${quote(format)}`)
  },
})
export type CustomResourceDefinition = ObjectOf<typeof customResourceDefinition>
