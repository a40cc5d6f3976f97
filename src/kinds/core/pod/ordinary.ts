// Pods of a workload are alike: their specs differ in the name of the volume that their token comes in, if at all. What was found of one
// (nothing wrong, nothing to warn about) holds for the next, and is remembered by the spec's text: rules look at nothing else.
import { LRUCache } from 'lru-cache'
import type { PodSpec } from './spec.ts'

/** So many texts at most, of so many characters each: 2 MB. */
const mostTexts = 256, longestText = 8192
/** As admission makes it up; the end from chance is what differs. */
const tokenVolume = /^kube-api-access-[a-z0-9]{5}$/

/**
 * The text by which a spec is known; undefined for one that is not remembered: it is long, or what is right in it depends on the pod's name. Two
 * specs of one text differ only in a name that is as good as the other: where another part of the spec had it too, the texts would differ.
 */
function textOf(spec: PodSpec): string | undefined {
  if (spec.volumes?.some((volume) => volume.ephemeral)) return undefined
  const text = JSON.stringify(spec), name = spec.volumes?.findLast((volume) => tokenVolume.test(volume.name))?.name
  if (text.length > longestText) return undefined
  return name === undefined ? text : text.replaceAll(`"${name}"`, '"\n"') // JSON has no bare line break
}

export class OrdinarySpecs {
  /** By their texts: whether there is nothing to warn about either. */
  readonly #known = new LRUCache<string, boolean>({ max: mostTexts })
  /** The spec that was looked at last, when it is in order: its warnings are asked for next. */
  #last: { readonly spec: PodSpec; readonly silent: boolean } | undefined

  /** What is wrong with the spec, by `faults` unless one like it was in order; `silent` says whether there is nothing to warn about, and is asked of the first. */
  check<Fault>(spec: PodSpec, faults: () => readonly Fault[], silent: () => boolean): readonly Fault[] {
    this.#last = undefined
    const text = textOf(spec), known = text === undefined ? undefined : this.#known.get(text)
    const found = known === undefined ? faults() : []
    if (text === undefined || found.length > 0) return found
    this.#last = { spec, silent: known ?? silent() }
    if (known === undefined) this.#known.set(text, this.#last.silent)
    return found
  }
  /** Whether this spec has just been found in order, and silent. */
  isSilent(spec: PodSpec): boolean { return this.#last?.spec === spec && this.#last.silent }
}
/** Of this program; a spec is in order or not whatever cluster it is in. */
export const ordinarySpecs = new OrdinarySpecs()
