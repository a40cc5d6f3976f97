// What is wrong with what schedulers and drivers say of a claim: which devices it got, who uses them, how they are.
import { forbiddenValue, invalidAsWhole, invalidValue, isDNS1123Label, notSupported, requiredValue, same, takesMore, tooLong, tooMany, type FieldError } from '#machinery'
import { failing, validateConditions } from '../checks.ts'
import { validateNodeSelector } from '../core/pod/validate-affinity.ts'
import { validateDriverName } from '../core/pod/validate-volume.ts'
import { goForm } from '../go-diff.ts'
import { allocationResultForm } from '../go-forms.ts'
import { validateInterfaceAddress } from '../ip.ts'
import { mostConfigurations, validateBinding, validateOpaque, validatePoolName, validateRaw, validateToleration, validateUUID } from './device-names.ts'
import { validateList, validateSet } from './limited.ts'
import { validateReferences, validateRequestReference } from './request-references.ts'
import type { AllocatedDeviceStatus, AllocationResult, DeviceAllocationConfiguration, DeviceRequestAllocationResult, NetworkDeviceData, ResourceClaimConsumerReference, ResourceClaimStatus } from './resourceclaim.ts'

const mostReserved = 256
type Names = ReadonlySet<string>
export function validateClaimStatus({ reservedFor, devices, allocation }: ResourceClaimStatus, old: ResourceClaimStatus, isDeleted: boolean, names: Names): FieldError[] {
  const allocated = new Set((allocation?.devices.results ?? []).map(deviceId))
  return [
    ...validateSet(reservedFor, mostReserved, 'status.reservedFor', validateConsumer, (r) => r.uid),
    ...validateSet(devices, Infinity, 'status.devices', (device, at) => validateDeviceStatus(device, at, allocated), deviceId,
      (field, id) => ({ type: 'FieldValueDuplicate', field, message: `Duplicate value: ${String(id)}` })),
    ...(reservedFor?.length ? validateReserved(reservedFor, old.reservedFor ?? [], allocation, isDeleted) : []),
    ...(!allocation ? [] : !old.allocation ? validateAllocation(allocation, 'status.allocation', names)
      : same(allocation, old.allocation) ? [] : [invalidValue('status.allocation', goForm(allocationResultForm, allocation), 'field is immutable')]),
  ]
}
/** As messages show a device: driver, pool and name, and which share of it. */
export const deviceId = ({ driver, pool, device, shareID }: { driver: string; pool: string; device: string; shareID?: string }): string =>
  [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join('/')
const validateConsumer = (consumer: ResourceClaimConsumerReference, at: string): FieldError[] =>
  (['resource', 'name', 'uid'] as const).flatMap((field) => (consumer[field] ? [] : [requiredValue(`${at}.${field}`)]))
function validateReserved(now: readonly ResourceClaimConsumerReference[], before: readonly ResourceClaimConsumerReference[], allocation: object | undefined, isDeleted: boolean): FieldError[] {
  if (!allocation) return [forbiddenValue('status.reservedFor', 'may not be specified when `allocated` is not set')]
  return isDeleted && now.some((one) => !before.some((other) => same(one, other)))
    ? [forbiddenValue('status.reservedFor', 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set')] : []
}

const mostResults = 32
const validateAllocation = ({ devices, nodeSelector }: AllocationResult, at: string, names: Names): FieldError[] => [
  ...validateList(devices.results, mostResults, `${at}.devices.results`, (result, here) => validateResult(result, here, names)),
  ...validateList(devices.config, 2 * mostConfigurations, `${at}.devices.config`, (config, here) => validateConfiguration(config, here, names)),
  ...(nodeSelector ? validateNodeSelector(nodeSelector, `${at}.nodeSelector`) : []),
]
const validateResult = (result: DeviceRequestAllocationResult, at: string, names: Names): FieldError[] => [
  ...validateRequestReference(result.request, `${at}.request`, names), ...validateDriverName(result.driver, `${at}.driver`), ...validatePoolName(result.pool, `${at}.pool`),
  ...failing(isDNS1123Label, result.device, `${at}.device`), ...validateBinding(result, at),
  ...(result.tolerations ?? []).flatMap((t, i) => validateToleration(t, `${at}.tolerations[${i}]`)),
  ...(result.shareID === undefined ? [] : validateUUID(result.shareID, `${at}.shareID`)),
]
const sources = ['FromClaim', 'FromClass']
const validateConfiguration = ({ source, requests, opaque }: DeviceAllocationConfiguration, at: string, names: Names): FieldError[] => [
  ...(!source ? [requiredValue(`${at}.source`)] : sources.includes(source) ? [] : [notSupported(`${at}.source`, source, sources)]),
  ...validateReferences(requests, `${at}.requests`, names), ...validateOpaque(opaque, at),
]

const mostConditions = 8, longestData = 10 * 1024
function validateDeviceStatus(device: AllocatedDeviceStatus, at: string, allocated: ReadonlySet<string>): FieldError[] {
  const { driver, pool, shareID, conditions = [], data, networkData } = device
  return [
    ...validateDriverName(driver, `${at}.driver`), ...validatePoolName(pool, `${at}.pool`), ...failing(isDNS1123Label, device.device, `${at}.device`),
    ...(shareID === undefined ? [] : validateUUID(shareID, `${at}.shareID`)),
    ...(allocated.has(deviceId(device)) ? [] : [invalidAsWhole(at, `${deviceId(device)}: must be an allocated device in the claim`)]),
    ...(conditions.length > mostConditions ? [tooMany(`${at}.conditions`, conditions.length, mostConditions)] : []), ...validateConditions(conditions, `${at}.conditions`),
    ...(data === undefined ? [] : validateRaw(data, `${at}.data`, longestData)), ...(networkData ? validateNetwork(networkData, `${at}.networkData`) : []),
  ]
}
const mostAddresses = 16, longestInterface = 256, longestAddress = 128
const validateNetwork = ({ interfaceName = '', hardwareAddress = '', ips }: NetworkDeviceData, at: string): FieldError[] => [
  ...(takesMore(interfaceName, longestInterface) ? [tooLong(`${at}.interfaceName`, longestInterface)] : []),
  ...(takesMore(hardwareAddress, longestAddress) ? [tooLong(`${at}.hardwareAddress`, longestAddress)] : []),
  ...validateSet(ips, mostAddresses, `${at}.ips`, (ip, here) => validateInterfaceAddress(ip, here), (ip) => ip),
]
