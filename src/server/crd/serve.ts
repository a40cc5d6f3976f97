// What a definition serves: one kind, as it is stored, and one resource for each version that is served. Schemas are worked out when they
// are first needed: most of a thousand definitions are never used.
import { structural, type CustomResourceDefinition, type CustomResourceDefinitionVersion, type CustomResourceSubresourceScale, type JSONSchemaProps, type Structural } from '#kinds'
import { copy, forbidden, nameIsDNSSubdomain, same, type ApiError, type Column, type Kind, type LooseObject, type Rules, type ScalePaths, type Schema, type Verb } from '#machinery'
import type { CustomForm, Served } from '../served.ts'
import { scale } from '../subresources/scale.ts'
import { status } from '../subresources/status.ts'
import type { Subresource } from '../subresources/subresource.ts'
import { columnsOf } from './columns.ts'
import { convertedForm, isWrittenIn } from './converted-form.ts'
import type { Converter } from './conversion.ts'
import { isTrue, preferredVersion } from './conditions.ts'
import { fieldSchema } from './field-schema.ts'
import { readObject, readStored, readWritten } from './form.ts'
import type { ExpressionMetrics } from '../metrics/expressions.ts'
import { openApiSchema } from './openapi-schema.ts'
import { selectableOf } from './selectable.ts'
import { validateCustom } from './validate-object.ts'
import { finalizerWarnings } from './warnings.ts'

const verbs: readonly Verb[] = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const lastVerbs: readonly Verb[] = ['delete', 'deletecollection', 'get', 'list', 'watch']

export interface Surroundings {
  /** Whether the definition is going; asked on every create. */
  readonly isGoing: () => boolean
  readonly converter: Converter | undefined
  readonly expressions: ExpressionMetrics
  /** The schema of a version: asked for once, when it is first needed. */
  readonly schemaOf: (version: string) => JSONSchemaProps | undefined
}

/** What the registry is told of a definition; nothing when it may not be served (yet). */
export function serve(definition: CustomResourceDefinition, { isGoing, converter, expressions, schemaOf }: Surroundings): readonly Served[] {
  if (!isTrue(definition, 'NamesAccepted') && !isTrue(definition, 'Established')) return []
  const { spec } = definition
  const stored = spec.versions.find((version) => version.storage)
  if (!stored) return []
  const make = (version: CustomResourceDefinitionVersion) => new VersionSchema(version, spec.group, spec.names.kind, () => structural(schemaOf(version.name)))
  const schema = make(stored)
  return spec.versions.filter((version) => version.served).map((version) => versionOf(definition, version, version === stored ? schema : make(version), schema, { isGoing, converter, expressions }))
}

/** The same, of a definition that is going: nothing is made or changed any more. Nothing is worked out for it. */
export const ending = (served: Served): Served => Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(served), verbs: { value: lastVerbs, enumerable: true } }) as Served

