// Rules of metadata that hold for every kind.
import { bytesOf, takeMore, takesMore } from './bytes.ts'
import { forbiddenValue, invalidValue, requiredValue, tooLong, type FieldError } from './errors.ts'
import { quote } from './go-quote.ts'
import type { LabelSelector, ObjectMeta, TemplateMeta } from './meta.ts'
import { isDNS1123Label, isLabelValue, isQualifiedName, type NameRule } from './names.ts'
import type { Labels } from './selectors.ts'
import { same } from './same.ts'


/** Annotations of one object, keys and values together, in bytes. */
export const annotationsLimit = 256 * 1024
const managerLimit = 128

export interface ObjectMetaRules {
  readonly namespaced: boolean
  readonly name: NameRule
  /** Finalizers need a domain or must be one of Kubernetes' own; not so for custom resources. */
  readonly anyFinalizer?: boolean
}

/** What is wrong with the metadata of an object that is to be created or has been changed. */
export function validateObjectMeta(meta: TemplateMeta, rules: ObjectMetaRules, field = 'metadata'): FieldError[] {
  const errors: FieldError[] = []
  if (meta.generateName) for (const why of rules.name(meta.generateName, true)) errors.push(invalidValue(`${field}.generateName`, meta.generateName, why))
  if (!meta.name) errors.push(requiredValue(`${field}.name`, 'name or generateName is required'))
  else for (const why of rules.name(meta.name, false)) errors.push(invalidValue(`${field}.name`, meta.name, why))
  if (!rules.namespaced) { if (meta.namespace) errors.push(forbiddenValue(`${field}.namespace`, 'not allowed on this type')) }
  else if (!meta.namespace) errors.push(requiredValue(`${field}.namespace`))
  else for (const why of isDNS1123Label(meta.namespace)) errors.push(invalidValue(`${field}.namespace`, meta.namespace, why))
  if ((meta.generation ?? 0) < 0) errors.push(invalidValue(`${field}.generation`, meta.generation, 'must be greater than or equal to 0'))
  errors.push(...validateShared(meta, field, validateFinalizers(meta.finalizers, `${field}.finalizers`)))
  return rules.anyFinalizer ? errors : [...errors, ...validateOwnFinalizers(meta, field)]
}

/** What of a changed object's metadata may not change. `meta` has been through keepObjectMeta. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, field = 'metadata'): FieldError[] {
  const errors: FieldError[] = []
  if (old.deletionTimestamp) {
    const added = (meta.finalizers ?? []).filter((f) => !old.finalizers?.includes(f))
    if (added.length) errors.push(forbiddenValue(`${field}.finalizers`,
      `no new finalizers can be added if the object is being deleted, found new finalizers []string{${[...new Set(added)].sort().map(quote).join(', ')}}`))
  }
  if (!meta.resourceVersion) errors.push(invalidValue(`${field}.resourceVersion`, '', 'must be specified for an update'))
  if ((meta.generation ?? 0) < (old.generation ?? 0)) errors.push(invalidValue(`${field}.generation`, meta.generation ?? 0, 'must not be decremented'))
  for (const key of ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    if (!same(meta[key], old[key])) errors.push(invalidValue(`${field}.${key}`, meta[key] ?? (key.startsWith('deletion') ? null : ''), 'field is immutable'))
  }
  errors.push(...validateShared(meta, field, []))
  return errors
}

/** Takes over, in place, what a client may leave out of an update and what it cannot change: uid, times of creation and deletion. */
export function keepObjectMeta(meta: ObjectMeta, old: ObjectMeta): void {
  if (!meta.uid) meta.uid = old.uid
  if (old.creationTimestamp) meta.creationTimestamp = old.creationTimestamp
  if (old.deletionTimestamp) meta.deletionTimestamp = old.deletionTimestamp
  if (old.deletionGracePeriodSeconds !== undefined && meta.deletionGracePeriodSeconds === undefined) meta.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds
}

function validateShared(meta: TemplateMeta, field: string, finalizers: readonly FieldError[]): FieldError[] {
  return [
    ...(meta.labels ? validateLabels(meta.labels, `${field}.labels`) : []),
    ...(meta.annotations ? validateAnnotations(meta.annotations, `${field}.annotations`) : []),
    ...(meta.ownerReferences ? validateOwnerReferences(meta.ownerReferences, `${field}.ownerReferences`) : []),
    ...finalizers,
    ...(meta.managedFields ? validateManagedFields(meta.managedFields, `${field}.managedFields`) : []),
  ]
}

