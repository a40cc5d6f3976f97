// What --runtime-config comes to: the versions and kinds beyond those of every day. Their code is loaded only where they are asked for.
import { loadFormer, loadSwitchedOff } from '#kinds'
import type { Kind, Log, ServedVersion } from '#machinery'
import { chooseFormer } from './former-versions.ts'
import { runtimeConfigProblem, servedResources, type RuntimeConfig, type ServedResources } from './runtime-config.ts'

export interface ServedVersions {
  readonly serves: ServedResources['serves']
  /** Kinds beyond those of every day. */
  readonly kinds: readonly Kind[]
  /** Further versions of kinds; absent: none. */
  readonly further?: ReadonlyMap<Kind, readonly ServedVersion<any>[]> // allowed: versions of any kind
}

/** Throws an Error in the reference's words for a --runtime-config that is wrong. */
export async function servedVersions(config: RuntimeConfig, features: ReadonlySet<string>, log: Log): Promise<ServedVersions> {
  const problem = runtimeConfigProblem(config)
  if (problem) throw new Error(problem)
  const { serves, servesRemoved, warnings } = servedResources(config, features)
  for (const warning of warnings) log.warn(warning)
  if (Object.keys(config).length === 0) return { serves, kinds: [] }
  const [former, off] = await Promise.all([loadFormer(), loadSwitchedOff()])
  const removed = chooseFormer(former.formerVersions, former.formerKinds, servesRemoved), more = chooseFormer(off.furtherVersions, off.furtherKinds, serves)
  // A kind is there as soon as any of its versions is.
  const kinds = [...removed.kinds, ...off.furtherKinds.filter((kind) => more.kinds.includes(kind) || more.versions.get(kind)?.length)]
  const further = new Map([...new Set([...removed.versions.keys(), ...more.versions.keys()])].map((kind) => [kind, [...(more.versions.get(kind) ?? []), ...(removed.versions.get(kind) ?? [])]] as const)
    .filter(([, versions]) => versions.length > 0))
  return { serves: (groupVersion, resource) => serves(groupVersion, resource) || removed.kinds.some((kind) => kind.apiVersion === groupVersion && kind.resource === resource), kinds,
    ...((further.size > 0 || kinds.length > 0) && { further }) }
}
