// The reference's feature gates: which there are, and which are on. What is switched here and has no effect is told by whoever reads the flag.
import { switchedOff } from '#kinds'
import gates from './feature-gates.json' with { type: 'json' }
import type { Metrics } from './metrics.ts'

const known = gates as unknown as Readonly<Record<string, readonly [stage: string, on: boolean]>> // allowed: JSON's arrays have no fixed length
/** Gates that stand for all of a stage. */
const groups: Readonly<Record<string, string>> = { AllAlpha: 'ALPHA', AllBeta: 'BETA' }
/** Those that something here looks at. */
const withEffect: ReadonlySet<string> = new Set([
  'CBORServingAndStorage', 'KMSv1', 'CoordinatedLeaderElection', 'DRAWorkloadResourceClaims', 'ClusterTrustBundleProjection', 'DRADeviceTaintRules', 'StorageVersionMigrator', 'TopologyAwareWorkloadScheduling', 'WorkloadAwarePreemption',
  ...Object.values(switchedOff).flatMap((resources) => Object.values(resources)),
])
/** Those that stay as they are: what is stable, but for these, which may still be switched off. */
const unlocked: ReadonlySet<string> = new Set(['AllowServiceExternalIPs', 'DisableAllocatorDualWrite', 'ExecProbeTimeout', 'TopologyManagerPolicyOptions'])
/** What a gate is no use without. */
const needs: Readonly<Record<string, readonly string[]>> = {
  ClusterTrustBundleProjection: ['ClusterTrustBundle'], DRADeviceTaintRules: ['DRADeviceTaints'], DRAWorkloadResourceClaims: ['GenericWorkload'], GangScheduling: ['GenericWorkload'],
  TopologyAwareWorkloadScheduling: ['GenericWorkload'], WorkloadAwarePreemption: ['GangScheduling'], WorkloadWithJob: ['GenericWorkload'],
}

export interface FeatureGates {
  /** Every gate, and whether it is on. */
  readonly on: ReadonlyMap<string, boolean>
  /** Those that were switched away from what the reference does, without anything here looking at them. */
  readonly idle: readonly string[]
  /** What the reference warns of. */
  readonly warnings: readonly string[]
}

/** `typed`: gates by name, which may have the component before it (kube:NAME). Throws an Error in the reference's words for what is no gate, cannot be switched, or misses another. */
export function featureGates(typed: Readonly<Record<string, boolean>>): FeatureGates {
  const given = Object.fromEntries(Object.entries(typed).map(([key, value]) => {
    const [name, component] = key.split(':').reverse()
    if (component !== undefined && component !== 'kube') throw new Error(`component not registered: ${component}`)
    return [name!, value]
  }))
  const unknown = Object.keys(given).find((name) => !(name in known) && !(name in groups))
  if (unknown !== undefined) throw new Error(`unrecognized feature gate: ${unknown}`)
  const isLocked = (name: string) => known[name]?.[0] === 'GA' && !unlocked.has(name)
  const locked = Object.entries(given).filter(([name, value]) => isLocked(name) && known[name]![1] !== value)
  if (locked.length > 0) throw together(locked.map(([name, value]) => `cannot set feature gate ${name} to ${value}, feature is locked to ${known[name]![1]}`))
  const on = new Map(Object.entries(known).map(([name, [stage, standard]]) => {
    const group = Object.keys(groups).find((all) => groups[all] === stage && given[all] !== undefined)
    return [name, given[name] ?? (group === undefined ? standard : given[group]!)] as const
  }))
  const alone = Object.entries(needs).flatMap(([name, others]) => { const off = others.filter((other) => !on.get(other)); return on.get(name) && off.length > 0 ? [`${name} is enabled, but depends on features that are disabled: [${off.join(' ')}]`] : [] })
  if (alone.length > 0) throw together(alone)
  const warnings = Object.entries(given).flatMap(([name, value]) => {
    const stage = known[name]?.[0]
    return stage === 'GA' || stage === 'DEPRECATED' ? [`Setting ${stage === 'GA' ? 'GA' : 'deprecated'} feature gate ${name}=${value}. It will be removed in a future release.`] : []
  })
  return { on, idle: [...on].filter(([name, isOn]) => isOn !== known[name]![1] && !withEffect.has(name) && !(name in groups)).map(([name]) => name), warnings }
}
/** Several errors as the reference says them at once. */
const together = (messages: readonly string[]): Error => new Error(messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`)

export function featureMetrics(metrics: Metrics, { on }: Pick<FeatureGates, 'on'>): void {
  const enabled = metrics.gauge({ name: 'kubernetes_feature_enabled', stability: 'BETA', help: 'Whether a feature gate is on; the stage of those that are no gates any more is empty.', labels: ['name', 'stage'] })
  for (const [name, isOn] of on) enabled.with(name, known[name]![0] === 'GA' ? '' : known[name]![0]).set(isOn ? 1 : 0)
}
