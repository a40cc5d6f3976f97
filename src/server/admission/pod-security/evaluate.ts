// All rules of one level and version over one pod: baseline first, then what restricted adds, each by name.
import { baselineChecks } from './baseline.ts'
import type { Check, PodMetadata, PodSpec, Rule, Violation } from './check.ts'
import type { LevelVersion, PolicyVersion } from './policy.ts'
import { restrictedChecks } from './restricted.ts'

/** The version whose rules are the latest. */
const latest = Math.max(...[...baselineChecks, ...restrictedChecks].flatMap(({ since }) => since.map(([minor]) => minor)))
const inForce = ({ since }: Check, minor: number): Rule | undefined => since.findLast(([from]) => from <= minor)?.[1]
const known = new Map<string, readonly Rule[]>()

function rulesOf({ level, version }: LevelVersion): readonly Rule[] {
  if (level === 'privileged') return []
  const minor = atMost(version), key = `${level}/${minor}`
  let rules = known.get(key)
  if (!rules) {
    const added = level === 'restricted' ? restrictedChecks.filter((check) => inForce(check, minor)) : []
    const replaced = new Set(added.map(({ replaces }) => replaces))
    rules = [...baselineChecks.filter(({ id }) => !replaced.has(id)), ...added].flatMap((check) => inForce(check, minor) ?? [])
    known.set(key, rules)
  }
  return rules
}
const atMost = (version: PolicyVersion): number => (version === 'latest' ? latest : Math.min(version, latest))

export const violations = (policy: LevelVersion, metadata: PodMetadata, spec: PodSpec): Violation[] => rulesOf(policy).flatMap((rule) => rule(metadata, spec) ?? [])
export const reasons = (all: readonly Violation[]): string => all.map(({ reason }) => reason).join(', ')
export const details = (all: readonly Violation[]): string => all.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(', ')
