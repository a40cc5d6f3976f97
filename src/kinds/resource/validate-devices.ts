// What is wrong with claims for devices, and with the slices that offer them. Selectors' expressions are checked for being there.
import {
  duplicateValue, forbiddenValue, invalidValue, isCIdentifier, isDNS1123Label, isDNS1123Subdomain, notSupported, parseQuantity, requiredValue, same, tooLong,
  tooMany, type FieldError,
} from '#machinery'
import { failing, immutableField, oneOf, validateConditions, validateDNSLabel, validateDNSSubdomain } from '../checks.ts'
import { validateNodeSelector } from '../core/pod/validate-affinity.ts'
import { validateDriverName } from '../core/pod/validate-volume.ts'
import { goForm } from '../go-diff.ts'
import { resourceClaimSpecForm } from '../go-forms.ts'
import type { DeviceClassConfiguration, DeviceClassSpec } from './deviceclass.ts'
import type {
  DeviceClaim, DeviceConstraint, DeviceRequest, DeviceSelector, DeviceToleration, ExactDeviceRequest, OpaqueDeviceConfiguration, ResourceClaimSpec,
  ResourceClaimStatus,
} from './resourceclaim.ts'
import type { Device, DeviceAttribute, ResourceSliceSpec } from './resourceslice.ts'

/** A list of limited length: every item for itself, then whether its name is new. */
function limited<T>(list: readonly T[] | undefined, most: number, at: string, check: (item: T, at: string) => FieldError[], key?: (item: T) => string): FieldError[] {
  const items = list ?? []
  if (items.length > most) return [tooMany(at, items.length, most)]
  return items.flatMap((item, i) => [...check(item, `${at}[${i}]`),
    ...(key && items.findIndex((other) => key(other) === key(item)) < i ? [duplicateValue(`${at}[${i}]`, key(item))] : [])])
}
const validateLabel = (name: string, at: string): FieldError[] => (name ? validateDNSLabel(name, at) : [requiredValue(at)])
const validateClassName = (name: string, at: string): FieldError[] => (name ? validateDNSSubdomain(name, at) : [requiredValue(at)])

export function validateClaim({ spec, status }: { spec: ResourceClaimSpec; status: ResourceClaimStatus }, old?: { spec: ResourceClaimSpec }, subresource?: string): FieldError[] {
  if (subresource === 'status') return validateClaimStatus(status, spec)
  return [...(old && !same(spec, old.spec) ? [invalidValue('spec', goForm(resourceClaimSpecForm, spec), 'field is immutable')] : []),
    ...(old ? [] : validateDeviceClaim(spec.devices, 'spec.devices'))]
}
const mostReserved = 256
const validateClaimStatus = ({ reservedFor, devices = [], allocation }: ResourceClaimStatus, { devices: { requests = [] } }: ResourceClaimSpec): FieldError[] => [
  ...limited(reservedFor, mostReserved, 'status.reservedFor', ({ resource, name, uid }, at) =>
    (['resource', 'name', 'uid'] as const).flatMap((field) => ({ resource, name, uid }[field] ? [] : [requiredValue(`${at}.${field}`)])), (r) => r.uid),
  ...(allocation?.devices.results ?? []).flatMap(({ request, driver }, i) => [
    ...(requests.some((r) => r.name === request || request.startsWith(`${r.name}/`)) ? []
      : [invalidValue(`status.allocation.devices.results[${i}].request`, request, 'must be the name of a request in the claim')]),
    ...validateDriverName(driver, `status.allocation.devices.results[${i}].driver`),
  ]),
  ...devices.flatMap(({ driver, conditions }, i) => [...validateDriverName(driver, `status.devices[${i}].driver`),
    ...validateConditions(conditions, `status.devices[${i}].conditions`)]),
]
export const validateClaimTemplate = ({ spec }: { spec: { spec: ResourceClaimSpec } }, old?: { spec: object }): FieldError[] =>
  [...validateDeviceClaim(spec.spec.devices, 'spec.spec.devices'), ...(old && !same(spec, old.spec) ? [invalidValue('spec', spec, 'field is immutable')] : [])]

