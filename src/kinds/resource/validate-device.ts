// What is wrong with one device of a slice: its attributes, capacities, counters and where it is.
import { forbiddenValue, invalidValue, isDNS1123Label, isLabelValue, isQualifiedName, notSupported, requiredValue, same, takesMore, tooLong, type FieldError } from '#machinery'
import { failing, validateDNSSubdomain } from '../checks.ts'
import { validateNodeSelector } from '../core/pod/validate-affinity.ts'
import { goForm } from '../go-diff.ts'
import { deviceAttributeForm } from '../go-forms.ts'
import { effects, validateBinding, validateQualified } from './device-names.ts'
import { longestDomain, longestIdentifier, longestValue, mostOfDevice } from './device-selector.ts'
import { longestCounter, mostCounters, validateCounterName } from './counters.ts'
import { validateList, validateMap, validateSet } from './limited.ts'
import type { Device, DeviceAttribute, DeviceCapacity, DeviceCounterConsumption, DeviceTaint } from './resourceslice.ts'
import { validateRequestPolicy } from './validate-request-policy.ts'

const longestKey = longestDomain + 1 + longestIdentifier, mostTaints = 16, mostConsumptions = 2
export function validateDevice(device: Device, old: Device | undefined, at: string, placesItself: boolean): FieldError[] {
  const { attributes, capacity, taints, consumesCounters, allowMultipleAllocations: shared = false } = device
  const count = Object.keys(attributes ?? {}).length + Object.keys(capacity ?? {}).length
  return [
    ...failing(isDNS1123Label, device.name, `${at}.name`),
    ...(count > mostOfDevice ? [invalidValue(at, count, `the total number of attributes and capacities must not exceed ${mostOfDevice}`)] : []),
    ...validateMap(attributes, Infinity, longestKey, `${at}.attributes`, validateQualified, validateAttribute),
    ...(old && same(capacity, old.capacity) ? [] : validateMap(capacity, Infinity, longestKey, `${at}.capacity`, validateQualified, (c, here) => validateCapacity(c, here, shared))),
    ...(old && same(taints, old.taints) ? [] : validateList(taints, mostTaints, `${at}.taints`, validateTaint)),
    ...validateSet(consumesCounters, mostConsumptions, `${at}.consumesCounters`, validateConsumption, (c) => c.counterSet),
    ...validatePlace(device, at, placesItself), ...validateBinding(device, at),
  ]
}

const valueFields = ['int', 'bool', 'string', 'version'] as const
const number = '(0|[1-9]\\d*)', before = '(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)', build = '[0-9a-zA-Z-]+'
const semanticVersion = new RegExp(`^${number}\\.${number}\\.${number}(-${before}(\\.${before})*)?(\\+${build}(\\.${build})*)?$`)
function validateAttribute(attribute: DeviceAttribute, at: string): FieldError[] {
  const { string = '', version } = attribute, given = valueFields.filter((field) => attribute[field] !== undefined), one = 'exactly one value must be specified'
  return [
    ...(takesMore(string, longestValue) ? [tooLong(`${at}.string`, longestValue)] : []),
    ...(version !== undefined && !semanticVersion.test(version) ? [invalidValue(`${at}.version`, version, 'must be a string compatible with semver.org spec 2.0.0')] : []),
    ...(version !== undefined && version.length > longestValue ? [tooLong(`${at}.version`, longestValue)] : []),
    ...(given.length === 0 ? [invalidValue(at, '', one)] : given.length > 1 ? [invalidValue(at, goForm(deviceAttributeForm, attribute), one)] : []),
  ]
}
const validateCapacity = ({ value, requestPolicy }: DeviceCapacity, at: string, shared: boolean): FieldError[] => (!requestPolicy ? []
  : shared ? validateRequestPolicy(requestPolicy, value, `${at}.requestPolicy`) : [forbiddenValue(`${at}.requestPolicy`, 'allowMultipleAllocations must be true')])
const validateTaint = ({ key, value, effect }: DeviceTaint, at: string): FieldError[] => [
  ...failing(isQualifiedName, key, `${at}.key`), ...(value ? failing(isLabelValue, value, `${at}.value`) : []),
  ...(!effect ? [requiredValue(`${at}.effect`)] : effects.includes(effect) ? [] : [notSupported(`${at}.effect`, effect, effects)]),
]
const validateConsumption = ({ counterSet, counters }: DeviceCounterConsumption, at: string): FieldError[] => [
  ...(counterSet ? validateCounterName(counterSet, `${at}.counterSet`) : [requiredValue(`${at}.counterSet`)]),
  ...(Object.keys(counters ?? {}).length ? validateMap(counters, mostCounters, longestCounter, `${at}.counters`, validateCounterName) : [requiredValue(`${at}.counters`)]),
]

/** Where the device is, if the slice leaves that to its devices. */
function validatePlace({ nodeName, nodeSelector, allNodes }: Device, at: string, placesItself: boolean): FieldError[] {
  if (!placesItself) return nodeName === undefined && !nodeSelector && allNodes === undefined ? []
    : [invalidValue(at, null, '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec')]
  const one = 'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
  const said = Object.entries({ nodeName, nodeSelector, allNodes }).filter(([, value]) => value).map(([field]) => `\`${field}\``)
  return [
    ...(nodeName === undefined ? [] : nodeName ? validateDNSSubdomain(nodeName, `${at}.nodeName`) : [invalidValue(`${at}.nodeName`, '', 'must not be empty')]),
    ...(nodeSelector ? validateNodeSelector(nodeSelector, `${at}.nodeSelector`) : []),
    ...(allNodes === false ? [invalidValue(`${at}.allNodes`, false, 'must be either unset or set to true')] : []),
    ...(said.length === 0 ? [requiredValue(at, one)] : said.length > 1 ? [invalidValue(at, `{${said.join(', ')}}`, one)] : []),
  ]
}
