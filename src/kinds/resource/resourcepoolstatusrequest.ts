import { condition, defineKind, invalidValue, isDNS1123Subdomain, objectMeta, requiredValue, s, same, standardMetadata, tooLong, type FieldError, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { failing, immutableField, validateConditions } from '../checks.ts'
import { keepMetadata } from '../status-metadata.ts'
import { validatePoolName } from './device-names.ts'
import { validateList } from './limited.ts'

export const poolStatus = s.object('io.k8s.api.resource.v1alpha3.PoolStatus', {
  allocatedDevices: s.int({ keepEmpty: true }),
  availableDevices: s.int({ keepEmpty: true }),
  driver: s.mandatory(s.string()),
  generation: s.required(s.int64()),
  nodeName: s.string({ keepEmpty: true }),
  poolName: s.mandatory(s.string()),
  resourceSliceCount: s.int({ keepEmpty: true }),
  totalDevices: s.int({ keepEmpty: true }),
  unavailableDevices: s.int({ keepEmpty: true }),
  validationError: s.string({ keepEmpty: true }),
})
export type PoolStatus = Infer<typeof poolStatus>

export const resourcePoolStatusRequestSpec = s.object('io.k8s.api.resource.v1alpha3.ResourcePoolStatusRequestSpec', {
  driver: s.required(s.string()),
  limit: s.int({ default: 100 }),
  poolName: s.string({ keepEmpty: true }),
})
export type ResourcePoolStatusRequestSpec = Infer<typeof resourcePoolStatusRequestSpec>

export const resourcePoolStatusRequestStatus = s.object('io.k8s.api.resource.v1alpha3.ResourcePoolStatusRequestStatus', {
  conditions: s.list(condition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  poolCount: s.mandatory(s.int({ keepEmpty: true })),
  pools: s.list(poolStatus, { listType: 'atomic' }),
})
export type ResourcePoolStatusRequestStatus = Infer<typeof resourcePoolStatusRequestStatus>

const mostPools = 1000, longestError = 256, longestDriver = 63
const least = (value: number | undefined, from: number, at: string): FieldError[] => (value === undefined || value >= from ? [] : [invalidValue(at, value, `must be greater than or equal to ${from}`)])
const validateDriver = (driver: string, at: string): FieldError[] => (!driver ? [requiredValue(at)] : [...failing(isDNS1123Subdomain, driver.toLowerCase(), at), ...(driver.length > longestDriver ? [tooLong(at, longestDriver)] : [])])

interface Request { readonly spec: ResourcePoolStatusRequestSpec; readonly status?: ResourcePoolStatusRequestStatus }
function validateRequest({ spec, status }: Request, old?: Request, subresource?: string): FieldError[] {
  if (subresource === 'status') return validateStatus(status, old?.status)
  if (old) return same(spec, old.spec) ? [] : immutableField({ driver: spec.driver, ...(spec.poolName !== undefined && { poolName: spec.poolName }), limit: spec.limit }, old.spec, 'spec')
  return [
    ...validateDriver(spec.driver, 'spec.driver'), ...(spec.poolName === undefined ? [] : validatePoolName(spec.poolName, 'spec.poolName')), ...least(spec.limit, 1, 'spec.limit'),
    ...(spec.limit > mostPools ? [invalidValue('spec.limit', spec.limit, `must be less than or equal to ${mostPools}`)] : []),
  ]
}
/** An answer is given once. */
function validateStatus(status: ResourcePoolStatusRequestStatus | undefined, old: ResourcePoolStatusRequestStatus | undefined): FieldError[] {
  if (old) return immutableField(status, old, 'status')
  if (!status) return []
  const { poolCount, pools, conditions } = status
  return [...validateConditions(conditions, 'status.conditions'), ...validateList(pools, mostPools, 'status.pools', validatePool), ...(poolCount === undefined ? [requiredValue('status.poolCount')] : least(poolCount, 0, 'status.poolCount'))]
}
const validatePool = (pool: PoolStatus, at: string): FieldError[] => [
  ...validateDriver(pool.driver, `${at}.driver`), ...validatePoolName(pool.poolName, `${at}.poolName`), ...least(pool.generation, 0, `${at}.generation`), ...least(pool.resourceSliceCount, 1, `${at}.resourceSliceCount`),
  ...(['totalDevices', 'allocatedDevices', 'availableDevices', 'unavailableDevices'] as const).flatMap((field) => least(pool[field], 0, `${at}.${field}`)),
  ...(pool.nodeName === undefined ? [] : failing(isDNS1123Subdomain, pool.nodeName, `${at}.nodeName`)), ...((pool.validationError?.length ?? 0) > longestError ? [tooLong(`${at}.validationError`, longestError)] : []),
]

/** KEP-5677: how many devices of a driver's pools are free, asked once. */
export const resourcePoolStatusRequest = defineKind({
  group: 'resource.k8s.io', version: 'v1alpha3', kind: 'ResourcePoolStatusRequest', plural: 'resourcepoolstatusrequests',
  scope: 'Cluster',
  definition: 'io.k8s.api.resource.v1alpha3.ResourcePoolStatusRequest',
  returnsDeleted: true,
  columns: [cells.name, cells.age],
  subresources: { status: true },
  fields: {
    metadata: s.required(s.about(s.value(objectMeta), standardMetadata)),
    spec: s.required(s.value(resourcePoolStatusRequestSpec)),
    status: resourcePoolStatusRequestStatus,
  },
  prepareUpdate: (o, old, subresource) => { if (subresource === 'status') keepMetadata(o, old) },
  validate: validateRequest,
})
export type ResourcePoolStatusRequest = ObjectOf<typeof resourcePoolStatusRequest>