const mostRequests = 32, mostChoices = 8
function validateDeviceClaim({ requests = [], constraints, config }: DeviceClaim, at: string): FieldError[] {
  const names = new Set(requests.flatMap((r) => [r.name, ...(r.firstAvailable ?? []).map((sub) => `${r.name}/${sub.name}`)]))
  const validateNames = (list: readonly string[] | undefined, here: string) => limited(list, mostRequests, here, (name, field) =>
    (names.has(name) ? [] : [invalidValue(field, name, "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'")]), (name) => name)
  return [
    ...limited(requests, mostRequests, `${at}.requests`, validateRequest, (r) => r.name),
    ...limited(constraints, mostRequests, `${at}.constraints`, (constraint, here) =>
      [...validateNames(constraint.requests, `${here}.requests`), ...validateConstraint(constraint, here)]),
    ...limited(config, mostRequests, `${at}.config`, ({ requests: of, opaque }, here) => [...validateNames(of, `${here}.requests`), ...validateOpaque(opaque, here)]),
  ]
}
function validateConstraint({ matchAttribute, distinctAttribute }: DeviceConstraint, at: string): FieldError[] {
  if (matchAttribute !== undefined) return validateFullName(matchAttribute, `${at}.matchAttribute`)
  return distinctAttribute !== undefined ? validateFullName(distinctAttribute, `${at}.distinctAttribute`) : [requiredValue(`${at}.matchAttribute`)]
}
function validateRequest({ name, exactly, firstAvailable }: DeviceRequest, at: string): FieldError[] {
  const errors = validateLabel(name, `${at}.name`), choices = firstAvailable ?? [], one = 'exactly one of `exactly` or `firstAvailable` is required'
  errors.push(...limited(choices, mostChoices, `${at}.firstAvailable`, (sub, here) => [...validateLabel(sub.name, `${here}.name`), ...validateExact(sub, here)], (sub) => sub.name))
  if (exactly) errors.push(...validateExact(exactly, `${at}.exactly`))
  if (!exactly && !choices.length) errors.push(requiredValue(at, one))
  if (exactly && choices.length) errors.push(invalidValue(at, null, `${one}, but multiple fields are set`))
  return errors
}
function validateExact({ deviceClassName, selectors, allocationMode = '', count = 0, tolerations }: Omit<ExactDeviceRequest, 'adminAccess'>, at: string): FieldError[] {
  const errors = [...validateClassName(deviceClassName, `${at}.deviceClassName`), ...validateSelectors(selectors, `${at}.selectors`)]
  if (allocationMode === 'All') { if (count !== 0) errors.push(invalidValue(`${at}.count`, count, "must not be specified when allocationMode is 'All'")) }
  else if (allocationMode === 'ExactCount') { if (count <= 0) errors.push(invalidValue(`${at}.count`, count, 'must be greater than zero')) }
  else errors.push(notSupported(`${at}.allocationMode`, allocationMode, ['All', 'ExactCount']))
  return [...errors, ...limited(tolerations, 16, `${at}.tolerations`, validateToleration)]
}
function validateToleration({ key = '', operator, value = '', effect = '' }: DeviceToleration, at: string): FieldError[] {
  return [
    ...(operator === 'Exists' ? (value ? [invalidValue(`${at}.value`, value, 'must be empty for operator `Exists`')] : []) : operator === 'Equal' ? [] : operator
      ? [notSupported(`${at}.operator`, operator, ['Equal', 'Exists'])] : [requiredValue(`${at}.operator`)]),
    ...(key || operator === 'Exists' ? [] : [requiredValue(`${at}.key`)]),
    ...(effect ? oneOf(effect, ['NoExecute', 'NoSchedule', 'None'], `${at}.effect`) : []),
  ]
}
const mostSelectors = 32, longestExpression = 10 * 1024
const validateSelectors = (selectors: readonly DeviceSelector[] | undefined, at: string): FieldError[] => limited(selectors, mostSelectors, at, ({ cel }, here) =>
  (!cel ? [requiredValue(`${here}.cel`)] : !cel.expression ? [requiredValue(`${here}.cel.expression`)] : cel.expression.length > longestExpression
    ? [tooLong(`${here}.cel.expression`, longestExpression)] : []))
const longestParameters = 10 * 1024
function validateOpaque(opaque: OpaqueDeviceConfiguration | undefined, at: string): FieldError[] {
  if (!opaque) return [requiredValue(`${at}.opaque`)]
  const { driver, parameters } = opaque, here = `${at}.opaque.parameters`
  return [
    ...validateDriverName(driver, `${at}.opaque.driver`),
    ...(parameters === undefined || parameters === null ? [requiredValue(here)] : typeof parameters !== 'object' || Array.isArray(parameters)
      ? [invalidValue(here, '<value omitted>', 'must be a valid JSON object')]
      : JSON.stringify(parameters).length > longestParameters ? [tooLong(here, longestParameters)] : []),
  ]
}

const longestIdentifier = 32
/** A name of a device's attribute, with the domain that gives it meaning. */
function validateFullName(name: string, at: string): FieldError[] {
  if (!name) return [requiredValue(at, 'a name is required')]
  return name.includes('/') ? validateQualified(name, at) : [invalidValue(at, name, 'a fully qualified name must be a domain and a name separated by a slash')]
}
function validateQualified(name: string, at: string): FieldError[] {
  if (!name) return [requiredValue(at, 'name required')]
  const [left, right, ...more] = name.split('/'), identifier = right ?? left!
  if (more.length) return [invalidValue(at, name, 'too many slashes')]
  const domain = right === undefined ? undefined : left
  return [
    ...(domain === undefined ? [] : !domain ? [requiredValue(at, 'the domain must not be empty')] : failing(isDNS1123Subdomain, domain, at)),
    ...(!identifier ? [requiredValue(at, 'the name must not be empty')] : identifier.length > longestIdentifier ? [tooLong(at, longestIdentifier)]
      : failing(isCIdentifier, identifier, at)),
  ]
}

