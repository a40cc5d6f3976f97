// What a namespace's labels (or the configuration) ask of its pods: a level and a version for each of three modes.
import { invalidValue, type FieldError } from '#machinery'

export const levels = ['privileged', 'baseline', 'restricted'] as const
export type Level = (typeof levels)[number]
/** A minor version of Kubernetes 1, or the latest rules. */
export type PolicyVersion = number | 'latest'
export interface LevelVersion { readonly level: Level; readonly version: PolicyVersion }
export interface Policy { readonly enforce: LevelVersion; readonly audit: LevelVersion; readonly warn: LevelVersion }

export const labelPrefix = 'pod-security.kubernetes.io/'
const free: LevelVersion = { level: 'privileged', version: 'latest' }
export const freePolicy: Policy = { enforce: free, audit: free, warn: free }

export const printed = ({ level, version }: LevelVersion): string => `${level}:${version === 'latest' ? version : `v1.${version}`}`
export const equal = (a: LevelVersion, b: LevelVersion): boolean => a.level === b.level && a.version === b.version
export const stricter = (a: Level, b: Level): boolean => levels.indexOf(a) > levels.indexOf(b)

const isLevel = (text: string): text is Level => levels.some((level) => level === text)
/** undefined when it is none. */
export function versionOf(text: string): PolicyVersion | undefined {
  if (text === 'latest') return text
  const minor = /^v1\.(0|[1-9][0-9]*)$/.exec(text)?.[1]
  return minor === undefined ? undefined : Number(minor)
}
const levelWords = `must be one of ${levels.join(', ')}`, versionWords = 'must be "latest" or "v1.x"'

export type Labels = Readonly<Record<string, string>> | undefined

/** A policy is always returned: labels that cannot be read count as the strictest to enforce, as nothing to warn of or audit. */
export function policyOf(labels: Labels, defaults: Policy): { readonly policy: Policy; readonly errors: readonly FieldError[] } {
  if (!labels) return { policy: defaults, errors: [] }
  const errors: FieldError[] = []
  const wrong = (label: string, value: string, why: string) => errors.push(invalidValue(`metadata.labels[${labelPrefix}${label}]`, value, why))
  const read = (mode: keyof Policy, otherwise: Level): LevelVersion => {
    let { level, version } = defaults[mode]
    const levelText = labels[labelPrefix + mode], versionText = labels[`${labelPrefix}${mode}-version`]
    if (levelText !== undefined) {
      if (isLevel(levelText)) level = levelText
      else { level = otherwise; wrong(mode, levelText, levelWords) }
    }
    if (versionText !== undefined) {
      const found = versionOf(versionText)
      version = found ?? 'latest'
      if (found === undefined) wrong(`${mode}-version`, versionText, versionWords)
    }
    return { level, version }
  }
  const enforce = read('enforce', 'restricted'), audit = read('audit', 'privileged')
  let warn = read('warn', 'privileged')
  // Who enforces and says nothing about warnings is warned of what would be refused later.
  const enforced = labels[`${labelPrefix}enforce`]
  if (enforced !== undefined && isLevel(enforced) && labels[`${labelPrefix}warn`] === undefined && stricter(enforce.level, warn.level))
    warn = { level: enforce.level, version: labels[`${labelPrefix}warn-version`] === undefined ? enforce.version : warn.version }
  return { policy: { enforce, audit, warn }, errors }
}
