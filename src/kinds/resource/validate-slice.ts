// What is wrong with a slice of devices that a driver offers.
import { invalidValue, requiredValue, wasEmptyList, type FieldError } from '#machinery'
import { immutableField, validateDNSSubdomain } from '../checks.ts'
import { validateNodeSelector } from '../core/pod/validate-affinity.ts'
import { validateDriverName } from '../core/pod/validate-volume.ts'
import { goForm } from '../go-diff.ts'
import { nodeTermForm } from '../go-forms.ts'
import { longestCounter, mostCounters, validateCounterName } from './counters.ts'
import { validatePoolName } from './device-names.ts'
import { validateMap, validateSet } from './limited.ts'
import type { CounterSet, ResourceSliceSpec } from './resourceslice.ts'
import { validateDevice } from './validate-device.ts'

const mostDevices = 128, mostElaborateDevices = 64, mostCounterSets = 8
export function validateSlice({ spec }: { spec: ResourceSliceSpec }, old?: { spec: ResourceSliceSpec }): FieldError[] {
  const { driver, pool, devices, sharedCounters, nodeName } = spec, elaborate = devices?.some((d) => d.taints?.length || d.consumesCounters?.length)
  const given = (field: 'devices' | 'sharedCounters') => spec[field] !== undefined || wasEmptyList(spec, field)
  const before = new Map((old?.spec.devices ?? []).map((d) => [d.name, d]))
  return [
    ...validateDriverName(driver, 'spec.driver'), ...validatePool(pool),
    ...(old ? [...immutableField(pool.name, old.spec.pool.name, 'spec.pool.name'), ...immutableField(driver, old.spec.driver, 'spec.driver'),
      ...immutableField(nodeName, old.spec.nodeName, 'spec.nodeName')] : []),
    ...validatePlace(spec),
    ...(given('devices') && given('sharedCounters') ? [invalidValue('spec', '', 'only one of `sharedCounters` or `devices` is allowed')] : []),
    ...validateSet(devices, elaborate ? mostElaborateDevices : mostDevices, 'spec.devices',
      (device, at) => validateDevice(device, before.get(device.name), at, spec.perDeviceNodeSelection === true), (d) => d.name),
    ...validateSet(sharedCounters, mostCounterSets, 'spec.sharedCounters', validateCounterSet, (set) => set.name),
  ]
}
const validatePool = ({ name, generation, resourceSliceCount: count }: ResourceSliceSpec['pool']): FieldError[] => [
  ...validatePoolName(name, 'spec.pool.name'), ...(count <= 0 ? [invalidValue('spec.pool.resourceSliceCount', count, 'must be greater than zero')] : []),
  ...(generation < 0 ? [invalidValue('spec.pool.generation', generation, 'must be greater than or equal to zero')] : []),
]

/** A slice is on one node, on some, on all, or each of its devices says where it is. */
function validatePlace({ nodeName, nodeSelector, allNodes, perDeviceNodeSelection }: ResourceSliceSpec): FieldError[] {
  const said: string[] = [], one = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required', terms = nodeSelector?.nodeSelectorTerms
  const errors = [
    ...(nodeName === undefined ? [] : nodeName ? validateDNSSubdomain(nodeName, 'spec.nodeName') : [invalidValue('spec.nodeName', '', 'must be either unset or set to a non-empty string')]),
    ...(nodeSelector ? validateNodeSelector(nodeSelector, 'spec.nodeSelector') : []),
    ...(nodeSelector && terms?.length !== 1
      ? [invalidValue('spec.nodeSelector.nodeSelectorTerms', terms?.map((term) => goForm(nodeTermForm, term)) ?? null, 'must have exactly one node selector term')] : []),
    ...(allNodes === false ? [invalidValue('spec.allNodes', false, 'must be either unset or set to true')] : []),
    ...(perDeviceNodeSelection === false ? [invalidValue('spec.perDeviceNodeSelection', false, 'must be either unset or set to true')] : []),
  ]
  for (const [field, value] of Object.entries({ nodeName, nodeSelector, allNodes, perDeviceNodeSelection })) if (value) said.push(`\`${field}\``)
  if (said.length === 0) errors.push(requiredValue('spec', one))
  if (said.length > 1) errors.push(invalidValue('spec', `{${said.join(', ')}}`, `${one}, but multiple fields are set`))
  return errors
}

const validateCounterSet = ({ name, counters }: CounterSet, at: string): FieldError[] => [
  ...(name ? validateCounterName(name, `${at}.name`) : [requiredValue(`${at}.name`)]),
  ...(Object.keys(counters ?? {}).length ? validateMap(counters, mostCounters, longestCounter, `${at}.counters`, validateCounterName) : [requiredValue(`${at}.counters`)]),
]