/** What is worked out from one version's schema, when it is first asked for. */
export class VersionSchema {
  readonly version: string
  readonly apiVersion: string
  readonly name: string
  readonly #version: CustomResourceDefinitionVersion
  #fields: Schema<any> | undefined // allowed: known at run time only
  #columns: readonly Column<LooseObject>[] | undefined
  #structural: Structural | undefined
  readonly #load: () => Structural
  constructor(version: CustomResourceDefinitionVersion, group: string, kind: string, load: () => Structural) {
    this.#version = version
    this.#load = load
    this.version = version.name
    this.apiVersion = `${group}/${version.name}`
    this.name = openApiName(group, version.name, kind)
  }
  get structural(): Structural { return this.#structural ??= this.#load() }
  get fields(): Schema<any> { return this.#fields ??= fieldSchema(this.structural, this.name) }
  get columns(): readonly Column<LooseObject>[] { return this.#columns ??= columnsOf(this.#version.additionalPrinterColumns) }
}

/** A definition's name in OpenAPI documents: the group's parts backwards, version, kind. */
export const openApiName = (group: string, version: string, kind: string): string => [...group.split('.').reverse(), version, kind].join('.')

function versionOf(definition: CustomResourceDefinition, version: CustomResourceDefinitionVersion, schema: VersionSchema, stored: VersionSchema, { isGoing, converter, expressions }: Omit<Surroundings, 'schemaOf'>): Served {
  const { spec: { group, names, scope }, status: { acceptedNames } } = definition
  const accepted = acceptedNames.kind ? acceptedNames : names
  const { apiVersion, name } = schema
  const paths = version.subresources?.scale
  const rules: Rules<LooseObject> = {
    name: nameIsDNSSubdomain, warnings: finalizerWarnings,
    prepareUpdate: (object, old, subresource) => { if (subresource === 'status') object.metadata = { ...copy(old.metadata), ...(object.metadata.managedFields && { managedFields: object.metadata.managedFields }) } },
    generationChanged: ({ metadata: _m, ...object }, { metadata: _o, ...old }) => !same(object, old),
  }
  const kind: Kind = {
    group, version: version.name, kind: names.kind, resource: names.plural, singular: accepted.singular ?? '', shortNames: accepted.shortNames ?? [], categories: accepted.categories ?? [],
    apiVersion, namespaced: scope === 'Namespaced', definition: name, verbs,
    get schema() { return schema.fields }, get columns() { return schema.columns },
    subresources: {}, generation: true, statusOnCreate: 'drop', createOnUpdate: false, versionRequiredOnUpdate: true, deletePolicy: 'Background', returnsDeleted: false,
    untracked: [], statusResets: [['metadata']], selectable: selectableOf(version.selectableFields), storagePrefix: `/registry/${group}/${names.plural}/`, alsoServedAs: [], rules,
    stored: converter ? convertedForm(names.kind, schema, stored, converter) : {
      read: (value) => readStored(schema.structural, value),
      write: (object) => (schema === stored ? object : readWritten(stored.structural, { ...object, apiVersion: stored.apiVersion })),
      isStale: (bytes) => !isWrittenIn(stored.apiVersion)(bytes),
    },
  }
  const custom: CustomForm = {
    decode: (json, options) => readObject({ group, kindName: kind.kind, schema: schema.structural }, json, options),
    validate: validateCustom({ kindName: kind.kind, apiVersion, schema: () => schema.structural, scale: paths, expressions }),
    describe: (dialect, reference) => ({ ...openApiSchema(schema.structural, dialect, reference), ...(version.selectableFields?.length && { 'x-kubernetes-selectable-fields': version.selectableFields.map(({ jsonPath }) => ({ fieldPath: jsonPath.replace(/^\./, '') })) }) }),
    stamp: `${definition.metadata.uid}/${definition.metadata.generation ?? 0}`,
    refuseCreate: (object) => (isGoing() ? terminating(kind, object) : undefined), storageVersion: stored.version,
    ...(converter && { convert: async (object, to) => (await converter.convert([object], to))[0]! }),
  }
  return {
    group, version: version.name, apiVersion, resource: kind.resource, kindName: kind.kind, kind, namespaced: kind.namespaced, verbs: kind.verbs, deletePolicy: kind.deletePolicy, definition: name,
    get schema() { return schema.fields }, get columns() { return schema.columns },
    rules, selectable: kind.selectable, ...(version.deprecated && { deprecated: version.deprecationWarning ?? deprecation(definition, version.name) }),
    subresources: subresourcesOf(kind, version), ...(paths && { scale: scalePaths(paths) }), name: { group, resource: kind.resource }, custom,
  }
}
const scalePaths = ({ specReplicasPath, statusReplicasPath, labelSelectorPath }: CustomResourceSubresourceScale): ScalePaths =>
  ({ specPath: specReplicasPath, statusPath: statusReplicasPath, ...(labelSelectorPath && { selectorPath: labelSelectorPath }) })
const terminating = ({ group, resource }: Kind, name: string): ApiError =>
  forbidden({ group, resource }, name, 'create not allowed while custom resource definition is terminating')

function subresourcesOf(kind: Kind, { subresources = {} }: CustomResourceDefinitionVersion): ReadonlyMap<string, Subresource> {
  const out = new Map<string, Subresource>()
  if (subresources.status) out.set('status', status(kind))
  if (subresources.scale) out.set('scale', scale)
  return out
}

function deprecation({ spec: { group, names, versions } }: CustomResourceDefinition, version: string): string {
  const better = preferredVersion(versions.filter((v) => v.served && !v.deprecated).map((v) => v.name), version)
  return `${group}/${version} ${names.kind} is deprecated${better ? `; use ${group}/${better} ${names.kind}` : ''}`
}
