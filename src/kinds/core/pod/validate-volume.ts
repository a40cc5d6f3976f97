// What is wrong with a pod's volumes.
import { duplicateValue, forbiddenValue, invalidAsWhole, invalidValue, isDNS1123Subdomain, quote, requiredValue, tooLong, validateLabelSelector, type FieldError } from '#machinery'
import { validateSignerName } from '../../certificates/validate-signing-request.ts'
import { whyNoBundleName } from '../../certificates/trust-bundle-name.ts'
import { failing, validateDNSLabel, validateDNSSubdomain, oneOf } from '../../checks.ts'
import { validateClaimTemplate } from '../validate-claim.ts'
import { validateFieldRef, validateResourceFieldRef } from './downward.ts'
import { validateUserPath } from './paths.ts'
import { both, emptyDir, gitRepo, iscsi, required, secretName, sharedSources, type Check, type Source } from './validate-sources.ts'
import type { ClusterTrustBundleProjection, DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource, Volume } from './volume.ts'

/** Pod volumes in the order they are given; `podName` is known for pods, not for templates. */
export function validateVolumes(volumes: readonly Volume[] | undefined, podName: string | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [], names = new Set<string>()
  const made = new Set(podName ? (volumes ?? []).flatMap(({ name, ephemeral }) => (ephemeral ? [`${podName}-${name}`] : [])) : [])
  for (const [i, volume] of (volumes ?? []).entries()) {
    const at = `${field}[${i}]`, claim = volume.persistentVolumeClaim?.claimName
    const inner = validateSource(volume, podName, at)
    if (!volume.name) inner.push(requiredValue(`${at}.name`))
    else {
      inner.push(...validateDNSLabel(volume.name, `${at}.name`))
      if (names.has(volume.name)) inner.push(duplicateValue(`${at}.name`, volume.name))
    }
    if (!inner.length) names.add(volume.name)
    errors.push(...inner)
    if (claim !== undefined && made.has(claim)) errors.push(invalidValue(`${at}.persistentVolumeClaim.claimName`, claim,
      'must not reference a PVC that gets created for an ephemeral volume'))
  }
  return errors
}

const modeError = 'must be a number between 0 and 0777 (octal), both inclusive'
const mode = (value: number | undefined, at: string): FieldError[] => (value !== undefined && (value < 0 || value > 0o777) ? [invalidValue(at, value, modeError)] : [])
const defaultMode: Check = (source, at) => mode(source.defaultMode, `${at}.defaultMode`)
const keyToPath = (item: KeyToPath, at: string): FieldError[] => [
  ...required('key', 'path')(item, at), ...validateUserPath(item.path, `${at}.path`), ...mode(item.mode, `${at}.mode`),
]
const items: Check = (source, at) => ((source.items ?? []) as KeyToPath[]).flatMap((item, i) => keyToPath(item, `${at}.items[${i}]`))

