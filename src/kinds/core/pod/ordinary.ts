// Pods of a workload are alike: their specs differ in the name of the volume that their token comes in, if at all. What was found of one
// (nothing wrong, nothing to warn about) holds for the next, and is remembered by the spec's text: rules look at nothing else.
import { copy, leaveJson, TextMemo, toStoredForm } from '#machinery'
import { podSpec, type PodSpec } from './spec.ts'

/** So many texts at most, of so many characters each: 2 MB. */
const mostTexts = 256, longestText = 8192
/** As admission makes it up; the end from chance is what differs. */
const tokenVolume = /^kube-api-access-[a-z0-9]{5}$/

/** So many of the last ones are compared before a text is made of a new one, which takes three times as long. */
const mostRecent = 4

/** What was found of a spec: whether there is nothing to warn about either, and, once there was a second, its JSON as it is stored, in parts between which the token volume's name is. */
interface Found { readonly silent: boolean; stored?: readonly string[] }

export class OrdinarySpecs {
  /** By their texts, in which the token volume may be called as it likes. */
  readonly #known = new TextMemo<Found>(mostTexts)
  /** The last that were found, latest first. */
  #recent: { readonly shape: Shape; readonly volume: string | undefined; readonly found: Found }[] = []
  /** The spec that was looked at last, when it is in order: its warnings are asked for next. */
  #last: { readonly spec: PodSpec; readonly silent: boolean } | undefined

  /** What is wrong with the spec, by `faults` unless one like it was in order; `silent` says whether there is nothing to warn about, and is asked of the first. A spec in order is not to be changed before it is stored. */
  check<Fault>(spec: PodSpec, faults: () => readonly Fault[], silent: () => boolean): readonly Fault[] {
    this.#last = undefined
    const volume = tokenVolumeOf(spec)
    for (const recent of this.#recent) if (isLike(spec, recent.shape, volume, recent.volume)) return this.#again(spec, recent.found, volume)
    const text = textOf(spec), name = volume && `"${volume}"`, known = text === undefined ? undefined : this.#known.get(text, name)
    if (known) {
      this.#recent = [{ shape: shapeOf(spec), volume, found: known }, ...this.#recent.slice(0, mostRecent - 1)]
      return this.#again(spec, known, volume)
    }
    const found = faults()
    if (text === undefined || found.length > 0) return found
    this.#last = { spec, silent: silent() }
    this.#known.set(text, { silent: this.#last.silent }, name)
    return found
  }
  #again(spec: PodSpec, found: Found, volume: string | undefined): readonly never[] {
    const name = volume && `"${volume}"`
    this.#last = { spec, silent: found.silent }
    leaveJson(spec, found.stored ??= storedParts(spec, name), name)
    return none
  }
  /** Whether this spec has just been found in order, and silent. */
  isSilent(spec: PodSpec): boolean { return this.#last?.spec === spec && this.#last.silent }
}
const none: readonly never[] = []
function storedParts(spec: PodSpec, name: string | undefined): readonly string[] {
  const stored = JSON.stringify(toStoredForm(podSpec, copy(spec)))
  return name === undefined ? [stored] : stored.split(name)
}

/** The text by which a spec is known; undefined for one that is not remembered: it is long, or what is right in it depends on the pod's name. */
function textOf(spec: PodSpec): string | undefined {
  if (spec.volumes?.some((volume) => volume.ephemeral)) return undefined
  const text = JSON.stringify(spec)
  return text.length > longestText ? undefined : text
}
/** The name of the token volume; one is as good as the other. */
const tokenVolumeOf = ({ volumes }: PodSpec): string | undefined => volumes?.findLast((volume) => tokenVolume.test(volume.name))?.name

/** A JSON value, with its keys at hand: those of an object; undefined for a list. */
type Shape = string | number | boolean | null | undefined | { readonly keys: readonly string[] | undefined; readonly parts: readonly Shape[] }
function shapeOf(value: unknown): Shape {
  if (typeof value !== 'object' || value === null) return value as Shape
  return { keys: Array.isArray(value) ? undefined : Object.keys(value), parts: Object.values(value).map(shapeOf) }
}
/** Whether a value's JSON is that of the shape, where `volume` has the name that is `there` in the shape, and nothing else has either. */
function isLike(value: unknown, shape: Shape, volume: string | undefined, there: string | undefined): boolean {
  if (typeof shape !== 'object' || shape === null) return there !== undefined && shape === there ? value === volume : value === shape && (value === undefined || value !== volume)
  if (typeof value !== 'object' || value === null) return false
  const { keys, parts } = shape
  if (!keys) {
    if (!Array.isArray(value) || value.length !== parts.length) return false
    for (let i = 0; i < parts.length; i++) if (!isLike(value[i], parts[i], volume, there)) return false
    return true
  }
  if (Array.isArray(value)) return false
  let i = 0
  for (const key in value) {
    if (key !== keys[i] || key === volume || key === there || !isLike((value as Record<string, unknown>)[key], parts[i], volume, there)) return false
    i++
  }
  return i === keys.length
}

/** Of this program; a spec is in order or not whatever cluster it is in. */
export const ordinarySpecs = new OrdinarySpecs()
