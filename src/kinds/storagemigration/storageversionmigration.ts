import { condition, defineKind, invalidValue, isDNS1035Label, isDNS1123Subdomain, requiredValue, s, same, type Condition, type FieldError, type Infer, type ObjectOf } from '#machinery'
import { validateConditions } from '../checks.ts'
import * as cells from '../cells.ts'
import { goForm } from '../go-diff.ts'
import { migrationSpecForm } from '../go-forms.ts'
import { keepMetadata } from '../status-metadata.ts'

export const groupResource = s.object('io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource', {
  group: s.required(s.string()),
  resource: s.required(s.string()),
})

export const storageVersionMigrationSpec = s.object('io.k8s.api.storagemigration.v1beta1.StorageVersionMigrationSpec', {
  resource: s.required(s.value(groupResource)),
})
export type StorageVersionMigrationSpec = Infer<typeof storageVersionMigrationSpec>

export const storageVersionMigrationStatus = s.object('io.k8s.api.storagemigration.v1beta1.StorageVersionMigrationStatus', {
  conditions: s.list(condition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  resourceVersion: s.string(),
})
export type StorageVersionMigrationStatus = Infer<typeof storageVersionMigrationStatus>

interface Migration { readonly spec: StorageVersionMigrationSpec; readonly status: StorageVersionMigrationStatus }
function validateMigration(o: Migration, old?: Migration, subresource?: string): FieldError[] {
  if (old && subresource === 'status') return validateStatus(o.status, old.status)
  const { group, resource } = o.spec.resource
  /** All faults in one. */
  const joined = (check: (value: string) => string[], value: string, at: string) => { const faults = check(value); return faults.length > 0 ? [invalidValue(at, value, faults.join(','))] : [] }
  return [
    ...(resource ? joined(isDNS1035Label, resource, 'spec.resource.resource') : [requiredValue('spec.resource.resource', 'resource is required to be set')]),
    ...(group ? joined(isDNS1123Subdomain, group, 'spec.resource.group') : []),
  ]
}

function validateStatus(now: StorageVersionMigrationStatus, before: StorageVersionMigrationStatus): FieldError[] {
  const { conditions, resourceVersion = '' } = now, at = 'status.conditions', refuse = (why: string) => invalidValue(at, conditions ?? null, why)
  const [done, failed, running] = ['Succeeded', 'Failed', 'Running'].map((type) => isTrue(conditions, type)) as [boolean, boolean, boolean]
  return [
    ...whyNoVersion(resourceVersion).map((why) => invalidValue('status.resourceVersion', resourceVersion, why)), ...validateConditions(conditions, at),
    ...(before.resourceVersion && before.resourceVersion !== resourceVersion ? [invalidValue('status.resourceVersion', resourceVersion, 'field is immutable')] : []),
    ...(done && failed ? [refuse('Both success and failed conditions cannot be true at the same time')] : []),
    ...(done && running ? [refuse('Running condition cannot be true when success condition is true')] : []), ...(failed && running ? [refuse('Running condition cannot be true when failed condition is true')] : []),
    ...(isTrue(before.conditions, 'Succeeded') && !done ? [refuse('Success condition cannot be set to false once it is true')] : []),
    ...(isTrue(before.conditions, 'Failed') && !failed ? [refuse('Failed condition cannot be set to false once it is true')] : []),
  ]
}
const isTrue = (conditions: readonly Condition[] | undefined, type: string): boolean => conditions?.some((c) => c.type === type && c.status === 'True') ?? false
/** Versions are numbers without leading zeros; there is none before a migration has begun. */
const whyNoVersion = (version: string): string[] => (/^([1-9]\d*)?$/.test(version) ? [] : [`resource version is not well formed: ${version}`])

/** KEP-4192: objects of a resource are to be written anew, so that they are kept as they would be now. */
export const storageVersionMigration = defineKind({
  group: 'storagemigration.k8s.io', version: 'v1beta1', kind: 'StorageVersionMigration', plural: 'storageversionmigrations',
  scope: 'Cluster',
  definition: 'io.k8s.api.storagemigration.v1beta1.StorageVersionMigration',
  versionRequiredOnUpdate: true, onUpdate: ['meta', 'rules', 'kept', 'change'],
  columns: [{ ...cells.name, format: '' }, { name: 'Resource', value: ({ spec: { resource: { group, resource } } }) => (group ? `${resource}.${group}` : resource) }],
  subresources: { status: true },
  fields: {
    spec: s.value(storageVersionMigrationSpec),
    status: s.value(storageVersionMigrationStatus),
  },
  prepareUpdate: (o, old, subresource) => { if (subresource === 'status') keepMetadata(o, old) },
  validate: validateMigration,
  validateChange: ({ spec }, old) => (same(spec, old.spec) ? [] : [invalidValue('spec', goForm(migrationSpecForm, spec), 'field is immutable')]),
})
export type StorageVersionMigration = ObjectOf<typeof storageVersionMigration>