export const validateDeviceClass = ({ spec: { selectors, config } }: { spec: DeviceClassSpec }): FieldError[] =>
  [...validateSelectors(selectors, 'spec.selectors'), ...limited<DeviceClassConfiguration>(config, mostRequests, 'spec.config', ({ opaque }, at) => validateOpaque(opaque, at))]

const mostDevices = 128, mostAttributes = 32
export function validateSlice({ spec }: { spec: ResourceSliceSpec }, old?: { spec: ResourceSliceSpec }): FieldError[] {
  const { nodeName, nodeSelector, allNodes, perDeviceNodeSelection, driver, pool, devices } = spec,
    one = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
  const places = [nodeName !== undefined, nodeSelector !== undefined, allNodes !== undefined, perDeviceNodeSelection !== undefined].filter(Boolean).length
  return [
    ...validateDriverName(driver, 'spec.driver'), ...validatePool(pool),
    ...(nodeName === undefined ? [] : nodeName ? validateDNSSubdomain(nodeName, 'spec.nodeName')
      : [invalidValue('spec.nodeName', nodeName, 'must be either unset or set to a non-empty string')]),
    ...(nodeSelector ? validateNodeSelector(nodeSelector, 'spec.nodeSelector') : []),
    ...(allNodes === false ? [invalidValue('spec.allNodes', false, 'must be either unset or set to true')] : []),
    ...(perDeviceNodeSelection === false ? [invalidValue('spec.perDeviceNodeSelection', false, 'must be either unset or set to true')] : []),
    ...(places === 0 ? [requiredValue('spec', one)] : places > 1 ? [invalidValue('spec', null, `${one}, but multiple fields are set`)] : []),
    ...limited(devices, mostDevices, 'spec.devices', validateDevice, (d) => d.name),
    ...(old ? [...immutableField(driver, old.spec.driver, 'spec.driver'), ...immutableField(pool.name, old.spec.pool.name, 'spec.pool.name'),
      ...immutableField(nodeName, old.spec.nodeName, 'spec.nodeName')] : []),
  ]
}
function validatePool({ name, generation, resourceSliceCount: count }: ResourceSliceSpec['pool']): FieldError[] {
  return [
    ...(name ? name.split('/').flatMap((part) => failing(isDNS1123Subdomain, part, 'spec.pool.name')) : [requiredValue('spec.pool.name')]),
    ...(count <= 0 ? [invalidValue('spec.pool.resourceSliceCount', count, 'must be greater than zero')] : []),
    ...(generation < 0 ? [invalidValue('spec.pool.generation', generation, 'must be greater than or equal to zero')] : []),
  ]
}
const valueFields = ['bool', 'int', 'string', 'version', 'bools', 'ints', 'strings', 'versions'] as const
const validateAttribute = (attribute: DeviceAttribute, at: string): FieldError[] => {
  const given = valueFields.filter((field) => attribute[field] !== undefined)
  return given.length === 1 ? [] : given.length ? [invalidValue(at, attribute, 'exactly one value must be specified')] : [requiredValue(at, 'exactly one value must be specified')]
}
function validateDevice({ name, attributes = {}, capacity = {}, taints, bindingConditions = [], bindingFailureConditions = [] }: Device, at: string): FieldError[] {
  const keys = Object.keys(attributes), sizes = Object.keys(capacity), errors = name ? failing(isDNS1123Label, name, `${at}.name`) : [requiredValue(`${at}.name`)]
  for (const key of keys.sort()) errors.push(...validateQualified(key, `${at}.attributes`), ...validateAttribute(attributes[key]!, `${at}.attributes[${key}]`))
  for (const key of sizes.sort()) {
    errors.push(...validateQualified(key, `${at}.capacity`))
    if (parseQuantity(capacity[key]!.value).nano < 0n) errors.push(invalidValue(`${at}.capacity[${key}].value`, capacity[key]!.value, 'must be greater than or equal to zero'))
  }
  if (keys.length + sizes.length > mostAttributes) errors.push(tooMany(at, keys.length + sizes.length, mostAttributes))
  errors.push(...limited(taints, 16, `${at}.taints`, ({ key, effect }, here) =>
    [...(key ? [] : [requiredValue(`${here}.key`)]), ...(effect ? oneOf(effect, ['NoExecute', 'NoSchedule', 'None'], `${here}.effect`) : [requiredValue(`${here}.effect`)])]))
  if (bindingConditions.length && !bindingFailureConditions.length) errors.push(invalidValue(`${at}.bindingFailureConditions`, [],
    'bindingFailureConditions are required to use bindingConditions'))
  if (!bindingConditions.length && bindingFailureConditions.length) errors.push(forbiddenValue(`${at}.bindingConditions`,
    'bindingConditions are required to use bindingFailureConditions'))
  return errors
}
