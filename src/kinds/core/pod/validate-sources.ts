// What every sort of volume must say; shared by pods' volumes and persistent volumes.
import { forbiddenValue, invalidValue, notInRange, notSupported, parseQuantity, requiredValue, type FieldError } from '#machinery'
import { oneOf, validateDNSLabel } from '../../checks.ts'
import { validateLocalPath, validateNoBacksteps } from './paths.ts'

/** A volume source as the checks see it: any of its sorts. */
export type Source = Record<string, any> // allowed: sources of every sort go through one table
export type Check = (source: Source, at: string) => FieldError[]

export const required = (...fields: string[]): Check => (source, at) => fields.filter((f) => !source[f]?.toString()).map((f) => requiredValue(`${at}.${f}`))
export const both = (...checks: Check[]): Check => (source, at) => checks.flatMap((check) => check(source, at))

const partition: Check = ({ partition = 0 }, at) => (partition < 0 || partition > 255 ? [invalidValue(`${at}.partition`, partition, notInRange(1, 255))] : [])
/** The secret a source names must be named in full. */
const secretRef = (...parts: string[]): Check => ({ secretRef }, at) => (secretRef ? parts.filter((p) => !secretRef[p]).map((p) => requiredValue(`${at}.secretRef.${p}`)) : [])
export const secretName = secretRef('name'), secretNameAndNamespace = secretRef('name', 'namespace')

const initiators: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9-.]+)(:[^,;*&$|\s]+)$/, eui: /^eui.[A-Za-z0-9]{16}$/, naa: /^naa.[A-Za-z0-9]{32}$/,
}
function initiator(name: string, at: string, persistent: boolean): FieldError[] {
  const form = initiators[name.slice(0, 3)]
  if (!form) return [invalidValue(at, name, persistent ? 'must be valid format' : 'must be valid format starting with iqn, eui, or naa')]
  return form.test(name) ? [] : [invalidValue(at, name, 'must be valid format')]
}
export const iscsi = (owner: string, persistent: boolean): Check => (source, at) => {
  const { targetPortal, iqn, lun, initiatorName, chapAuthDiscovery, chapAuthSession } = source
  const long = initiatorName !== undefined && `${owner}:${targetPortal}`.length > 64
  const tooLong = 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'
  return [
    ...required('targetPortal')(source, at),
    ...(persistent && long ? [invalidValue(`${at}.targetportal`, targetPortal, tooLong)] : []),
    ...(iqn ? initiator(iqn, `${at}.iqn`, persistent) : [requiredValue(`${at}.iqn`)]),
    ...(lun < 0 || lun > 255 ? [invalidValue(`${at}.lun`, lun, notInRange(0, 255))] : []),
    ...((chapAuthDiscovery || chapAuthSession) && !source.secretRef ? [requiredValue(`${at}.secretRef`)] : []),
    ...(persistent ? secretName(source, at) : []),
    ...(initiatorName === undefined ? [] : initiator(initiatorName, `${at}.initiatorname`, persistent)),
    ...(!persistent && long ? [invalidValue(`${at.slice(0, at.lastIndexOf('.'))}.name`, owner, tooLong)] : []),
  ]
}

