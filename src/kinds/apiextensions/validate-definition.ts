// What is wrong with the definition of a custom resource. What all versions say alike is looked at once: messages then name the spec, not the version.
import {
  bytesOf, forbiddenValue, invalidValue, isDNS1035Label, isDNS1123Subdomain, notSupported, requiredValue, same, tooMany, duplicateValue, type AnyObject, type FieldError,
} from '#machinery'
import { validateServiceCaller, validateURL } from '../admissionregistration/validate-caller.ts'
import { certificate } from '../certificates/certificate.ts'
import { pemBlocks } from '../certificates/pem.ts'
import { failing, immutableField } from '../checks.ts'
import { goForm } from '../go-diff.ts'
import { crdVersionForm } from '../go-forms.ts'
import type { CustomResourceColumnDefinition, CustomResourceConversion, CustomResourceDefinitionNames, CustomResourceDefinitionSpec, CustomResourceDefinitionStatus,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources, JSONSchemaProps, SelectableField } from './customresourcedefinition.ts'
import { findPath } from './schema/field-path.ts'
import type { Structural } from './schema/structural.ts'
import { validateDefaults } from './validate-defaults.ts'
import { Costs } from './validate-rules.ts'
import { hasSchema, isUnsupported, validateSchema } from './validate-schema.ts'
import { validateStructural } from './validate-structural.ts'
import { goSchema } from './go-schema.ts'

type Definition = AnyObject & { spec: CustomResourceDefinitionSpec; status: CustomResourceDefinitionStatus }

