// What is wrong with storage classes, drivers and what they attach.
import {
  compareQuantities, duplicateValue, forbiddenValue, invalidValue, isQualifiedName, notInRange, notSupported, requiredValue, same, takeMore, takesMore, tooLong, validateLabelSelector,
  type AnyObject,
  type FieldError, type LabelSelector,
} from '#machinery'
import { atLeastZero, failing, immutableField, oneOf, sortedMap, validateDNSSubdomain } from '../checks.ts'
import { validateDriverName } from '../core/pod/validate-volume.ts'
import { labelWarnings } from '../core/pod/warnings.ts'
import { validateVolumeSpec } from '../core/validate-persistentvolume.ts'
import { goForm } from '../go-diff.ts'
import { csiNodeDriverForm, volumeAttachmentForm } from '../go-forms.ts'
import type { CSIDriverSpec, StorageTokenRequest } from './csidriver.ts'
import type { CSINodeDriver, CSINodeSpec } from './csinode.ts'
import type { TopologySelectorTerm } from './storageclass.ts'
import type { VolumeAttachmentSource, VolumeAttachmentSpec, VolumeAttachmentStatus, VolumeError } from './volumeattachment.ts'

interface StorageClassLike { provisioner: string; parameters?: Record<string,
  string>; reclaimPolicy?: string; volumeBindingMode?: string; allowedTopologies?: TopologySelectorTerm[] }
