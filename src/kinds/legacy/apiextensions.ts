// apiextensions.k8s.io/v1beta1: one schema, one set of columns and subresources for all versions, above them or in each; unknown fields were
// kept unless one asked otherwise. Today's form says both in the schema of each version.
import { s, same, type LooseObject, type ServedVersion } from '#machinery'
import {
  crdWebhookClientConfig, customResourceColumnDefinition, customResourceDefinition, customResourceSubresources, customResourceValidation, selectableField,
  type CRDWebhookClientConfig, type CustomResourceColumnDefinition, type CustomResourceDefinition, type CustomResourceDefinitionVersion, type JSONSchemaProps,
} from '../apiextensions/customresourcedefinition.ts'
import { former, inOrder, without } from './former.ts'

type OldColumn = Omit<CustomResourceColumnDefinition, 'jsonPath'> & { JSONPath: string }
type Shared = Pick<CustomResourceDefinitionVersion, 'schema' | 'subresources' | 'selectableFields'>
type OldVersion = Omit<CustomResourceDefinitionVersion, 'additionalPrinterColumns'> & { additionalPrinterColumns?: OldColumn[] }
interface OldDefinition extends LooseObject {
  spec: {
    group: string; version?: string; versions?: OldVersion[] | null; preserveUnknownFields?: boolean; scope: string; names: { plural: string; kind: string; singular?: string; listKind?: string }
    validation?: CustomResourceDefinitionVersion['schema']; subresources?: Shared['subresources']; selectableFields?: Shared['selectableFields']; additionalPrinterColumns?: OldColumn[]
    conversion?: { strategy: string; webhookClientConfig?: CRDWebhookClientConfig; conversionReviewVersions?: string[] }
  }
}

/** The schema with unknown fields kept in every object: what a definition meant that did not prune. */
function keepingUnknown(schema: JSONSchemaProps | undefined): JSONSchemaProps {
  const { properties, items, additionalProperties, ...rest } = schema ?? {}
  const isObject = schema === undefined || rest.type === 'object' || (rest.type === undefined && (properties !== undefined || additionalProperties !== undefined))
  return {
    ...rest, ...(isObject && { type: 'object', ...(additionalProperties === undefined && { 'x-kubernetes-preserve-unknown-fields': true }) }),
    ...(rest.type === undefined && !isObject && !rest['x-kubernetes-int-or-string'] && { 'x-kubernetes-preserve-unknown-fields': true }),
    ...(properties !== undefined && { properties: Object.fromEntries(Object.entries(properties as Record<string, JSONSchemaProps>).map(([name, inner]) => [name, keepingUnknown(inner)])) }),
    ...(items !== undefined && { items: keepingUnknown(items as JSONSchemaProps) }),
    ...(additionalProperties !== undefined && { additionalProperties: typeof additionalProperties === 'object' ? keepingUnknown(additionalProperties as JSONSchemaProps) : additionalProperties }),
  }
}

function from({ spec, ...o }: OldDefinition) {
  const { version, versions, preserveUnknownFields = true, validation, subresources, selectableFields, additionalPrinterColumns, conversion, ...rest } = spec
  const all: OldVersion[] = versions?.length ? versions : [{ name: version ?? '', served: true, storage: true }]
  const columnIn = ({ JSONPath, ...column }: OldColumn) => ({ ...column, jsonPath: JSONPath })
  return {
    ...o, spec: {
      ...rest,
      conversion: { strategy: conversion?.strategy ?? 'None', ...(conversion?.webhookClientConfig && { webhook: { clientConfig: conversion.webhookClientConfig, conversionReviewVersions: conversion.conversionReviewVersions ?? ['v1beta1'] } }) },
      versions: all.map((v) => {
        const schema = v.schema ?? validation, columns = v.additionalPrinterColumns ?? additionalPrinterColumns, sub = v.subresources ?? subresources, fields = v.selectableFields ?? selectableFields
        const { additionalPrinterColumns: _, ...kept } = v
        const shown = preserveUnknownFields ? { openAPIV3Schema: keepingUnknown(schema?.openAPIV3Schema) } : schema
        return { ...kept, ...(shown && { schema: shown }), ...(columns && { additionalPrinterColumns: columns.map(columnIn) }), ...(sub && { subresources: sub }), ...(fields && { selectableFields: fields }) }
      }),
    },
  }
}