const downwardPaths = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid']
function downwardFile(file: DownwardAPIVolumeFile, at: string): FieldError[] {
  const errors = [...required('path')(file, at), ...validateUserPath(file.path, `${at}.path`)]
  if (file.fieldRef) {
    errors.push(...validateFieldRef(file.fieldRef, downwardPaths, `${at}.fieldRef`))
    if (file.resourceFieldRef) errors.push(invalidValue(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
  } else if (file.resourceFieldRef) errors.push(...validateResourceFieldRef(file.resourceFieldRef, `${at}.resourceFieldRef`, true))
  else errors.push(requiredValue(at, 'one of fieldRef and resourceFieldRef is required'))
  return [...errors, ...mode(file.mode, `${at}.mode`)]
}

const leastTokenSeconds = 600, mostTokenSeconds = 2 ** 32
function projected(source: ProjectedVolumeSource, at: string): FieldError[] {
  const errors = defaultMode(source, at), paths = new Set<string>()
  const claim = (path: string, shown: string) => {
    if (path && paths.has(path)) errors.push(invalidValue(at, shown, 'conflicting duplicate paths'))
    paths.add(path)
  }
  for (const [i, { secret, configMap, downwardAPI, serviceAccountToken: token, clusterTrustBundle: bundle }] of (source.sources ?? []).entries()) {
    const here = `${at}.sources[${i}]`
    for (const [name, keyed] of [['secret', secret], ['configMap', configMap]] as const) {
      if (!keyed) continue
      errors.push(...required('name')(keyed, `${here}.${name}`))
      for (const [j, item] of (keyed.items ?? []).entries()) {
        errors.push(...keyToPath(item, `${here}.${name}.items[${j}]`))
        claim(item.path, keyed.name ?? '')
      }
    }
    for (const file of downwardAPI?.items ?? []) {
      errors.push(...downwardFile(file, `${here}.downwardAPI`))
      claim(file.path, file.path)
    }
    if (token) {
      const seconds = token.expirationSeconds ?? 0
      if (seconds < leastTokenSeconds) errors.push(invalidValue(`${here}.serviceAccountToken.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'))
      if (seconds > mostTokenSeconds) errors.push(invalidValue(`${here}.serviceAccountToken.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'))
      errors.push(...(token.path ? validateUserPath(token.path, `${at}.path`) : [requiredValue(`${at}.path`)]))
    }
    if (bundle) {
      errors.push(...trustBundle(bundle, `${here}.clusterTrustBundle`))
      claim(bundle.path, bundle.path)
    }
    if ([secret, configMap, downwardAPI, token, bundle].filter(Boolean).length > 1) errors.push(forbiddenValue(here,
      'may not specify more than 1 volume type per source'))
  }
  return errors
}
function trustBundle({ name, signerName, labelSelector, path }: ClusterTrustBundleProjection, at: string): FieldError[] {
  const chosen = name !== undefined && signerName !== undefined ? [invalidAsWhole(at, 'only one of name and signerName may be used')]
    : name !== undefined ? [...(name ? failing(whyNoBundleName, name, `${at}.name`) : [requiredValue(`${at}.name`, 'must be a valid object name')]),
        ...(labelSelector ? [invalidAsWhole(`${at}.labelSelector`, 'labelSelector must be unset if name is specified')] : [])]
      : signerName !== undefined ? [...(signerName ? validateSignerName(signerName, `${at}.signerName`) : [requiredValue(`${at}.signerName`, 'must be a valid signer name')]), ...validateLabelSelector(labelSelector, `${at}.labelSelector`)]
        : [requiredValue(at, 'either name or signerName must be specified')]
  return [...chosen, ...(path ? validateUserPath(path, `${at}.path`) : [requiredValue(`${at}.path`)])]
}
const csi: Check = ({ driver, nodePublishSecretRef: secret }, at) => [
  ...validateDriverName(driver, `${at}.driver`),
  ...(!secret ? [] : secret.name ? validateDNSSubdomain(secret.name, `${at}.name`) : [requiredValue(`${at}.nodePublishSecretRef.name`)]),
]
const longestDriverName = 63
export const validateDriverName = (driver: string, at: string): FieldError[] => !driver ? [requiredValue(at)] : [
  ...(driver.length > longestDriverName ? [tooLong(at, longestDriverName)] : []),
  ...isDNS1123Subdomain(driver.toLowerCase()).map((why) => invalidValue(at, driver, why)),
]
/** Templates may leave the image for others to fill in. */
const image = ({ reference, pullPolicy }: Source, at: string, inPod: boolean): FieldError[] => [
  ...(reference || !inPod ? [] : [requiredValue(`${at}.reference`)]),
  ...(pullPolicy ? oneOf(pullPolicy, ['Always', 'IfNotPresent', 'Never'], `${at}.pullPolicy`) : []),
]

type Entry = readonly [name: string, check: (source: Source, at: string, volume: Volume, podName: string | undefined) => FieldError[], shown?: { name?: string; at?: string }]
/** Every sort of volume, in the order in which the reference looks for them. Some it calls by another name in messages. */
const sorts: readonly Entry[] = [
  ['emptyDir', emptyDir],
  ['hostPath', sharedSources.hostPath!],
  ['gitRepo', gitRepo],
  ['gcePersistentDisk', sharedSources.gcePersistentDisk!, { at: 'persistentDisk' }],
  ['awsElasticBlockStore', sharedSources.awsElasticBlockStore!],
  ['secret', both(required('secretName'), defaultMode, items)],
  ['nfs', sharedSources.nfs!],
  ['iscsi', (source, at, { name }) => iscsi(name, false)(source, at)],
  ['glusterfs', required('endpoints', 'path')],
  ['flocker', sharedSources.flocker!],
  ['persistentVolumeClaim', required('claimName')],
  ['rbd', sharedSources.rbd!],
  ['cinder', both(required('volumeID'), secretName)],
  ['cephfs', sharedSources.cephfs!, { name: 'cephFS' }],
  ['quobyte', sharedSources.quobyte!],
  ['downwardAPI', (source, at) => [...defaultMode(source, at), ...((source.items ?? []) as DownwardAPIVolumeFile[]).flatMap((file) => downwardFile(file, at))],
    { name: 'downwarAPI' }],
  ['fc', sharedSources.fc!],
  ['flexVolume', sharedSources.flexVolume!],
  ['configMap', both(required('name'), defaultMode, items)],
  ['azureFile', required('secretName', 'shareName')],
  ['vsphereVolume', sharedSources.vsphereVolume!],
  ['photonPersistentDisk', sharedSources.photonPersistentDisk!],
  ['portworxVolume', sharedSources.portworxVolume!],
  ['azureDisk', sharedSources.azureDisk!],
  ['storageos', both(sharedSources.storageos!, secretName)],
  ['projected', (source, at) => projected(source as ProjectedVolumeSource, at)],
  ['scaleIO', sharedSources.scaleIO!],
  ['csi', csi],
  ['ephemeral', (source, at, { name }, podName) => [...validateClaimTemplate(source, at), ...claimName(podName, name, at)]],
  ['image', (source, at, _volume, podName) => image(source, at, podName !== undefined)],
]
function claimName(podName: string | undefined, volume: string, at: string): FieldError[] {
  const name = `${podName}-${volume}`
  return podName && volume ? isDNS1123Subdomain(name).map((why) => invalidValue(`${at.slice(0, at.lastIndexOf('.'))}.name`, volume, `PVC name ${quote(name)}: ${why}`))
    : []
}

function validateSource(volume: Volume, podName: string | undefined, at: string): FieldError[] {
  const errors: FieldError[] = []
  let found = false
  for (const [name, check, shown] of sorts) {
    const source = (volume as Source)[name]
    if (source === undefined) continue
    if (found) errors.push(forbiddenValue(`${at}.${shown?.name ?? name}`, 'may not specify more than 1 volume type'))
    else errors.push(...check(source, `${at}.${shown?.at ?? name}`, volume, podName))
    found = true
  }
  if (!found) errors.push(requiredValue(at, 'must specify a volume type'))
  return errors
}
