// What is wrong with a persistent volume, and with one that is written inside an attachment.
import { forbiddenValue, invalidValue, notSupported, parseQuantity, requiredValue, same, type AnyObject, type FieldError } from '#machinery'
import { immutableField, oneOf, sortedMap, validateDNSLabel, validateDNSSubdomain } from '../checks.ts'
import { goDiff, goForm } from '../go-diff.ts'
import { persistentVolumeSourceForm, volumeNodeAffinityForm } from '../go-forms.ts'
import type { PersistentVolumeSpec, VolumeNodeAffinity } from './persistentvolume.ts'
import type { NodeSelectorRequirement } from './pod/affinity.ts'
import { validateNoBacksteps } from './pod/paths.ts'
import { validateNodeSelector } from './pod/validate-affinity.ts'
import { both, iscsi, required, secretNameAndNamespace, sharedSources, type Check } from './pod/validate-sources.ts'
import { validateDriverName } from './pod/validate-volume.ts'
import { termWarnings, volumeWarnings } from './pod/warnings.ts'
import { accessModeWords, basicAmount, sharesOncePod, volumeModeWords } from './validate-claim.ts'

const glusterfs: Check = (source, at) => {
  const space = source.endpointsNamespace, errors = required('endpoints', 'path')(source, at)
  if (space === '') return [...errors, invalidValue(`${at}.endpointsNamespace`, space, 'if the endpointnamespace is set, it must be a valid namespace name')]
  return space === undefined ? errors : [...errors, ...validateDNSLabel(space, `${at}.endpointsNamespace`)]
}
const azureFile: Check = (source, at) => [...required('secretName', 'shareName')(source, at), ...(source.secretNamespace === '' ? [requiredValue(`${at}.secretNamespace`)] : [])]
const local: Check = ({ path }, at) => (path ? validateNoBacksteps(path, `${at}.path`) : [requiredValue(`${at}.path`)])
const secretsOfCSI = ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const
const csi: Check = (source, at) => [
  ...validateDriverName(source.driver, `${at}.driver`), ...required('volumeHandle')(source, at),
  ...secretsOfCSI.flatMap((field) => {
    const ref = source[field] as { name?: string; namespace?: string } | undefined
    return !ref ? [] : [
      ...(ref.name ? validateDNSSubdomain(ref.name, `${at}.${field}.name`) : [requiredValue(`${at}.${field}.name`)]),
      ...(ref.namespace ? validateDNSLabel(ref.namespace, `${at}.${field}.namespace`) : [requiredValue(`${at}.${field}.namespace`)]),
    ]
  }),
]
/** Every sort of volume in the order it is checked. */
const sorts: readonly (readonly [name: string, shownAs?: string])[] = [
  ['hostPath'], ['gcePersistentDisk'], ['awsElasticBlockStore'], ['glusterfs'], ['flocker'], ['nfs'], ['rbd'], ['quobyte'], ['cephfs', 'cephFS'], ['iscsi'], ['cinder'], ['fc'],
    ['flexVolume'],
  ['azureFile'], ['vsphereVolume'], ['photonPersistentDisk'], ['portworxVolume'], ['azureDisk'], ['scaleIO'], ['local'], ['storageos'], ['csi'],
]
const persistent: Readonly<Record<string, Check>> = { ...sharedSources, glusterfs, cinder: both(required('volumeID'), secretNameAndNamespace), azureFile, local, csi,
  storageos: both(sharedSources.storageos!, secretNameAndNamespace) }

type VolumeLike = AnyObject & { spec: PersistentVolumeSpec }
const policies = ['Delete', 'Recycle', 'Retain']

export const validatePersistentVolume = (volume: VolumeLike, _old?: VolumeLike, subresource?: string): FieldError[] =>
  (subresource === 'status' ? [] : [...validateVolumeSpec(volume.spec, volume.metadata.name, 'spec'), ...validateMountOptions(volume)])
/** A change is looked at as a whole once more. */
export const validateVolumeChange = ({ metadata, spec }: VolumeLike, old: VolumeLike): FieldError[] =>
  [...validateVolumeSpec(spec, metadata.name, 'spec'), ...validateChange(spec, old.spec)]
const optionsAnnotation = 'volume.beta.kubernetes.io/mount-options'
const mountable = ['gcePersistentDisk', 'awsElasticBlockStore', 'glusterfs', 'cinder', 'rbd', 'quobyte', 'nfs', 'iscsi', 'cephfs', 'azureFile', 'vsphereVolume', 'azureDisk',
  'csi'] as const
