// What is wrong with a persistent volume claim, its changes, and claims inside pods.
import {
  compareQuantities, forbiddenValue, invalidValue, isDNS1123Label, isDNS1123Subdomain, isQualifiedName, notSupported, parseQuantity, quantityValue, requiredValue, same, validateAnnotations, validateLabels,
  validateLabelSelector, type AnyObject, type FieldError, type TemplateMeta,
} from '#machinery'
import { immutableField, oneOf, validateDNSSubdomain } from '../checks.ts'
import { goDiff } from '../go-diff.ts'
import { claimSpecForm } from '../go-forms.ts'
import type { PersistentVolumeClaimSpec, PersistentVolumeClaimStatus } from './persistentvolumeclaim.ts'
import { isNativeResource } from './resources.ts'
import { validateResourceAmount } from './validate-resources.ts'

type ClaimLike = AnyObject & { spec: PersistentVolumeClaimSpec; status: PersistentVolumeClaimStatus }

export const accessModeWords = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
/** One pod only, and others: unknown words do not count. */
export const sharesOncePod = (modes: readonly string[]): boolean => modes.includes('ReadWriteOncePod') && modes.some((m) => m !== 'ReadWriteOncePod' && accessModeWords.includes(m))
/** What the reference says of an amount below nothing, with the amount as a number. */
export const basicAmount = (amount: string, at: string): FieldError[] =>
  (quantityValue(amount) < 0 ? [invalidValue(at, quantityValue(amount), 'must be a valid resource quantity')] : [])
export const volumeModeWords = ['Block', 'Filesystem']

export function validateClaim(claim: ClaimLike, old?: ClaimLike, subresource?: string): FieldError[] {
  if (subresource === 'status') return validateClaimStatus(claim)
  return [...validateClaimSpec(claim.spec, 'spec'), ...(old ? validateClaimUpdate(claim, old) : [])]
}

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, at: string): FieldError[] {
  const { selector, resources, storageClassName, volumeMode, dataSource, dataSourceRef, volumeAttributesClassName } = spec
  const accessModes = spec.accessModes ?? []
  const errors: FieldError[] = []
  if (!accessModes.length) errors.push(requiredValue(`${at}.accessModes`, 'at least 1 access mode is required'))
  errors.push(...validateLabelSelector(selector, `${at}.selector`), ...accessModes.flatMap((mode) => oneOf(mode, accessModeWords, `${at}.accessModes`)))
  if (sharesOncePod(accessModes)) errors.push(forbiddenValue(`${at}.accessModes`, 'may not use ReadWriteOncePod with other access modes'))
  const storage = resources.requests?.storage
  if (storage === undefined) errors.push(requiredValue(`${at}.resources[storage]`))
  else if (parseQuantity(storage).nano <= 0n) errors.push(invalidValue(`${at}.resources[storage]`, storage, 'must be greater than zero'))
  else errors.push(...validateResourceAmount('storage', storage, `${at}.resources[storage]`))
  if (storageClassName) errors.push(...validateDNSSubdomain(storageClassName, `${at}.storageClassName`))
  if (volumeMode !== undefined) errors.push(...oneOf(volumeMode, volumeModeWords, `${at}.volumeMode`))
  if (dataSource) errors.push(...validateDataSource(dataSource, `${at}.dataSource`))
  if (dataSourceRef) errors.push(...validateDataSource(dataSourceRef, `${at}.dataSourceRef`))
  if (dataSourceRef?.namespace) {
    if (dataSource) errors.push(invalidValue(at, `${at}.dataSource`, 'may not be specified when dataSourceRef.namespace is specified'))
  } else if (dataSource && dataSourceRef && !same({ ...dataSource, namespace: undefined }, { ...dataSourceRef, namespace: undefined }))
    errors.push(invalidValue(at, `${at}.dataSource`, 'must match dataSourceRef'))
  if (volumeAttributesClassName) errors.push(...validateDNSSubdomain(volumeAttributesClassName, `${at}.volumeAttributesClassName`))
  return errors
}

