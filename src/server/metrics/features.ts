// The reference's feature gates: which there are, and which are on. What is switched here and has no effect is told by whoever reads the flag.
import gates from './feature-gates.json' with { type: 'json' }
import type { Metrics } from './metrics.ts'

const known = gates as unknown as Readonly<Record<string, readonly [stage: string, on: boolean]>> // allowed: JSON's arrays have no fixed length
/** Gates that stand for all of a stage. */
const groups: Readonly<Record<string, string>> = { AllAlpha: 'ALPHA', AllBeta: 'BETA' }
/** Those that something here looks at. */
const withEffect: ReadonlySet<string> = new Set(['CBORServingAndStorage', 'KMSv1'])

export interface FeatureGates {
  /** Every gate, and whether it is on. */
  readonly on: ReadonlyMap<string, boolean>
  /** Those that were switched away from what the reference does, without anything here looking at them. */
  readonly idle: readonly string[]
}

/** Throws an Error in the reference's words for a gate that is none. */
export function featureGates(given: Readonly<Record<string, boolean>>): FeatureGates {
  const unknown = Object.keys(given).find((name) => !(name in known) && !(name in groups))
  if (unknown !== undefined) throw new Error(`unrecognized feature gate: ${unknown}`)
  const on = new Map(Object.entries(known).map(([name, [stage, standard]]) => {
    const group = Object.keys(groups).find((all) => groups[all] === stage && given[all] !== undefined)
    return [name, given[name] ?? (group === undefined ? standard : given[group]!)] as const
  }))
  return { on, idle: [...on].filter(([name, isOn]) => isOn !== known[name]![1] && !withEffect.has(name)).map(([name]) => name) }
}

export function featureMetrics(metrics: Metrics, { on }: Pick<FeatureGates, 'on'>): void {
  const enabled = metrics.gauge({ name: 'kubernetes_feature_enabled', stability: 'BETA', help: 'Whether a feature gate is on; the stage of those that are no gates any more is empty.', labels: ['name', 'stage'] })
  for (const [name, isOn] of on) enabled.with(name, known[name]![0] === 'GA' ? '' : known[name]![0]).set(isOn ? 1 : 0)
}