const validateMountOptions = ({ metadata, spec }: VolumeLike): FieldError[] =>
  (metadata.annotations?.[optionsAnnotation] !== undefined && !mountable.some((sort) => spec[sort])
    ? [forbiddenValue(`metadata.annotations.${optionsAnnotation}`, 'may not specify mount options for this volume type')] : [])

/** The spec of a volume; one that is `inline` says little more than where the storage is. */
export function validateVolumeSpec(spec: PersistentVolumeSpec, name: string, at: string, inline = false): FieldError[] {
  const { accessModes = [], capacity, claimRef, nodeAffinity, storageClassName, volumeMode, volumeAttributesClassName: attributes, persistentVolumeReclaimPolicy: policy } = spec
  const notInline = (field: string) => forbiddenValue(`${at}.${field}`, 'may not be specified in the context of inline volumes')
  const errors: FieldError[] = []
  if (inline) {
    if (claimRef) errors.push(notInline('claimRef'))
    if (Object.keys(capacity ?? {}).length) errors.push(notInline('capacity'))
    if (!spec.csi) errors.push(requiredValue(`${at}.csi`, 'has to be specified in the context of inline volumes'))
  }
  if (!accessModes.length) errors.push(requiredValue(`${at}.accessModes`))
  errors.push(...accessModes.flatMap((mode) => oneOf(mode, accessModeWords, `${at}.accessModes`)))
  if (sharesOncePod(accessModes)) errors.push(forbiddenValue(`${at}.accessModes`,
    'may not use ReadWriteOncePod with other access modes'))
  if (!inline) errors.push(...validateCapacity(capacity, `${at}.capacity`))
  if (policy) {
    if (inline && policy !== 'Retain') errors.push(forbiddenValue(`${at}.persistentVolumeReclaimPolicy`, 'may only be Retain in the context of inline volumes'))
    else errors.push(...oneOf(policy, policies, `${at}.persistentVolumeReclaimPolicy`))
  }
  if (nodeAffinity) errors.push(...(inline ? [notInline('nodeAffinity')] : validateNodeAffinity(nodeAffinity, `${at}.nodeAffinity`)))
  errors.push(...validateSources(spec, name, at))
  if (storageClassName) errors.push(...(inline ? [notInline('storageClassName')] : validateDNSSubdomain(storageClassName, `${at}.storageClassName`)))
  if (volumeMode !== undefined) {
    if (!inline) errors.push(...oneOf(volumeMode, volumeModeWords, `${at}.volumeMode`))
    else if (volumeMode !== 'Filesystem') errors.push(forbiddenValue(`${at}.volumeMode`, 'may not specify volumeMode other than Filesystem in the context of inline volumes'))
  }
  if (attributes === undefined) return errors
  errors.push(...(attributes ? validateDNSSubdomain(attributes, `${at}.volumeAttributesClassName`)
    : [requiredValue(`${at}.volumeAttributesClassName`, 'an empty string is disallowed')]))
  return spec.csi ? errors : [...errors, requiredValue(`${at}.csi`, 'has to be specified when using volumeAttributesClassName')]
}
function validateCapacity(capacity: Record<string, string> = {}, at: string): FieldError[] {
  const entries = Object.entries(capacity)
  return [
    ...(entries.length ? [] : [requiredValue(at)]),
    ...(entries.length === 1 && 'storage' in capacity ? [] : [notSupported(at, entries.length ? sortedMap(capacity) : null, ['storage'])]),
    ...entries.flatMap(([name, amount]) => [
      ...basicAmount(amount, `${at}[${name}]`), ...(parseQuantity(amount).nano <= 0n ? [invalidValue(`${at}[${name}]`, amount, 'must be greater than zero')] : []),
    ]),
  ]
}
const validateNodeAffinity = ({ required: wanted }: VolumeNodeAffinity, at: string): FieldError[] =>
  (wanted ? validateNodeSelector(wanted, `${at}.required`) : [requiredValue(`${at}.required`, 'must specify required node constraints')])

/** Whether a path comes to the root once its dots are resolved. */
function isRoot(path: string): boolean {
  const steps: string[] = []
  for (const step of path.split('/')) {
    if (step === '..') steps.pop()
    else if (step && step !== '.') steps.push(step)
  }
  return path.startsWith('/') && steps.length === 0
}