function validateDataSource({ apiGroup = '', kind, name, namespace }: { apiGroup?: string; kind: string; name: string; namespace?: string }, at: string): FieldError[] {
  return [
    ...(name ? [] : [requiredValue(`${at}.name`)]),
    ...(kind ? [] : [requiredValue(`${at}.kind`)]),
    ...(!apiGroup && kind !== 'PersistentVolumeClaim' ? [invalidValue(at, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")] : []),
    ...(apiGroup ? isDNS1123Subdomain(apiGroup).map((why) => invalidValue(`${at}.apiGroup`, apiGroup, why)) : []),
    ...(namespace ? isDNS1123Label(namespace).map((why) => invalidValue(`${at}.namespace`, namespace, why)) : []),
  ]
}

const betaClass = 'volume.beta.kubernetes.io/storage-class'
/** Only the name of the volume may be set once; bound claims may grow and change their attributes class. */
function validateClaimUpdate(claim: ClaimLike, old: ClaimLike): FieldError[] {
  const errors: FieldError[] = []
  let now = claim.spec, before = old.spec
  if (!before.volumeName) before = { ...before, ...(now.volumeName !== undefined && { volumeName: now.volumeName }) }
  const betaNow = claim.metadata.annotations?.[betaClass] ?? '', betaBefore = old.metadata.annotations?.[betaClass] ?? ''
  const fromAnnotation = old.metadata.annotations?.[betaClass] === now.storageClassName && (!betaNow || betaNow === betaBefore)
  if (before.storageClassName === undefined && now.storageClassName !== undefined && (fromAnnotation || !betaBefore)) {
    const { storageClassName: _, ...rest } = now
    now = rest
  }
  if (betaNow !== betaBefore && !fromAnnotation) errors.push(invalidValue(`metadata.annotations.${betaClass}`, betaNow, 'field is immutable'))
  if (claim.status.phase === 'Bound') {
    const storage = before.resources.requests?.storage
    if (now.resources.requests && storage !== undefined) now = { ...now, resources: { ...now.resources, requests: { ...now.resources.requests, storage } } }
    const { volumeAttributesClassName: _, ...rest } = now
    now = before.volumeAttributesClassName === undefined ? rest : { ...rest, volumeAttributesClassName: before.volumeAttributesClassName }
  }
  if (!same(now, before))
    errors.push(forbiddenValue('spec',
      `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${goDiff(claimSpecForm, before, now)}`))
  const size = claim.spec.resources.requests?.storage ?? '0', had = old.spec.resources.requests?.storage ?? '0'
  if (compareQuantities(size, had) < 0 && compareQuantities(size, old.status.capacity?.storage ?? '0') <= 0)
    errors.push(forbiddenValue('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  errors.push(...immutableField(claim.spec.volumeMode, old.spec.volumeMode, 'volumeMode'))
  const attributes = claim.spec.volumeAttributesClassName
  if (attributes !== old.spec.volumeAttributesClassName && !attributes && old.status.currentVolumeAttributesClassName !== undefined)
    errors.push(forbiddenValue('spec.volumeAttributesClassName',
      `update to ${attributes === undefined ? 'nil' : 'empty string'} is forbidden when status.currentVolumeAttributesClassName is not nil`))
  return errors
}

const resizing = ['ControllerResizeInProgress', 'ControllerResizeInfeasible', 'NodeResizeInProgress', 'NodeResizeInfeasible', 'NodeResizePending']
function validateClaimStatus({ spec, status }: ClaimLike): FieldError[] {
  const statuses = 'status.allocatedResourcesStatus', amounts = 'status.allocatedResources'
  return [
    ...(spec.accessModes?.length ? [] : [requiredValue('Spec.accessModes')]),
    ...Object.entries(status.capacity ?? {}).flatMap(([name, amount]) => basicAmount(amount, `status.capacity[${name}]`)),
    ...Object.entries(status.allocatedResourceStatuses ?? {}).flatMap(([name, state]) => [
      ...claimResource(name, statuses), ...(resizing.includes(state) ? [] : [notSupported(statuses, name, resizing)]),
    ]),
    ...Object.entries(status.allocatedResources ?? {}).flatMap(([name, amount]) => [
      ...claimResource(name, amounts), ...basicAmount(amount, `${amounts}[${name}]`),
      ...(quantityValue(amount) < 0 ? [] : validateResourceAmount('storage', amount, `${amounts}[${name}]`)),
    ]),
  ]
}
/** Storage, or something with a domain of somebody else. */
function claimResource(name: string, at: string): FieldError[] {
  const faults = isQualifiedName(name)
  if (faults.length) return faults.map((why) => invalidValue(at, name, why))
  return name === 'storage' || !isNativeResource(name) ? [] : [notSupported(at, name, ['storage'])]
}

/** In the order of the reference's structure. */
const metadataFields = ['name', 'generateName', 'namespace', 'selfLink', 'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'deletionTimestamp',
  'deletionGracePeriodSeconds', 'ownerReferences', 'finalizers', 'managedFields'] as const
/** A claim that is made for one pod: a template with labels and annotations only. */
export function validateClaimTemplate({ volumeClaimTemplate }: { volumeClaimTemplate?: { metadata: TemplateMeta; spec: PersistentVolumeClaimSpec } }, field: string): FieldError[] {
  const at = `${field}.volumeClaimTemplate`
  if (!volumeClaimTemplate) return [requiredValue(at)]
  const { metadata, spec } = volumeClaimTemplate
  return [...validateTemplateMeta(metadata, `${at}.metadata`), ...validateClaimSpec(spec, `${at}.spec`)]
}
/** Metadata of a template: labels and annotations, nothing else. */
export const validateTemplateMeta = (metadata: TemplateMeta, at: string): FieldError[] => [
  ...validateAnnotations(metadata.annotations ?? {}, `${at}.annotations`), ...validateLabels(metadata.labels, `${at}.labels`),
  ...metadataFields.filter((key) => metadata[key] !== undefined).map((key) => forbiddenValue(`${at}.${key}`, 'cannot be set')),
]
