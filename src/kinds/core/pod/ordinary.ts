// Pods of a workload are alike: their specs differ in the name of the volume that their token comes in, if at all. What was found of one
// (nothing wrong, nothing to warn about) holds for the next, and is remembered by the spec's text: rules look at nothing else.
import { copy, leaveJson, TextMemo, toStoredForm } from '#machinery'
import { podSpec, type PodSpec } from './spec.ts'

/** So many texts at most, of so many characters each: 2 MB. */
const mostTexts = 256, longestText = 8192
/** As admission makes it up; the end from chance is what differs. */
const tokenVolume = /^kube-api-access-[a-z0-9]{5}$/

/** What was found of a spec: whether there is nothing to warn about either, and its JSON as it is stored, in parts between which the token volume's name is. */
interface Found { readonly silent: boolean; readonly stored: readonly string[] }

export class OrdinarySpecs {
  /** By their texts, in which the token volume may be called as it likes. */
  readonly #known = new TextMemo<Found>(mostTexts)
  /** The spec that was looked at last, when it is in order: its warnings are asked for next. */
  #last: { readonly spec: PodSpec; readonly silent: boolean } | undefined

  /** What is wrong with the spec, by `faults` unless one like it was in order; `silent` says whether there is nothing to warn about, and is asked of the first. A spec in order is not to be changed before it is stored. */
  check<Fault>(spec: PodSpec, faults: () => readonly Fault[], silent: () => boolean): readonly Fault[] {
    this.#last = undefined
    const text = textOf(spec), name = tokenVolumeOf(spec), known = text === undefined ? undefined : this.#known.get(text, name)
    if (known) {
      this.#last = { spec, silent: known.silent }
      leaveJson(spec, known.stored, name)
      return none
    }
    const found = faults()
    if (text === undefined || found.length > 0) return found
    const stored = JSON.stringify(toStoredForm(podSpec, copy(spec)))
    this.#last = { spec, silent: silent() }
    this.#known.set(text, { silent: this.#last.silent, stored: name === undefined ? [stored] : stored.split(name) }, name)
    return found
  }
  /** Whether this spec has just been found in order, and silent. */
  isSilent(spec: PodSpec): boolean { return this.#last?.spec === spec && this.#last.silent }
}
const none: readonly never[] = []

/** The text by which a spec is known; undefined for one that is not remembered: it is long, or what is right in it depends on the pod's name. */
function textOf(spec: PodSpec): string | undefined {
  if (spec.volumes?.some((volume) => volume.ephemeral)) return undefined
  const text = JSON.stringify(spec)
  return text.length > longestText ? undefined : text
}
/** The name of the token volume as it stands in the text; one is as good as the other. */
function tokenVolumeOf({ volumes }: PodSpec): string | undefined {
  const name = volumes?.findLast((volume) => tokenVolume.test(volume.name))?.name
  return name === undefined ? undefined : `"${name}"`
}

/** Of this program; a spec is in order or not whatever cluster it is in. */
export const ordinarySpecs = new OrdinarySpecs()