export const validateStorageClass = (o: StorageClassLike): FieldError[] => [
  ...validateProvisioner(o.provisioner, 'provisioner'),
  ...validateClassParameters(o.parameters),
  ...(o.reclaimPolicy ? oneOf(o.reclaimPolicy, ['Delete', 'Retain'], 'reclaimPolicy') : []),
  ...(o.volumeBindingMode === undefined ? [requiredValue('volumeBindingMode')] : oneOf(o.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer'], 'volumeBindingMode')),
  ...validateTopologies(o.allowedTopologies ?? []),
]
export const validateStorageClassChange = (o: StorageClassLike, old: StorageClassLike): FieldError[] => [
  ...immutableField(sortedMap(o.parameters), sortedMap(old.parameters), 'parameters'),
  ...(['provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const).flatMap((field) => immutableField(o[field], old[field], field)),
]
const validateProvisioner = (name: string, at: string): FieldError[] => (name ? failing(isQualifiedName, name.toLowerCase(), at) : [requiredValue(at)])

const mostParameters = 512, mostParameterBytes = 256 * 1024
function validateClassParameters(parameters: Record<string, string> = {}): FieldError[] {
  const entries = Object.entries(parameters)
  if (entries.length > mostParameters) return [tooLong('parameters', mostParameters)]
  return [...('' in parameters ? [invalidValue('parameters', '', 'field can not be empty.')] : []),
    ...(takeMore(entries.flat(), mostParameterBytes) ? [tooLong('parameters', mostParameterBytes)] : [])]
}

function validateTopologies(terms: readonly TopologySelectorTerm[]): FieldError[] {
  // As in the reference, nothing counts as said once for every term there is.
  const errors: FieldError[] = [], seen: object[] = terms.map(() => ({}))
  for (const [i, { matchLabelExpressions = [] }] of terms.entries()) {
    const term: Record<string, string[]> = {}
    for (const [j, { key, values }] of matchLabelExpressions.entries()) {
      const at = `allowedTopologies[${i}].matchLabelExpressions[${j}]`, list = values ?? []
      if (!list.length) errors.push(requiredValue(`${at}.values`))
      list.forEach((value, k) => { if (list.indexOf(value) < k) errors.push(duplicateValue(`${at}.values[${k}]`, value)) })
      errors.push(...failing(isQualifiedName, key, `${at}.key`))
      if (key in term) errors.push(duplicateValue(`${at}.key`, key))
      term[key] = [...new Set(list)].sort()
    }
    for (const other of seen) if (same(other, term)) errors.push(duplicateValue(`allowedTopologies[${i}].matchLabelExpressions`, ''))
    seen.push(term)
  }
  return errors
}

interface AttributesClassLike { driverName: string; parameters?: Record<string, string> }
export const validateVolumeAttributesClass = (o: AttributesClassLike): FieldError[] => [
  ...validateProvisioner(o.driverName, 'driverName'),
  ...(Object.keys(o.parameters ?? {}).length ? validateClassParameters(o.parameters) : [requiredValue('parameters', 'must contain at least one key/value pair')]),
]
export const validateAttributesClassChange = (o: AttributesClassLike, old: AttributesClassLike): FieldError[] =>
  (['driverName', 'parameters'] as const).flatMap((field) => (same(o[field], old[field]) ? [] : [forbiddenValue(field, `updates to ${field} are forbidden.`)]))

export function validateCSIDriver({ spec }: { spec: CSIDriverSpec }, old?: { spec: CSIDriverSpec }): FieldError[] {
  const { fsGroupPolicy, volumeLifecycleModes, nodeAllocatableUpdatePeriodSeconds: period, serviceAccountTokenInSecrets } = spec
  return [
    ...(fsGroupPolicy === undefined ? [] : oneOf(fsGroupPolicy, ['File', 'None', 'ReadWriteOnceWithFSType'], 'spec.fsGroupPolicy')),
    ...validateTokens(spec.tokenRequests ?? []),
    ...(volumeLifecycleModes ?? []).flatMap((mode) => (lifecycles.includes(mode) ? [] : [notSupported('spec.volumeLifecycleModes', mode, lifecycles)])),
    ...(period !== undefined && period < shortestPeriod ? [invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', period, `must be greater than or equal to ${shortestPeriod} seconds`)] : []),
    ...(serviceAccountTokenInSecrets !== undefined && !spec.tokenRequests?.length
      ? [invalidValue('spec.serviceAccountTokenInSecrets', serviceAccountTokenInSecrets, 'serviceAccountTokenInSecrets is set but no tokenRequests are specified')] : []),
    ...(old ? [...immutableField(spec.attachRequired, old.spec.attachRequired, 'spec.attachedRequired'),
      ...immutableField(volumeLifecycleModes, old.spec.volumeLifecycleModes, 'spec.volumeLifecycleModes')] : []),
  ]
}
const lifecycles = ['Persistent', 'Ephemeral'], shortestPeriod = 10
const shortestToken = 600, longestToken = 2 ** 32
const validateTokens = (requests: readonly StorageTokenRequest[]): FieldError[] => requests.flatMap(({ audience, expirationSeconds: seconds }, i) => {
  const at = `spec.tokenRequests[${i}]`
  if (requests.findIndex((r) => r.audience === audience) < i) return [duplicateValue(`${at}.audience`, audience)]
  return seconds === undefined ? [] : [
    ...(seconds < shortestToken ? [invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes')] : []),
    ...(seconds > longestToken ? [invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds')] : []),
  ]
})
export const csiDriverWarnings = ({ spec }: { spec: CSIDriverSpec }, old?: object): string[] =>
  (!old && spec.tokenRequests?.length && spec.serviceAccountTokenInSecrets === undefined ? [tokensInContext] : [])
const tokensInContext = 'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes'

const longestNodeID = 256
export function validateCSINode({ spec }: { spec: CSINodeSpec }, old?: { spec: CSINodeSpec }): FieldError[] {
  const drivers = spec.drivers ?? []
  return [
    ...drivers.flatMap((driver, i) => validateNodeDriver(driver, `spec.drivers[${i}]`, drivers.findIndex((d) => d.name === driver.name) < i)),
    ...(old?.spec.drivers ?? []).flatMap((before) => drivers.flatMap((driver) =>
      (driver.name === before.name && !same(withoutLimits(driver), withoutLimits(before))
        ? [invalidValue('spec.drivers', goForm(csiNodeDriverForm, withoutLimits(driver)), 'field is immutable')] : []))),
  ]
}
/** How many volumes a driver takes on its node changes while it runs; nothing else of it does. */
const withoutLimits = ({ allocatable: _, ...rest }: CSINodeDriver): CSINodeDriver => rest
const validateNodeDriver = ({ name, nodeID, allocatable, topologyKeys = [] }: CSINodeDriver, at: string, again: boolean): FieldError[] => [
  ...validateDriverName(name, `${at}.name`),
  ...(!nodeID ? [requiredValue(`${at}.nodeID`)] : takesMore(nodeID, longestNodeID) ? [invalidValue(`${at}.nodeID`, nodeID, `must be ${longestNodeID} characters or less`)] : []),
  ...atLeastZero(allocatable?.count, `${at}.allocatable.count`),
  ...(again ? [duplicateValue(`${at}.name`, name)] : []),
  ...topologyKeys.flatMap((key, i) => [...(key ? [] : [requiredValue(at)]), ...(topologyKeys.indexOf(key) < i ? [duplicateValue(at, key)] : []),
    ...failing(isQualifiedName, key, at)]),
]

interface CapacityLike { nodeTopology?: LabelSelector; storageClassName: string; capacity?: string }
export const validateStorageCapacity = (o: CapacityLike, old?: CapacityLike): FieldError[] => [
  ...validateLabelSelector(o.nodeTopology, 'nodeTopology', { anyValue: !!old && validateLabelSelector(old.nodeTopology, '').length > 0 }),
  ...validateDNSSubdomain(o.storageClassName, 'storageClassName'),
  ...(o.capacity !== undefined && compareQuantities(o.capacity, '0') < 0 ? [invalidValue('capacity', o.capacity, 'must be greater than or equal to 0')] : []),
]
export const validateCapacityChange = (o: CapacityLike, old: CapacityLike): FieldError[] =>
  [...immutableField(o.nodeTopology, old.nodeTopology, 'nodeTopology'), ...immutableField(o.storageClassName, old.storageClassName, 'storageClassName')]
/** Old names of labels, where a class says in which topologies it is. */
export const topologyWarnings = ({ allowedTopologies = [] }: { allowedTopologies?: TopologySelectorTerm[] }): string[] => allowedTopologies.flatMap(({ matchLabelExpressions = [] }, i) =>
  matchLabelExpressions.flatMap(({ key }, j) => labelWarnings([key], () => `allowedTopologies[${i}].matchLabelExpressions[${j}].key`)))
export const capacityWarnings = ({ nodeTopology: { matchExpressions = [], matchLabels = {} } = {} }: { nodeTopology?: LabelSelector }): string[] => [
  ...matchExpressions.flatMap(({ key }, i) => labelWarnings([key], () => `nodeTopology.matchExpressions[${i}].key`)),
  ...labelWarnings(Object.keys(matchLabels).sort(), (key) => `nodeTopology.matchLabels.${key}`),
]

type AttachmentLike = AnyObject & { spec: VolumeAttachmentSpec; status: VolumeAttachmentStatus }
export function validateVolumeAttachment({ spec, status }: AttachmentLike, old?: AttachmentLike): FieldError[] {
  const { attacher, source, nodeName } = spec, exactly = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  const errors = [...(attacher ? [] : [requiredValue('spec.attacher')]), ...validateAttachedSource(source, exactly), ...validateDNSSubdomain(nodeName, 'spec.nodeName'), ...validateAttached(status)]
  if (old && !same(spec, old.spec)) errors.push(invalidValue('spec', goForm(volumeAttachmentForm, spec), 'field is immutable'))
  if (!old) errors.push(...(attacher ? validateDriverName(attacher, 'spec.attacher') : []),
    ...(source.persistentVolumeName === undefined ? [] : validateDNSSubdomain(source.persistentVolumeName, 'spec.source.persistentVolumeName')))
  return errors
}
function validateAttachedSource({ inlineVolumeSpec, persistentVolumeName }: VolumeAttachmentSource, exactly: string): FieldError[] {
  if (inlineVolumeSpec && persistentVolumeName !== undefined) return [forbiddenValue('spec.source', exactly)]
  if (inlineVolumeSpec) return validateVolumeSpec(inlineVolumeSpec, '', 'spec.source.inlineVolumeSpec', true)
  if (persistentVolumeName === undefined) return [requiredValue('spec.source', exactly)]
  return persistentVolumeName ? [] : [requiredValue('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName')]
}
const mostMetadata = 256 * 1024, longestError = 1024
function validateAttached({ attachmentMetadata = {}, attachError, detachError }: VolumeAttachmentStatus): FieldError[] {
  // The reference names another limit than it holds.
  const faults = ({ message = '', errorCode = 0 }: VolumeError, at: string) => [...(takesMore(message, longestError) ? [tooLong(`${at}.message`, mostMetadata)] : []),
    ...(errorCode < 0 ? [invalidValue(`${at}.errorCode`, errorCode, notInRange(0, 2 ** 31 - 1))] : [])]
  return [...(takeMore(Object.entries(attachmentMetadata).flat(), mostMetadata) ? [tooLong('status.attachmentMetadata', mostMetadata)] : []), ...(attachError ? faults(attachError, 'status.attachError') : []),
    ...(detachError ? faults(detachError, 'status.detachError') : [])]
}