const fc: Check = ({ targetWWNs = [], wwids = [], lun }, at) => {
  const errors: FieldError[] = []
  if (!targetWWNs.length && !wwids.length) errors.push(requiredValue(`${at}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'))
  if (targetWWNs.length && wwids.length) errors.push(invalidValue(`${at}.targetWWNs`, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'))
  if (targetWWNs.length && lun === undefined) errors.push(requiredValue(`${at}.lun`, 'lun is required if targetWWNs is specified'))
  else if (targetWWNs.length && (lun < 0 || lun > 255)) errors.push(invalidValue(`${at}.lun`, lun, notInRange(0, 255)))
  return errors
}

const quobyte: Check = ({ registry, tenant = '', volume }, at) => {
  const form = 'must be a host:port pair or multiple pairs separated by commas'
  const errors = !registry ? [requiredValue(`${at}.registry`, form)]
    : tenant.length >= 65 ? [requiredValue(`${at}.tenant`, 'must be a UUID and may not exceed a length of 64 characters')]
      : (registry as string).split(',').filter((pair) => !/^(\[[^\]]*\]|[^:]*):[^:]*$/.test(pair)).map(() => invalidValue(`${at}.registry`, registry, form))
  return volume ? errors : [...errors, requiredValue(`${at}.volume`)]
}

const flocker: Check = ({ datasetName = '', datasetUUID }, at) => [
  ...(!datasetName && !datasetUUID ? [requiredValue(at, 'one of datasetName and datasetUUID is required')] : []),
  ...(datasetName && datasetUUID ? [invalidValue(at, 'resource', 'datasetName and datasetUUID can not be specified simultaneously')] : []),
  ...(datasetName.includes('/') ? [invalidValue(`${at}.datasetName`, datasetName, "must not contain '/'")] : []),
]

const azureDisk: Check = (source, at) => {
  const { cachingMode, kind, diskURI } = source
  const managed = kind === 'Managed'
  return [
    ...required('diskName', 'diskURI')(source, at),
    ...(cachingMode === undefined ? [] : oneOf(cachingMode, ['None', 'ReadOnly', 'ReadWrite'], `${at}.cachingMode`)),
    ...(kind === undefined ? [] : oneOf(kind, ['Dedicated', 'Managed', 'Shared'], `${at}.kind`)),
    ...(managed && !diskURI.startsWith('/subscriptions/') ? [notSupported(`${at}.diskURI`, diskURI,
      ['/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'])] : []),
    ...(kind !== undefined && !managed && !diskURI.startsWith('https://')
      ? [notSupported(`${at}.diskURI`, diskURI, ['https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'])] : []),
  ]
}

const flex: Check = (source, at) => [
  ...required('driver')(source, at),
  ...Object.keys(source.options ?? {}).filter((key) => /\.(kubernetes|k8s)\.io$/.test(`.${key.toLowerCase().split('/')[0]}`))
    .map((key) => invalidValue(`${at}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved')),
]
const storageOS: Check = ({ volumeName, volumeNamespace }, at) => [
  ...(volumeName ? validateDNSLabel(volumeName, `${at}.volumeName`) : [requiredValue(`${at}.volumeName`)]),
  ...(volumeNamespace ? validateDNSLabel(volumeNamespace, `${at}.volumeNamespace`) : []),
]
const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket']
const hostPath: Check = ({ path, type }, at) =>
  (path ? [...validateNoBacksteps(path, `${at}.path`), ...(type === undefined ? [] : oneOf(type, hostPathTypes, `${at}.type`))] : [requiredValue(`${at}.path`)])
const nfs: Check = (source, at) => [...required('server', 'path')(source, at),
  ...(source.path.startsWith('/') ? [] : [invalidValue(`${at}.path`, source.path, 'must be an absolute path')])]

/** Sorts that mean the same in pods and in persistent volumes. */
export const sharedSources: Readonly<Record<string, Check>> = {
  awsElasticBlockStore: both(required('volumeID'), partition),
  azureDisk,
  cephfs: (source, at) => (source.monitors?.length ? [] : [requiredValue(`${at}.monitors`)]),
  fc, flocker,
  flexVolume: flex,
  gcePersistentDisk: both(required('pdName'), partition),
  hostPath, nfs, quobyte,
  photonPersistentDisk: required('pdID'),
  portworxVolume: required('volumeID'),
  rbd: (source, at) => [...(source.monitors?.length ? [] : [requiredValue(`${at}.monitors`)]), ...required('image')(source, at)],
  scaleIO: required('gateway', 'system', 'volumeName'),
  storageos: storageOS,
  vsphereVolume: required('volumePath'),
}
export const gitRepo: Check = (source, at) => [...required('repository')(source, at), ...validateLocalPath(source.directory ?? '', `${at}.directory`)]
export const emptyDir: Check = ({ sizeLimit }, at) =>
  (sizeLimit !== undefined && parseQuantity(sizeLimit).nano < 0n ? [forbiddenValue(`${at}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')] : [])
