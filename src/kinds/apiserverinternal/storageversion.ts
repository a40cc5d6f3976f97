import { defineKind, isDNS1035Label, isDNS1123Subdomain, objectMeta, s, standardMetadata, type Infer, type NameRule, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { validateStorageVersion } from './validate-storage-version.ts'

export const serverStorageVersion = s.object('io.k8s.api.apiserverinternal.v1alpha1.ServerStorageVersion', {
  apiServerID: s.mandatory(s.string()),
  decodableVersions: s.mandatory(s.list(s.string(), { listType: 'set' })),
  encodingVersion: s.mandatory(s.string()),
  servedVersions: s.list(s.string(), { listType: 'set' }),
})
export type ServerStorageVersion = Infer<typeof serverStorageVersion>

export const storageVersionCondition = s.object('io.k8s.api.apiserverinternal.v1alpha1.StorageVersionCondition', {
  lastTransitionTime: s.time(),
  message: s.mandatory(s.string()),
  observedGeneration: s.int64(),
  reason: s.required(s.string()),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type StorageVersionCondition = Infer<typeof storageVersionCondition>

export const storageVersionStatus = s.object('io.k8s.api.apiserverinternal.v1alpha1.StorageVersionStatus', {
  commonEncodingVersion: s.string({ keepEmpty: true }),
  conditions: s.list(storageVersionCondition, { listType: 'map', listKeys: ['type'] }),
  storageVersions: s.list(serverStorageVersion, { listType: 'map', listKeys: ['apiServerID'] }),
})
export type StorageVersionStatus = Infer<typeof storageVersionStatus>

/** GROUP.RESOURCE. */
const storageVersionName: NameRule = (name) => {
  const dot = name.lastIndexOf('.')
  return dot < 0 ? ['name must be in the form of <group>.<resource>'] : [...isDNS1123Subdomain(name.slice(0, dot)).map((why) => `the group segment ${why}`), ...isDNS1035Label(name.slice(dot + 1)).map((why) => `the resource segment ${why}`)]
}
const most = 3
function listed(versions: readonly ServerStorageVersion[] | undefined): string {
  const all = (versions ?? []).map(({ apiServerID, encodingVersion }) => `${apiServerID}=${encodingVersion}`), shown = all.slice(0, most).join(',')
  return all.length > most ? `${shown} + ${all.length - most} more...` : shown || '<unset>'
}

/** KEP-2339: in which version each of several API servers keeps objects of a resource. */
export const storageVersion = defineKind({
  group: 'internal.apiserver.k8s.io', version: 'v1alpha1', kind: 'StorageVersion', plural: 'storageversions',
  scope: 'Cluster',
  definition: 'io.k8s.api.apiserverinternal.v1alpha1.StorageVersion',
  versionRequiredOnUpdate: true,
  columns: [
    cells.name,
    { name: 'CommonEncodingVersion', value: (o) => o.status.commonEncodingVersion ?? '<unset>' },
    { name: 'StorageVersions', value: (o) => listed(o.status.storageVersions) },
    cells.age,
  ],
  subresources: { status: true },
  fields: {
    metadata: s.required(s.about(s.value(objectMeta), standardMetadata)),
    spec: s.value(s.object('io.k8s.api.apiserverinternal.v1alpha1.StorageVersionSpec', {})),
    status: s.value(storageVersionStatus),
  },
  name: storageVersionName, onUpdate: ['rules'], onUpdateOf: { status: ['rules'] },
  validate: validateStorageVersion,
})
export type StorageVersion = ObjectOf<typeof storageVersion>