function to({ spec, ...o }: CustomResourceDefinition) {
  const { versions, conversion, ...rest } = spec
  const all = versions ?? [], first = all[0]
  const columnOut = ({ jsonPath, ...column }: CustomResourceColumnDefinition): OldColumn => ({ ...column, JSONPath: jsonPath })
  /** What all versions share stands above them, as the reference writes it. */
  const shared = (field: 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields') => first !== undefined && all.every((v) => same(v[field], first[field]))
  const above = { schema: shared('schema'), subresources: shared('subresources'), additionalPrinterColumns: shared('additionalPrinterColumns'), selectableFields: shared('selectableFields') }
  return {
    ...o, spec: {
      ...rest,
      ...(first && { version: first.name }),
      ...(above.schema && first?.schema && { validation: first.schema }), ...(above.subresources && first?.subresources && { subresources: first.subresources }),
      ...(above.selectableFields && first?.selectableFields && { selectableFields: first.selectableFields }),
      ...(above.additionalPrinterColumns && first?.additionalPrinterColumns && { additionalPrinterColumns: first.additionalPrinterColumns.map(columnOut) }),
      versions: all.map(({ schema, subresources, additionalPrinterColumns, selectableFields, ...v }) => ({
        ...v, ...(!above.schema && schema && { schema }), ...(!above.subresources && subresources && { subresources }), ...(!above.selectableFields && selectableFields && { selectableFields }),
        ...(!above.additionalPrinterColumns && additionalPrinterColumns && { additionalPrinterColumns: additionalPrinterColumns.map(columnOut) }),
      })),
      ...(conversion && { conversion: { strategy: conversion.strategy, ...(conversion.webhook && { webhookClientConfig: conversion.webhook.clientConfig, conversionReviewVersions: conversion.webhook.conversionReviewVersions }) } }),
      preserveUnknownFields: false,
    },
  }
}

export const formerDefinitions: readonly ServedVersion<any>[] = [former(customResourceDefinition, { // allowed: a version without a type of its own
  version: 'v1beta1', names: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1', deprecated: [16, 22],
  differences: {
    CustomResourceColumnDefinition: (fields) => ({ JSONPath: fields.jsonPath!, ...without(fields, 'jsonPath') }),
    CustomResourceConversion: () => ({ conversionReviewVersions: s.list(s.string(), { listType: 'atomic' }), strategy: s.required(s.string()), webhookClientConfig: crdWebhookClientConfig }),
    CustomResourceDefinitionSpec: (fields) => inOrder({
      ...fields, additionalPrinterColumns: s.list(customResourceColumnDefinition, { listType: 'atomic' }), preserveUnknownFields: s.bool({ keepEmpty: true }), selectableFields: s.list(selectableField, { listType: 'atomic' }),
      subresources: customResourceSubresources, validation: customResourceValidation, version: s.string(), versions: { ...fields.versions!, required: false, present: false },
    }),
  },
  defaults: ({ spec }: OldDefinition) => {
    spec.scope ||= 'Namespaced'
    spec.names.singular ||= spec.names.kind.toLowerCase()
    spec.names.listKind ||= spec.names.kind && `${spec.names.kind}List`
    spec.preserveUnknownFields ??= true
    if (!spec.versions?.length && spec.version) spec.versions = [{ name: spec.version, served: true, storage: true }]
    if (!spec.version && spec.versions?.length) spec.version = spec.versions[0]!.name
    const service = spec.conversion?.webhookClientConfig?.service
    if (service) service.port ??= 443
    if (spec.conversion?.webhookClientConfig) spec.conversion.conversionReviewVersions ??= ['v1beta1']
  },
  from, to,
})]