export function validateDefinition(crd: Definition, old?: Definition, subresource?: string): FieldError[] {
  const { metadata, spec, status } = crd, versions = spec.versions ?? []
  if (subresource === 'status') return validateNames(status.acceptedNames, 'status.acceptedNames')
  const established = old?.status.conditions?.some((c) => c.type === 'Established' && c.status === 'True')
  return [
    ...(!old && metadata.name !== `${spec.names.plural}.${spec.group}` ? [invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')] : []),
    ...validateSpec(spec, versions, established ? old : undefined),
    ...(established ? [...immutableField(spec.scope, old!.spec.scope, 'spec.scope'), ...immutableField(spec.names.kind, old!.spec.names.kind, 'spec.names.kind')] : []),
    ...(old ? [...immutableField(spec.group, old.spec.group, 'spec.group'), ...immutableField(spec.names.plural, old.spec.names.plural, 'spec.names.plural')] : []),
    ...validateNames(status.acceptedNames, 'status.acceptedNames'),
    ...validateStored(status.storedVersions ?? [], versions),
    ...validateApproval(crd, old),
    ...(spec.preserveUnknownFields && !old?.spec.preserveUnknownFields
      ? [invalidValue('spec.preserveUnknownFields', true, 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead')] : []),
  ]
}

const shared = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const
/** `inUse`: the definition as it was, where objects may be served by it. */
function validateSpec(spec: CustomResourceDefinitionSpec, versions: readonly CustomResourceDefinitionVersion[], inUse: Definition | undefined): FieldError[] {
  const errors: FieldError[] = [], badGroup = isDNS1123Subdomain(spec.group), first = versions[0]
  /** What the reference lifts out of versions that all say the same. */
  const alike = new Set<string>(first ? shared.filter((field) => versions.every((v) => same(v[field], first[field]))) : [])
  const left = versions.map((v) => Object.fromEntries(Object.entries(v).filter(([field]) =>
    !alike.has(field))) as unknown as CustomResourceDefinitionVersion) // allowed: parts of versions, only to be shown
  const shown = () => left.map((v) => goForm(crdVersionForm, v)), wrongVersions = (why: string) => errors.push(invalidValue('spec.versions', shown(), why))
  if (!spec.group) errors.push(requiredValue('spec.group'))
  else if (badGroup.length) errors.push(invalidValue('spec.group', spec.group, badGroup.join(',')))
  else if (!spec.group.includes('.')) errors.push(invalidValue('spec.group', spec.group, 'should be a domain with at least one dot'))
  errors.push(...validateWord(spec.scope, ['Cluster', 'Namespaced'], 'spec.scope'))
  for (const [i, v] of versions.entries()) if (!v.schema?.openAPIV3Schema) errors.push(requiredValue(`spec.versions[${i}].schema.openAPIV3Schema`))
  if (spec.preserveUnknownFields && versions.some((v) => v.schema?.openAPIV3Schema && hasSchema(v.schema.openAPIV3Schema, (s) => s['default'] !== undefined)))
    errors.push(invalidValue('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema'))
  for (const [i, v] of left.entries()) {
    const bad = isDNS1035Label(v.name)
    if (bad.length) errors.push(invalidValue(`spec.versions[${i}].name`, v.name, bad.join(',')))
    errors.push(...validateDeprecation(v, `spec.versions[${i}].deprecationWarning`), ...validateParts(v, hasStatus(versions[i]!), `spec.versions[${i}]`, 'schema'))
  }
  if (new Set(versions.map((v) => v.name)).size < versions.length) wrongVersions('must contain unique version names')
  if (versions.filter((v) => v.storage).length !== 1) wrongVersions('must have exactly one version marked as storage version')
  const badFirst = first ? isDNS1035Label(first.name) : []
  if (badFirst.length) errors.push(invalidValue('spec.version', first!.name, badFirst.join(',')))
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) if (!spec.names[field]) errors.push(requiredValue(`spec.names.${field}`))
  errors.push(...validateNames(spec.names, 'spec.names'))
  if (first) errors.push(...validateParts(Object.fromEntries(Object.entries(first).filter(([field]) => alike.has(field))), versions.some(hasStatus), 'spec', 'validation'))
  if (spec.preserveUnknownFields && spec.conversion && spec.conversion.strategy !== 'None')
    errors.push(invalidValue('spec.conversion.strategy', spec.conversion.strategy, 'must be None if spec.preserveUnknownFields is true'))
  return [...errors, ...validateConversion(spec.conversion, inUse, 'spec.conversion')]
}
const hasStatus = ({ subresources }: CustomResourceDefinitionVersion): boolean => subresources?.status !== undefined
const validateWord = (word: string, words: readonly string[], at: string): FieldError[] =>
  (!word ? [requiredValue(at)] : words.includes(word) ? [] : [notSupported(at, word, words)])

type Parts = Partial<Pick<CustomResourceDefinitionVersion, (typeof shared)[number]>>
/** Schema, subresources, columns and fields to select by, of one version or of all. */
const validateParts = (parts: Parts, status: boolean, at: string, schemaName: 'schema' | 'validation'): FieldError[] => [
  ...(parts.schema?.openAPIV3Schema ? validateRoot(parts.schema.openAPIV3Schema, status, `${at}.${schemaName}.openAPIV3Schema`) : []),
  ...(parts.subresources ? validateSubresources(parts.subresources, `${at}.subresources`) : []),
  ...(parts.additionalPrinterColumns ?? []).flatMap((column, i) => validateColumn(column, `${at}.additionalPrinterColumns[${i}]`)),
  ...validateSelectable(parts.selectableFields ?? [], parts.schema?.openAPIV3Schema, schemaName, `${at}.selectableFields`),
]

const atRoot = ['Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum', 'MaxLength', 'MinLength', 'Pattern', 'MaxItems', 'MinItems',
  'UniqueItems', 'MultipleOf', 'Required', 'Items',
  'Properties', 'ExternalDocs', 'Example', 'XPreserveUnknownFields', 'XValidations']
const rootFields = new Set(atRoot.map((name) => (name.startsWith('X') ? `x-kubernetes-${name.slice(1).replace(/(?<=.)[A-Z]/g, (c) => `-${c}`).toLowerCase()}`
  : name[0]!.toLowerCase() + name.slice(1))))
function validateRoot(schema: JSONSchemaProps, hasStatus: boolean, at: string): FieldError[] {
  const errors: FieldError[] = [], type = schema['type'] as string | undefined
  if (hasStatus) {
    if (type && type !== 'object') errors.push(invalidValue(`${at}.type`, type,
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'))
    else if (Object.keys(schema).some((field) => !rootFields.has(field))) errors.push(invalidValue(at, goSchema(schema),
      `only [${atRoot.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`))
  }
  if (schema['nullable']) errors.push(forbiddenValue(`${at}.nullable`, 'nullable cannot be true at the root'))
  let costs: Costs | undefined
  if (!isUnsupported(schema)) {
    const structural = validateStructural(schema, at), wrong = structural.length ? structural : validateDefaults(schema, at)
    errors.push(...wrong)
    if (wrong.length === 0) costs = new Costs(1)
  }
  const found = validateSchema(schema, at, costs, { root: true })
  return [...errors, ...found.schema, ...found.rules, ...(costs?.excess(at) ?? [])]
}

const validateDeprecation = ({ deprecated, deprecationWarning: text }: CustomResourceDefinitionVersion, at: string): FieldError[] => {
  if (text === undefined) return []
  if (!deprecated) return [invalidValue(at, text, 'can only be set for deprecated versions')]
  const odd = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(text)
  return [
    ...(bytesOf(text) > 256 ? [invalidValue(at, text, 'must be <= 256 characters long')] : []),
    ...(text ? [] : [invalidValue(at, text, 'must not be an empty string')]),
    ...(odd ? [invalidValue(at, text, `must only contain printable UTF-8 characters; non-printable character found at index ${bytesOf(text.slice(0, odd.index))}`)] : []),
  ]
}
const validatePath = (path: string, at: string, under: string[], where: string): FieldError[] =>
  (!path.startsWith('.') ? [invalidValue(at, path, 'must be a simple json path starting with .')] : under.length && !under.some((u) => path.startsWith(u))
    ? [invalidValue(at, path, `should be a json path under ${where}`)] : [])
function validateSubresources({ scale }: CustomResourceSubresources, at: string): FieldError[] {
  if (!scale) return []
  const { specReplicasPath: wanted, statusReplicasPath: seen, labelSelectorPath: selector } = scale
  return [
    ...(wanted ? validatePath(wanted, `${at}.scale.specReplicasPath`, ['.spec.'], '.spec') : [requiredValue(`${at}.scale.specReplicasPath`)]),
    ...(seen ? validatePath(seen, `${at}.scale.statusReplicasPath`, ['.status.'], '.status') : [requiredValue(`${at}.scale.statusReplicasPath`)]),
    ...(selector ? validatePath(selector, `${at}.scale.labelSelectorPath`, ['.spec.', '.status.'], 'either .spec or .status') : []),
  ]
}
const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'], columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']
const validateColumn = ({ name, type, format, jsonPath }: CustomResourceColumnDefinition, at: string): FieldError[] => [
  ...(name ? [] : [requiredValue(`${at}.name`)]),
  ...(!type ? [requiredValue(`${at}.type`, `must be one of ${columnTypes.join(',')}`)] : columnTypes.includes(type) ? []
    : [invalidValue(`${at}.type`, type, `must be one of ${columnTypes.join(',')}`)]),
  ...(format && !columnFormats.includes(format) ? [invalidValue(`${at}.format`, format, `must be one of ${columnFormats.join(',')}`)] : []),
  ...(jsonPath ? validatePath(jsonPath, `${at}.JSONPath`, [], '') : [requiredValue(`${at}.JSONPath`)]),
]
const mostSelectable = 8
/** Said where the schema is not in the same place: versions have different schemas and the same fields, or the same schema and different fields. */
const unschemed = { schema: 'may only be set when version.schema.openAPIV3Schema is not included', validation: 'may only be set when validations.schema is included' } as const
function validateSelectable(fields: readonly SelectableField[], schema: JSONSchemaProps | undefined, schemaName: keyof typeof unschemed, at: string): FieldError[] {
  if (!fields.length) return []
  if (!schema) return [invalidValue(at, '', unschemed[schemaName])]
  const seen = new Set<string>(), errors = fields.flatMap(({ jsonPath: path }, i) => {
    const here = `${at}[${i}].jsonPath`
    if (!path) return [requiredValue(here)]
    const found = findPath(path, schema as Structural, false)
    if ('error' in found) return [invalidValue(here, path, `is an invalid path: ${found.error}`)]
    const again = seen.has(found.path)
    seen.add(found.path)
    return [
      ...(found.names[0] === 'metadata' ? [invalidValue(here, path, 'must not point to fields in metadata')] : []),
      ...(['string', 'boolean', 'integer'].includes(found.schema.type ?? '') ? []
        : [invalidValue(here, path, 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.')]),
      ...(again ? [duplicateValue(here, path)] : []),
    ]
  })
  return seen.size > mostSelectable ? [...errors, tooMany(at, seen.size, mostSelectable)] : errors
}

function validateNames({ plural, singular = '', kind, listKind = '', shortNames = [], categories = [] }: CustomResourceDefinitionNames, at: string): FieldError[] {
  const errors: FieldError[] = [], label = (field: string, value: string, why = '', checked = value) => {
    const bad = isDNS1035Label(checked)
    if (value && bad.length) errors.push(invalidValue(`${at}.${field}`, value, why + bad.join(',')))
  }
  label('plural', plural)
  label('singular', singular)
  for (const [field, value] of [['kind', kind], ['listKind', listKind]] as const) label(field, value, 'may have mixed case, but should otherwise match: ', value.toLowerCase())
  shortNames.forEach((name, i) => label(`shortNames[${i}]`, name))
  if (kind && kind === listKind) errors.push(invalidValue(`${at}.listKind`, listKind, 'kind and listKind may not be the same'))
  categories.forEach((name, i) => label(`categories[${i}]`, name))
  return errors
}
function validateStored(stored: readonly string[], versions: readonly CustomResourceDefinitionVersion[]): FieldError[] {
  const at = 'status.storedVersions'
  if (!stored.length) return [invalidValue(at, null, 'must have at least one stored version')]
  return [
    ...versions.filter((v) => v.storage && !stored.includes(v.name)).map((v) => invalidValue(at, stored, `must have the storage version ${v.name}`)),
    ...stored.flatMap((name, i) => (versions.some((v) => v.name === name) ? []
      : [invalidValue(`${at}[${i}]`, name,
        `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`)])),
  ]
}

const approved = 'api-approved.kubernetes.io', proposal = 'https://github.com/kubernetes/enhancements/pull/1111'
const approval = ({ metadata }: Definition): 'missing' | 'fine' | 'invalid' => {
  const text = metadata.annotations?.[approved] ?? ''
  return !text ? 'missing' : text.startsWith('unapproved') || /^[a-z][a-z0-9+.-]*:\/\/[^/]+/i.test(text) ? 'fine' : 'invalid'
}
/** Groups of the community need someone's approval. */
function validateApproval(crd: Definition, old: Definition | undefined): FieldError[] {
  const at = `metadata.annotations[${approved}]`, state = approval(crd)
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(crd.spec.group) || state === 'fine' || (old && approval(old) === state)) return []
  return state === 'missing' ? [requiredValue(at, `protected groups must have approval annotation "${approved}", see ${proposal}`)]
    : [invalidValue(at, crd.metadata.annotations?.[approved],
      `protected groups must have approval annotation "${approved}" with either a URL or a reason starting with "unapproved", see ${proposal}`)]
}

/** Once it is in use, a webhook's authorities must be readable, unless they were not before. */
function validateBundle(bundle: string | undefined, inUse: Definition | undefined, at: string): FieldError[] {
  const before = inUse?.spec.conversion?.webhook?.clientConfig?.caBundle, why = inUse && bundle ? whyNoAuthorities(bundle) : undefined
  return why === undefined || (before && whyNoAuthorities(before) !== undefined) ? [] : [invalidValue(at, bundle, `unable to load root certificates: ${why}`)]
}
/** What Go has against a bundle in base64 in which it finds no certificate; undefined where there is one. */
function whyNoAuthorities(bundle: string): string | undefined {
  const blocks = pemBlocks(bundle), wrong: string[] = []
  for (const { bytes } of blocks.filter(({ type, hasHeaders }) => type === 'CERTIFICATE' && !hasHeaders)) {
    try { certificate(bytes); return undefined } catch (error) { wrong.push(`failed to parse certificate: ${(error as Error).message}`) }
  }
  return wrong[0] ?? (blocks.length ? 'no valid certificate authority data seen' : 'unable to parse bytes as PEM block')
}

const reviewVersions = ['v1', 'v1beta1']
function validateConversion(conversion: CustomResourceConversion | undefined, inUse: Definition | undefined, at: string): FieldError[] {
  if (!conversion) return []
  const { strategy, webhook } = conversion, errors = validateWord(strategy, ['None', 'Webhook'], `${at}.strategy`), caller = `${at}.webhookClientConfig`
  const config = webhook?.clientConfig, versions = webhook?.conversionReviewVersions ?? [], here = `${at}.conversionReviewVersions`
  if (strategy !== 'Webhook') {
    const unwanted = 'should not be set when strategy is not set to Webhook'
    return [...errors, ...(config ? [forbiddenValue(caller, unwanted)] : []), ...(versions.length ? [forbiddenValue(here, unwanted)] : [])]
  }
  if (!config) errors.push(requiredValue(caller, 'required when strategy is set to Webhook'))
  else if ((config.url === undefined) === (config.service === undefined)) errors.push(requiredValue(caller, 'exactly one of url or service is required'))
  else errors.push(...(config.url !== undefined ? validateURL(config.url, `${caller}.url`) : validateServiceCaller(config.service!, `${caller}.service`)))
  errors.push(...validateBundle(config?.caBundle, inUse, `${caller}.caBundle`))
  if (!versions.length) return [...errors, requiredValue(here)]
  errors.push(...versions.flatMap((v, i) => (versions.indexOf(v) < i ? [invalidValue(`${here}[${i}]`, v, 'duplicate version')] : failing(isDNS1035Label, v, `${here}[${i}]`))))
  return versions.some((v) => reviewVersions.includes(v)) ? errors : [...errors, invalidValue(here, versions, `must include at least one of ${reviewVersions.join(', ')}`)]
}
