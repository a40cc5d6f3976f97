// What can be wrong with a configuration of the scheduler, in the reference's words and order.
import { duplicateValue, formatDuration, invalidValue, isQualifiedName, requiredValue, type FieldError } from '#machinery'
import { isExtended } from '../resources.ts'
import { points } from '../profile.ts'
import { apiVersion, type ExtenderConfiguration, type KubeSchedulerConfiguration, type KubeSchedulerProfile } from './schema.ts'
import { validateArgs } from './validate-args.ts'
import type { Election } from './read.ts'

type Profiles = readonly KubeSchedulerProfile[]
/** Plugins that there were once. */
const removed = ['AzureDiskLimits', 'CinderLimits', 'EBSLimits', 'GCEPDLimits']

/** Of a configuration with its defaults. */
export function validateConfiguration(config: KubeSchedulerConfiguration & { readonly profiles: KubeSchedulerProfile[] }, election: Election): FieldError[] {
  const { parallelism = 16, profiles, percentageOfNodesToScore, podInitialBackoffSeconds: first = 1, podMaxBackoffSeconds: last = 10, extenders = [], clientConnection } = config
  const names = new Map<string, number>()
  return [
    ...((clientConnection?.burst ?? 0) < 0 ? [invalidValue('clientConnection.burst', clientConnection!.burst, 'must be non-negative')] : []),
    ...validateElection(election),
    ...(parallelism <= 0 ? [invalidValue('parallelism', parallelism, 'should be an integer value greater than zero')] : []),
    ...profiles.flatMap((profile, i) => {
      const at = `profiles[${i}]`, { schedulerName: name = '' } = profile, twice = names.get(name)
      names.set(name, i)
      return [
        ...(name === '' ? [requiredValue(`${at}.schedulerName`)] : []), ...validatePercentage(`${at}.percentageOfNodesToScore`, profile.percentageOfNodesToScore), ...validatePlugins(at, profile),
        ...(twice === undefined ? [] : [duplicateValue(`${at}.schedulerName`, `profiles[${twice}].schedulerName`)]),
      ]
    }),
    ...validateQueueSort(profiles),
    ...validatePercentage('percentageOfNodesToScore', percentageOfNodesToScore),
    ...(first <= 0 ? [invalidValue('podInitialBackoffSeconds', first, 'must be greater than 0')] : []),
    ...(last < first ? [invalidValue('podMaxBackoffSeconds', last, 'must be greater than or equal to PodInitialBackoffSeconds')] : []),
    ...validateExtenders(extenders),
  ]
}

function validateElection({ leaderElect, leaseMs, renewDeadlineMs, retryMs, resourceLock, name, namespace }: Election): FieldError[] {
  if (!leaderElect) return []
  const at = 'leaderElection', positive = (field: string, ms: number) => (ms <= 0 ? [invalidValue(`${at}.${field}`, formatDuration(ms), 'must be greater than zero')] : [])
  const needed = (field: string, text: string) => (text === '' ? [invalidValue(`${at}.${field}`, text, `${field} is required`)] : [])
  return [
    ...positive('leaseDuration', leaseMs), ...positive('renewDeadline', renewDeadlineMs), ...positive('retryPeriod', retryMs),
    ...(leaseMs < renewDeadlineMs ? [invalidValue(`${at}.leaseDuration`, formatDuration(renewDeadlineMs), 'LeaseDuration must be greater than RenewDeadline')] : []),
    ...needed('resourceLock', resourceLock), ...needed('resourceNamespace', namespace), ...needed('resourceName', name),
    ...(resourceLock !== 'leases' ? [invalidValue(`${at}.resourceLock`, resourceLock, 'resourceLock value must be "leases"')] : []),
  ]
}
const validatePercentage = (at: string, percentage: number | undefined): FieldError[] => (percentage !== undefined && (percentage < 0 || percentage > 100) ? [invalidValue(at, percentage, 'not in valid range [0-100]')] : [])

function validatePlugins(at: string, { plugins = {}, pluginConfig = [] }: KubeSchedulerProfile): FieldError[] {
  const gone = (field: string, name: string) => invalidValue(field, name, `was invalid in version "v1" (KubeSchedulerConfiguration is version ${JSON.stringify(apiVersion)})`), seen = new Set<string>()
  return [
    ...points.flatMap((point) => (plugins[point]?.enabled ?? []).flatMap(({ name = '' }, i) => (removed.includes(name) ? [gone(`${at}.plugins.${point}.enabled[${i}]`, name)] : []))),
    ...pluginConfig.flatMap(({ name = '', args }, i) => {
      const here = `${at}.pluginConfig[${i}]`, twice = seen.has(name) ? [duplicateValue(here, name)] : []
      seen.add(name)
      return [...twice, ...(removed.includes(name) ? [gone(here, name)] : validateArgs(name, args, `${here}.args`))]
    }),
  ]
}

/** There is one queue: all profiles order it alike. */
function validateQueueSort(profiles: Profiles): FieldError[] {
  const of = ({ plugins, pluginConfig = [] }: KubeSchedulerProfile) => ({ set: JSON.stringify(plugins?.queueSort ?? {}), args: JSON.stringify(pluginConfig.find((c) => c.name === plugins?.queueSort?.enabled?.[0]?.name)?.args) })
  const [first, ...others] = profiles, enabled = first?.plugins?.queueSort?.enabled ?? []
  return [
    ...(enabled.length > 1 ? [invalidValue('profiles[0].plugins.queueSort.Enabled', enabled.length, 'only one queue sort plugin can be enabled')] : []),
    ...others.flatMap((profile, i) => [
      ...(of(profile).set !== of(first!).set ? [invalidValue(`profiles[${i + 1}].plugins.queueSort`, profile.plugins?.queueSort ?? {}, 'must be the same for all profiles')] : []),
      ...(enabled.length > 0 && of(profile).args !== of(first!).args ? [invalidValue(`profiles[${i + 1}].pluginConfig.args`, {}, 'queueSort must be the same for all profiles')] : []),
    ]),
  ]
}

function validateExtenders(extenders: readonly ExtenderConfiguration[]): FieldError[] {
  const binders = extenders.filter((e) => e.bindVerb).length, managed = new Set<string>()
  return [
    ...extenders.flatMap(({ prioritizeVerb, weight = 0, managedResources = [] }, i) => [
      ...(prioritizeVerb && weight <= 0 ? [invalidValue(`extenders[${i}].weight`, weight, 'must have a positive weight applied to it')] : []),
      ...managedResources.flatMap(({ name = '' }, j) => {
        const at = `extenders[${i}].managedResources[${j}].name`, unqualified = isQualifiedName(name), twice = managed.has(name)
        managed.add(name)
        return [...(unqualified.length > 0 ? unqualified.map((why) => invalidValue(at, name, why)) : isExtended(name) ? [] : [invalidValue(at, name, 'is an invalid extended resource name')]),
          ...(twice ? [invalidValue(at, name, 'duplicate extender managed resource name')] : [])]
      }),
    ]),
    ...(binders > 1 ? [invalidValue('extenders', `found ${binders} extenders implementing bind`, 'only one extender can implement bind')] : []),
  ]
}
