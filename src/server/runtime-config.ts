// --runtime-config: which resources of which versions are served. Keys are api/all, api/ga, api/beta and api/alpha, then GROUP/VERSION, then
// GROUP/VERSION/RESOURCE: what is more exact counts more, wherever it stands. legacy/all is Proa's own: every version that was ever removed or overtaken.
import { quote } from '#machinery'
import { kinds, switchedOff } from '#kinds'
import { formerVersionNames } from './former-versions.ts'

/** As typed: a key without a value has ''. */
export type RuntimeConfig = Readonly<Record<string, string>>
/** Whether a resource of a version is served. `kind` says which of its kinds are meant. */
export interface ServedResources {
  /** Of those that are served by default or can be switched on. */
  readonly serves: (groupVersion: string, resource: string) => boolean
  /** Of those that were removed. */
  readonly servesRemoved: (groupVersion: string, resource: string) => boolean
  /** What was asked for and is not served, because its gate is off, in the reference's words. */
  readonly warnings: readonly string[]
}

const legacy = 'legacy/all'
const matchers: Readonly<Record<string, RegExp>> = { 'api/all': /^/, 'api/ga': /^v\d+$/, 'api/beta': /^v\d+beta\d+$/, 'api/alpha': /^v\d+alpha\d+$/ }

/** The versions that are served unless somebody says otherwise; that of the core group is /v1. */
const standard: ReadonlySet<string> = new Set(kinds.flatMap((kind) => [`${kind.group}/${kind.version}`, ...kind.alsoServedAs.map((v) => `${v.group}/${v.version}`)]))
/** imagepolicy.k8s.io is a group of the reference that serves nothing. */
const knownVersions: ReadonlySet<string> = new Set([...standard, ...Object.keys(switchedOff), ...formerVersionNames, 'imagepolicy.k8s.io/v1alpha1'])
const knownGroups: ReadonlySet<string> = new Set([...knownVersions].map((name) => name.slice(0, name.indexOf('/'))))

/** What of a --runtime-config is wrong, in the reference's words; undefined: nothing. */
export function runtimeConfigProblem(config: RuntimeConfig): string | undefined {
  const entries = Object.entries(config)
  if (config['api/all'] === 'false' && entries.length === 1) return 'invalid key with only api/all=false'
  const exact = entries.filter(([key]) => !(key in matchers) && key !== legacy)
  const malformed = exact.find(([key]) => !/^[^/]*\/[^/]*(?:\/[^/]*)?$/.test(key))
  if (malformed) return `runtime-config invalid key ${malformed[0]}`
  const unknown = exact.map(([key]) => key.slice(0, key.indexOf('/'))).filter((group) => !knownGroups.has(group))
  if (unknown.length > 0) return `unknown api groups ${unknown.join(',')}`
  for (const key of [...Object.keys(matchers), legacy]) {
    const value = config[key]
    if (value !== undefined && value !== 'true' && value !== 'false') return `invalid value ${key}=${value}`
  }
  for (const [key, value] of exact) {
    const [group, version, resource] = key.split('/') as [string, string, string?]
    if (!knownVersions.has(`${group}/${version}`)) return `group version ${group ? `${group}/` : ''}${version} that has not been registered`
    if (parseBool(value) === undefined) return `invalid value of ${key}: ${value}, err: strconv.ParseBool: parsing ${quote(value)}: invalid syntax`
    if (resource !== undefined && resource !== resource.toLowerCase()) return `invalid key ${key}: group/version/resource and resource is always lowercase plural, not ${quote(resource)}`
  }
  return undefined
}

/** What a valid --runtime-config comes to while these feature gates are on. */
export function servedResources(config: RuntimeConfig, features: ReadonlySet<string>): ServedResources {
  const versions = new Map([...standard].map((name) => [name, true])), exact = new Map<string, boolean>(), all = config[legacy] === 'true'
  for (const name of Object.keys(switchedOff)) versions.set(name, false)
  for (const [key, matcher] of Object.entries(matchers)) if (config[key] !== undefined)
    for (const name of versions.keys()) if (matcher.test(name.slice(name.indexOf('/') + 1))) versions.set(name, config[key] === 'true')
  for (const [key, value] of Object.entries(config)) if (!(key in matchers) && key !== legacy) exact.set(key, parseBool(value) ?? true)

  const asked = (groupVersion: string, resource: string) => exact.get(`${groupVersion}/${resource}`) ?? exact.get(groupVersion) ?? (versions.get(groupVersion) || (all && isOvertaken(groupVersion, resource)))
  const warnings: string[] = []
  for (const [groupVersion, resources] of Object.entries(switchedOff)) for (const [resource, gate] of Object.entries(resources))
    if (gate && !features.has(gate) && asked(groupVersion, resource)) warnings.push(`${resource} of ${groupVersion} are not served because the ${gate} feature gate is disabled`)
  return {
    serves: (groupVersion, resource) => {
      const gate = switchedOff[groupVersion]?.[resource]
      return asked(groupVersion, resource) && (!gate || features.has(gate))
    },
    // GROUP/VERSION means what v1.36 has in it, where it still has something.
    servesRemoved: (groupVersion, resource) => exact.get(`${groupVersion}/${resource}`) ?? (groupVersion in switchedOff ? (exact.get(groupVersion) ?? true) && all : exact.get(groupVersion) ?? all),
    warnings,
  }
}

/** Whether it is an older version of what is served by default. */
const isOvertaken = (groupVersion: string, resource: string): boolean => {
  const group = groupVersion.slice(0, groupVersion.indexOf('/'))
  return switchedOff[groupVersion]?.[resource] !== undefined && kinds.some((kind) => kind.group === group && kind.resource === resource)
}

/** Go's strconv.ParseBool; nothing is true, as in the reference. */
function parseBool(text: string): boolean | undefined {
  if (['', '1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true
  return ['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text) ? false : undefined
}
