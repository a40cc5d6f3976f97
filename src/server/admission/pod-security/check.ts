// One rule of the Pod Security Standards, and words that they share.
import type { Container, Pod } from '#kinds'

export type PodMetadata = { readonly annotations?: Readonly<Record<string, string>> | undefined }
export type PodSpec = Pod['spec']
/** Containers of every sort, as far as rules look at them. */
export type AnyContainer = Pick<Container, 'name' | 'image' | 'securityContext' | 'ports' | 'livenessProbe' | 'readinessProbe' | 'startupProbe' | 'lifecycle'>

export interface Violation { readonly reason: string; readonly detail: string }
/** undefined: nothing is wrong. */
export type Rule = (metadata: PodMetadata, spec: PodSpec) => Violation | undefined

export interface Check {
  readonly id: string
  readonly level: 'baseline' | 'restricted'
  /** From which minor version on which rule holds, oldest first. */
  readonly since: readonly (readonly [minor: number, rule: Rule])[]
  /** A restricted check that stands in place of a baseline one. */
  readonly replaces?: string
}

export const containersOf = (spec: PodSpec): readonly AnyContainer[] => [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]
export const plural = (one: string, many: string, n: number): string => (n === 1 ? one : many)
export const quoted = (words: readonly string[]): string => `"${words.join('", "')}"`
/** `container "a"`, `containers "a", "b"`. */
export const named = (containers: readonly string[]): string => `${plural('container', 'containers', containers.length)} ${quoted(containers)}`
export const sorted = (words: Iterable<string>): string[] => [...new Set(words)].sort()

/** A rule about a setting that the pod and each container may have: `pod and containers "a", "b"`, or undefined when all is well. */
export function badSetters(pod: boolean, containers: readonly string[]): string | undefined {
  const setters = [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [named(containers)] : [])]
  return setters.length > 0 ? setters.join(' and ') : undefined
}
/** Names of the containers for which `bad` holds. */
export const namesWhere = (spec: PodSpec, bad: (container: AnyContainer) => boolean | undefined): string[] => containersOf(spec).filter(bad).map(({ name }) => name)
