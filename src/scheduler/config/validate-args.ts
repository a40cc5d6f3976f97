// What can be wrong with the arguments of a plugin, in the reference's words and order.
import { validateNodeSelector } from '#kinds'
import { duplicateValue, forbiddenValue, invalidValue, isQualifiedName, notSupported, parseDuration, requiredValue, type FieldError } from '#machinery'
import type { ArgsOf, pluginArgs } from './schema.ts'

type Rules = { readonly [Name in keyof typeof pluginArgs]: (args: ArgsOf<Name>, at: string) => readonly FieldError[] }

/** Of arguments with their defaults; plugins that nobody here knows have none that could be wrong. */
export const validateArgs = (plugin: string, args: unknown, at: string): readonly FieldError[] =>
  (Object.hasOwn(rules, plugin) ? (rules[plugin as keyof Rules] as (args: unknown, at: string) => readonly FieldError[])(args ?? {}, at) : [])

const within = (at: string, value: number, low: number, high: number): FieldError[] => (value < low || value > high ? [invalidValue(at, value, `not in valid range [${low}, ${high}]`)] : [])

const rules: Rules = {
  DefaultPreemption({ minCandidateNodesPercentage: percentage = 10, minCandidateNodesAbsolute: absolute = 100 }, at) {
    const [percentageAt, absoluteAt] = [`${at}.minCandidateNodesPercentage`, `${at}.minCandidateNodesAbsolute`]
    return [
      ...within(percentageAt, percentage, 0, 100), ...(absolute < 0 ? [invalidValue(absoluteAt, absolute, 'not in valid range [0, inf)')] : []),
      ...(percentage === 0 && absolute === 0 ? [invalidValue(percentageAt, 0, 'cannot be zero at the same time as minCandidateNodesAbsolute'), invalidValue(absoluteAt, 0, 'cannot be zero at the same time as minCandidateNodesPercentage')] : []),
    ]
  },
  DynamicResources: ({ filterTimeout, bindingTimeout }, at) => [
    ...(filterTimeout !== undefined && parseDuration(filterTimeout) < 0 ? [invalidValue(`${at}.filterTimeout`, filterTimeout, 'must be zero or positive')] : []),
    ...(bindingTimeout !== undefined && parseDuration(bindingTimeout) < 1000 ? [invalidValue(`${at}.bindingTimeout`, bindingTimeout, 'must be at least 1 second')] : []),
  ],
  InterPodAffinity: ({ hardPodAffinityWeight = 1 }, at) => within(`${at}.hardPodAffinityWeight`, hardPodAffinityWeight, 0, 100),
  NodeAffinity({ addedAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required, preferredDuringSchedulingIgnoredDuringExecution: preferred = [] } = {} }, at) {
    const here = `${at}.addedAffinity`
    return [
      ...(required ? validateNodeSelector(required as Parameters<typeof validateNodeSelector>[0], `${here}.requiredDuringSchedulingIgnoredDuringExecution`) : []),
      ...preferred.flatMap(({ preference }, i) => validateNodeSelector({ nodeSelectorTerms: [preference as never] }, '').map((error) => ({ ...error, field: error.field.replace('.nodeSelectorTerms[0]', `${here}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`) }))),
    ]
  },
  NodeResourcesBalancedAllocation({ resources = [] }, at) {
    const seen = new Set<string>()
    return resources.flatMap(({ name = '', weight = 1 }, i) => {
      const twice = seen.has(name)
      seen.add(name)
      return [...(twice ? [duplicateValue(`${at}.resources[${i}].name`, name)] : []), ...(weight !== 1 ? [invalidValue(`${at}.resources[${i}].weight`, weight, 'must be 1')] : [])]
    })
  },
  NodeResourcesFit({ ignoredResources = [], ignoredResourceGroups = [], scoringStrategy: { type = 'LeastAllocated', resources = [], requestedToCapacityRatio: ratio } = {} }, at) {
    const label = (name: string, field: string) => isQualifiedName(name).map((why) => invalidValue(field, name, why)), here = `${at}.scoringStrategy`
    return [
      ...ignoredResources.flatMap((name, i) => label(name, `${at}.ignoredResources[${i}]`)),
      ...ignoredResourceGroups.flatMap((name, i) => [...(name.includes('/') ? [invalidValue(`${at}.ignoredResourceGroups[${i}]`, name, "resource group name can't contain '/'")] : []), ...label(name, `${at}.ignoredResourceGroups[${i}]`)]),
      ...(strategies.includes(type) ? [] : [notSupported(`${here}.type`, type, strategies)]),
      ...resources.flatMap(({ name = '', weight = 0 }, i) => ((weight || 1) < 0 || weight > 100 ? [invalidValue(`${here}.resources[${i}].weight`, weight, `resource weight of ${name} not in valid range (0, 100]`)] : [])),
      ...(type === 'RequestedToCapacityRatio' ? (ratio ? validateShape(ratio.shape ?? [], `${here}.requestedToCapacityRatio.shape`) : [requiredValue(`${here}.requestedToCapacityRatio`, 'must be specified when type is RequestedToCapacityRatio')])
        : ratio ? [forbiddenValue(`${here}.requestedToCapacityRatio`, 'must be nil when type is not RequestedToCapacityRatio')] : []),
    ]
  },
  PodTopologySpread({ defaultingType = 'System', defaultConstraints = [] }, at) {
    const here = `${at}.defaultConstraints`
    return [
      ...(defaultingType !== 'System' && defaultingType !== 'List' ? [notSupported(`${at}.defaultingType`, defaultingType, ['List', 'System'])]
        : defaultingType === 'System' && defaultConstraints.length > 0 ? [invalidValue(`${at}.defaultingType`, defaultingType, 'when .defaultConstraints are not empty')] : []),
      ...defaultConstraints.flatMap(({ maxSkew = 0, topologyKey: key = '', whenUnsatisfiable: when = '', labelSelector }, i) => [
        ...(maxSkew <= 0 ? [invalidValue(`${here}[${i}].maxSkew`, maxSkew, 'not in valid range (0, inf)')] : []),
        ...(key === '' ? [requiredValue(`${here}[${i}].topologyKey`, 'can not be empty')] : isQualifiedName(key).map((why) => invalidValue(`${here}[${i}].topologyKey`, key, why))),
        ...(when === '' ? [requiredValue(`${here}[${i}].whenUnsatisfiable`, 'can not be empty')] : actions.includes(when) ? [] : [notSupported(`${here}[${i}].whenUnsatisfiable`, when, actions)]),
        ...(labelSelector ? [forbiddenValue(`${here}[${i}].labelSelector`, 'constraint must not define a selector, as they deduced for each pod')] : []),
        ...(defaultConstraints.slice(0, i).some((other) => other.topologyKey === key && other.whenUnsatisfiable === when) ? [duplicateValue(`${here}[${i}]`, `{${key}, ${when}}`)] : []),
      ]),
    ]
  },
  VolumeBinding: ({ bindTimeoutSeconds = 600, shape }, at) => [
    ...(bindTimeoutSeconds < 0 ? [invalidValue(`${at}.bindTimeoutSeconds`, bindTimeoutSeconds, 'invalid BindTimeoutSeconds, should not be a negative value')] : []),
    ...(shape ? [invalidValue(`${at}.shape`, shape, 'unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring')] : []),
  ],
}
const strategies = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'], actions = ['DoNotSchedule', 'ScheduleAnyway']

function validateShape(shape: readonly { readonly utilization?: number; readonly score?: number }[], at: string): FieldError[] {
  if (shape.length === 0) return [requiredValue(at, 'at least one point must be specified')]
  const of = (i: number) => shape[i]?.utilization ?? 0, unsorted = shape.findIndex((_, i) => i > 0 && of(i - 1) >= of(i))
  return [
    ...(unsorted > 0 ? [invalidValue(`${at}[${unsorted}].utilization`, of(unsorted), 'values must be sorted in increasing order')] : []),
    ...shape.flatMap(({ utilization = 0, score = 0 }, i) => [...within(`${at}[${i}].utilization`, utilization, 0, 100), ...within(`${at}[${i}].score`, score, 0, 10)]),
  ]
}