export function validateLabels(labels: Labels, field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const key in labels) {
    for (const why of isQualifiedName(key)) errors.push(invalidValue(field, key, why))
    for (const why of isLabelValue(labels[key]!)) errors.push(invalidValue(field, labels[key], why))
  }
  return errors
}

export function validateAnnotations(annotations: Labels, field: string): FieldError[] {
  const errors: FieldError[] = []
  let size = 0
  for (const key in annotations) {
    for (const why of isQualifiedName(key.toLowerCase())) errors.push(invalidValue(field, key, why))
    size += key.length + annotations[key]!.length
  }
  if (annotations && size * 3 > annotationsLimit && takeMore(Object.entries(annotations).flat(), annotationsLimit)) errors.push(tooLong(field, annotationsLimit))
  return errors
}

type Owners = NonNullable<TemplateMeta['ownerReferences']>
function validateOwnerReferences(owners: Owners, field: string): FieldError[] {
  const errors: FieldError[] = []
  let controller: string | undefined
  for (const owner of owners) {
    if (!/^([^/]*\/)?[^/]+$/.test(owner.apiVersion ?? '')) errors.push(invalidValue(`${field}.apiVersion`, owner.apiVersion, 'version must not be empty'))
    for (const key of ['kind', 'name', 'uid'] as const) if (!owner[key]) errors.push(invalidValue(`${field}.${key}`, owner[key], 'must not be empty'))
    if (/^\/?v1$/.test(owner.apiVersion ?? '') && owner.kind === 'Event') errors.push(invalidValue(field, owner, '/v1, Kind=Event is disallowed from being an owner'))
    if (!owner.controller) continue
    const name = `${owner.kind}/${owner.name}`
    if (controller !== undefined) errors.push(invalidValue(field, owners, `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`))
    else controller = name
  }
  return errors
}

function validateFinalizers(finalizers: readonly string[] | undefined, field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const name of finalizers ?? []) for (const why of isQualifiedName(name)) errors.push(invalidValue(field, name, why))
  if (finalizers?.includes('orphan') && finalizers.includes('foregroundDeletion'))
    errors.push(invalidValue(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'))
  return errors
}
const ownFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']
/** Finalizers of built-in kinds need a domain or must be one of Kubernetes' own. */
export const validateOwnFinalizers = ({ finalizers }: TemplateMeta, field = 'metadata'): FieldError[] => (finalizers ?? []).flatMap((name, i) =>
  (name.includes('/') || ownFinalizers.includes(name) ? [] : [invalidValue(`${field}.finalizers[${i}]`, name, 'name is neither a standard finalizer name nor is it fully qualified')]))

function validateManagedFields(entries: NonNullable<TemplateMeta['managedFields']>, field: string): FieldError[] {
  const errors: FieldError[] = []
  entries.forEach((entry, i) => {
    const at = `${field}[${i}]`
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') errors.push(invalidValue(`${at}.operation`, entry.operation ?? '', 'must be `Apply` or `Update`'))
    if (entry.fieldsType && entry.fieldsType !== 'FieldsV1') errors.push(invalidValue(`${at}.fieldsType`, entry.fieldsType, 'must be `FieldsV1`'))
    errors.push(...validateFieldManager(entry.manager ?? '', `${at}.manager`))
    if ((entry.subresource ?? '').length > 256) errors.push(tooLong(`${at}.subresource`, 256))
  })
  return errors
}
/** A field manager's name: at most 128 bytes of printable characters. */
export function validateFieldManager(name: string, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (name.length <= managerLimit && /^[ -~]*$/.test(name)) return errors
  if (takesMore(name, managerLimit)) errors.push(tooLong(field, managerLimit))
  const odd = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(name)
  if (odd) errors.push(invalidValue(field, name, `invalid character U+${odd[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')} (at position ${bytesOf(name.slice(0, odd.index))})`))
  return errors
}

/** What is wrong with a label selector. */
export function validateLabelSelector(selector: LabelSelector | null | undefined, field: string, options: { anyValue?: boolean } = {}): FieldError[] {
  if (!selector) return []
  const errors = validateLabels(selector.matchLabels, `${field}.matchLabels`)
  selector.matchExpressions?.forEach(({ key, operator, values = [] }, i) => {
    const at = `${field}.matchExpressions[${i}]`
    if (operator === 'In' || operator === 'NotIn') {
      if (!values.length) errors.push(requiredValue(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length) errors.push(forbiddenValue(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
    } else errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'))
    for (const why of isQualifiedName(key)) errors.push(invalidValue(`${at}.key`, key, why))
    if (!options.anyValue) values.forEach((value, j) => { for (const why of isLabelValue(value)) errors.push(invalidValue(`${at}.values[${j}]`, value, why)) })
  })
  return errors
}
