import { condition, defineKind, formatTime, isQualifiedName, isLabelValue, notSupported, requiredValue, s, tooMany, type FieldError, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { failing, validateConditions, validateDNSLabel } from '../checks.ts'
import { validateDriverName } from '../core/pod/validate-volume.ts'
import { keepMetadata } from '../status-metadata.ts'
import { effects, validatePoolName } from './device-names.ts'

export const deviceTaintSelector = s.object('io.k8s.api.resource.v1alpha3.DeviceTaintSelector', {
  device: s.string({ keepEmpty: true }),
  driver: s.string({ keepEmpty: true }),
  pool: s.string({ keepEmpty: true }),
})

const taint = s.object('io.k8s.api.resource.v1alpha3.DeviceTaint', {
  effect: s.required(s.string()),
  key: s.required(s.string()),
  timeAdded: s.time(),
  value: s.string(),
})

export const deviceTaintRuleSpec = s.object('io.k8s.api.resource.v1alpha3.DeviceTaintRuleSpec', {
  deviceSelector: deviceTaintSelector,
  taint: s.required(s.value(taint)),
})
export type DeviceTaintRuleSpec = Infer<typeof deviceTaintRuleSpec>

export const deviceTaintRuleStatus = s.object('io.k8s.api.resource.v1alpha3.DeviceTaintRuleStatus', {
  conditions: s.list(condition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
})
export type DeviceTaintRuleStatus = Infer<typeof deviceTaintRuleStatus>

const mostConditions = 8
interface Rule { readonly spec: DeviceTaintRuleSpec; readonly status: DeviceTaintRuleStatus }
function validateRule({ spec: { deviceSelector: chosen, taint: { key, value = '', effect } }, status: { conditions = [] } }: Rule, old?: Rule, subresource?: string): FieldError[] {
  const at = 'spec.deviceSelector'
  if (subresource === 'status') return [...validateConditions(conditions, 'status.conditions'), ...(conditions.length > mostConditions ? [tooMany('status.conditions', conditions.length, mostConditions)] : [])]
  return [
    ...(chosen?.driver === undefined ? [] : validateDriverName(chosen.driver, `${at}.driver`)), ...(chosen?.pool === undefined ? [] : validatePoolName(chosen.pool, `${at}.pool`)),
    ...(chosen?.device === undefined ? [] : validateDNSLabel(chosen.device, `${at}.device`)),
    ...failing(isQualifiedName, key, 'spec.taint.key'), ...(value ? failing(isLabelValue, value, 'spec.taint.value') : []),
    ...(old?.spec.taint.effect === effect ? [] : !effect ? [requiredValue('spec.taint.effect')] : effects.includes(effect) ? [] : [notSupported('spec.taint.effect', effect, effects)]),
  ]
}

/** KEP-5055: devices that are as good as tainted by their drivers. */
export const deviceTaintRule = defineKind({
  group: 'resource.k8s.io', version: 'v1alpha3', kind: 'DeviceTaintRule', plural: 'devicetaintrules',
  scope: 'Cluster',
  definition: 'io.k8s.api.resource.v1alpha3.DeviceTaintRule',
  deprecated: 'resource.k8s.io/v1alpha3 DeviceTaintRule is deprecated in v1.36+',
  returnsDeleted: true, generation: true,
  columns: [cells.name, cells.age],
  subresources: { status: true },
  fields: {
    spec: s.required(s.value(deviceTaintRuleSpec)),
    status: s.value(deviceTaintRuleStatus),
  },
  prepareCreate: ({ spec, metadata }) => { spec.taint.timeAdded ??= metadata.creationTimestamp! },
  prepareUpdate: (o, old, subresource, now) => {
    if (subresource === 'status') { keepMetadata(o, old); return }
    const { taint } = o.spec, before = old.spec.taint
    taint.timeAdded ??= formatTime(now)
    // Another effect begins now, unless somebody says when.
    if (taint.effect !== before.effect && taint.timeAdded === before.timeAdded) taint.timeAdded = formatTime(now)
  },
  validate: validateRule,
})
export type DeviceTaintRule = ObjectOf<typeof deviceTaintRule>