function validateSources(spec: PersistentVolumeSpec, name: string, at: string): FieldError[] {
  const given = spec as Record<string, unknown>, errors: FieldError[] = []
  let found = 0
  for (const [sort, shownAs = sort] of sorts) {
    const source = given[sort]
    if (!source) continue
    if (found++ && sort !== 'flexVolume') { errors.push(forbiddenValue(`${at}.${shownAs}`, 'may not specify more than 1 volume type')); continue }
    errors.push(...(sort === 'iscsi' ? iscsi(name, true) : persistent[sort]!)(source as object, `${at}.${sort}`))
    if (sort === 'local' && !spec.nodeAffinity) errors.push(requiredValue(`${at}.nodeAffinity`, 'Local volume requires node affinity'))
  }
  if (!found) errors.push(requiredValue(at, 'must specify a volume type'))
  if (spec.hostPath && isRoot(spec.hostPath.path) && spec.persistentVolumeReclaimPolicy === 'Recycle')
    errors.push(forbiddenValue(`${at}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'"))
  return errors
}

const sourceOf = (spec: PersistentVolumeSpec): object => Object.fromEntries(sorts.flatMap(([sort]) =>
  { const source = (spec as Record<string, unknown>)[sort]; return source === undefined ? [] : [[sort, source]] }))
const stable: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os', 'beta.kubernetes.io/arch': 'kubernetes.io/arch', 'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}
/** The affinity with the names that labels have got since, where the new one uses them. */
function withStableLabels({ required }: VolumeNodeAffinity, now: VolumeNodeAffinity | undefined): VolumeNodeAffinity {
  const renamed = (list: readonly NodeSelectorRequirement[] | undefined, news: readonly NodeSelectorRequirement[] | undefined) =>
    list?.map((r, k) => (news?.[k] && news[k].key === stable[r.key] ? { ...r, key: news[k].key } : r))
  return !required ? {} : { required: { ...required, nodeSelectorTerms: (required.nodeSelectorTerms ?? []).map((term, i) => {
    const other = now?.required?.nodeSelectorTerms?.[i], expressions = renamed(term.matchExpressions, other?.matchExpressions)
    return { ...term, ...(expressions && { matchExpressions: expressions }) }
  }) } }
}
/** Where the storage is stays; a secret for growing may be added, and an affinity where there was none. */
function validateChange(spec: PersistentVolumeSpec, old: PersistentVolumeSpec): FieldError[] {
  const errors: FieldError[] = [], before = sourceOf(old)
  const { controllerExpandSecretRef, ...csi } = spec.csi ?? {}
  const after = sourceOf(controllerExpandSecretRef && old.csi && !old.csi.controllerExpandSecretRef ? { ...spec, csi: csi as PersistentVolumeSpec['csi'] & object } : spec)
  if (!same(after, before)) errors.push(forbiddenValue('spec.persistentvolumesource',
    `spec.persistentvolumesource is immutable after creation\n${goDiff(persistentVolumeSourceForm, before, after)}`))
  errors.push(...immutableField(spec.volumeMode, old.volumeMode, 'volumeMode'))
  if (old.nodeAffinity && !same(spec.nodeAffinity, withStableLabels(old.nodeAffinity, spec.nodeAffinity))) errors.push(invalidValue('nodeAffinity', spec.nodeAffinity ? goForm(volumeNodeAffinityForm, spec.nodeAffinity)
    : null, 'field is immutable, except for updating from beta label to GA'))
  if (old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) errors.push(forbiddenValue('spec.volumeAttributesClassName',
    'update from non-nil value to nil is forbidden'))
  return errors
}

const oldAnnotations: Readonly<Record<string, string>> = {
  'volume.beta.kubernetes.io/storage-class': 'deprecated since v1.8; use "storageClassName" attribute instead',
  'volume.beta.kubernetes.io/mount-options': 'deprecated since v1.31; use "mountOptions" attribute instead',
}
/** Texts for Warning headers. */
export const persistentVolumeWarnings = ({ metadata, spec }: VolumeLike): string[] => [
  ...Object.entries(oldAnnotations).flatMap(([key, why]) => (metadata.annotations?.[key] === undefined ? [] : [`metadata.annotations[${key}]: ${why}`])),
  ...(spec.persistentVolumeReclaimPolicy === 'Recycle'
    ? ['spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.'] : []),
  ...(spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).flatMap((term, i) => termWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`)),
  ...volumeWarnings(spec, 'spec', ['cephfs', 'photonPersistentDisk', 'scaleIO', 'storageos', 'glusterfs', 'rbd']),
]
