// When the change came that endpoints show: agents that pass traffic on measure by it how long it took them to hear of it.
import type { Pod, Service } from '#kinds'
import { timeOf } from '../pod-state.ts'

export const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time'

/** Texts as they were found, names and moments of pods in turn: there are as many of these as services, and most looks find what the last one found. */
interface Known { readonly created: string; readonly pods: readonly string[] }

/** What services and their pods looked like when they were last looked at. */
export class TriggerTimes {
  readonly #known = new Map<string, Known>()

  /** The eldest of the changes since the last look, as RFC 3339; undefined when none of them says when it was. A service that is new counts from its own creation. */
  changed(s: Service, pods: readonly Pod[]): string | undefined {
    const key = keyOf(s.metadata), before = this.#known.get(key), now: Known = { created: s.metadata.creationTimestamp, pods: readyTimes(pods) }
    if (before && before.created === now.created && isSame(before.pods, now.pods)) return undefined
    this.#known.set(key, now)
    return before ? eldest(before, now) : now.created
  }
  forget(target: { readonly namespace?: string | undefined; readonly name: string }): void { this.#known.delete(keyOf(target)) }
}
const keyOf = ({ namespace = '', name }: { readonly namespace?: string | undefined; readonly name: string }): string => `${namespace}/${name}`
const isSame = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((text, i) => text === b[i])

function readyTimes(pods: readonly Pod[]): string[] {
  const found: string[] = []
  for (const { metadata, status } of pods) {
    const at = status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime
    if (at) found.push(metadata.name, at)
  }
  return found
}

function eldest(before: Known, { created, pods }: Known): string | undefined {
  const was = new Map<string, string>(), news: string[] = [], later = (now: string, then: string | undefined) => now !== then && (then === undefined || (timeOf(now) ?? 0) > (timeOf(then) ?? 0))
  for (let i = 0; i < before.pods.length; i += 2) was.set(before.pods[i]!, before.pods[i + 1]!)
  for (let i = 0; i < pods.length; i += 2) if (later(pods[i + 1]!, was.get(pods[i]!))) news.push(pods[i + 1]!)
  if (later(created, before.created)) news.push(created)
  return news.length < 2 ? news[0] : news.toSorted((a, b) => (timeOf(a) ?? 0) - (timeOf(b) ?? 0))[0]
}

/** Annotations with the moment of the change, or without one. */
export function withTrigger(annotations: Readonly<Record<string, string>> | undefined, at: string | undefined): Record<string, string> {
  const { [triggerAnnotation]: _, ...others } = annotations ?? {}
  return at === undefined ? others : { ...others, [triggerAnnotation]: at }
}
