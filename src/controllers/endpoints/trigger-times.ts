// When the change came that endpoints show: agents that pass traffic on measure by it how long it took them to hear of it.
import type { Pod, Service } from '#kinds'
import { timeOf } from '../pod-state.ts'

export const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time'

interface Known { readonly service: number; readonly pods: ReadonlyMap<string, number> }

/** What services and their pods looked like when they were last looked at. */
export class TriggerTimes {
  readonly #known = new Map<string, Known>()

  /** The eldest of the changes since the last look, as RFC 3339; undefined when none of them says when it was. A service that is new counts from its own creation. */
  changed(s: Service, pods: readonly Pod[]): string | undefined {
    const key = keyOf(s.metadata), before = this.#known.get(key), times = new Map<string, string>()
    for (const p of pods) {
      const at = p.status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime
      if (at) times.set(p.metadata.name, at)
    }
    const { creationTimestamp } = s.metadata
    this.#known.set(key, { service: timeOf(creationTimestamp) ?? 0, pods: new Map([...times].map(([name, at]) => [name, timeOf(at) ?? 0])) })
    if (!before) return creationTimestamp
    const news = [...times].filter(([name, at]) => (timeOf(at) ?? 0) > (before.pods.get(name) ?? -Infinity)).map(([, at]) => at)
    if ((timeOf(creationTimestamp) ?? 0) > before.service) news.push(creationTimestamp)
    return news.toSorted((a, b) => (timeOf(a) ?? 0) - (timeOf(b) ?? 0))[0]
  }
  forget(target: { readonly namespace?: string | undefined; readonly name: string }): void { this.#known.delete(keyOf(target)) }
}
const keyOf = ({ namespace = '', name }: { readonly namespace?: string | undefined; readonly name: string }): string => `${namespace}/${name}`

/** Annotations with the moment of the change, or without one. */
export function withTrigger(annotations: Readonly<Record<string, string>> | undefined, at: string | undefined): Record<string, string> {
  const { [triggerAnnotation]: _, ...others } = annotations ?? {}
  return at === undefined ? others : { ...others, [triggerAnnotation]: at }
}
