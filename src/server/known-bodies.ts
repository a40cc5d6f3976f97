// Bodies that differ from one before in the name alone: a controller's pods, what a load test creates. What such a body is read as, defaults included, follows from the
// one before, and so do the fields that it sets: it need not be parsed, decoded and compared anew.
import { copy, shareNode, type FieldSet, type LooseObject } from '#machinery'

/** So many texts of each resource, of so many characters each. The oldest gives way. */
const mostTexts = 8, longestText = 4096
/** A name that stands in a text as it is. */
const plainName = /^[a-z0-9][a-z0-9.-]{0,252}$/
/** In place of the name, to see that it is the name, and that nothing but the name follows from it. */
const probe = 'name-of-a-probe'

/** A text without its name, and what is read from it when it comes a second time: most never do. */
export class KnownBody {
  readonly #before: string
  readonly #after: string
  readonly #isNamed: boolean
  /** What the text is read as. */
  template: Template | undefined
  #fields: FieldSet | undefined

  constructor(before: string, after: string, isNamed: boolean) {
    this.#before = before
    this.#after = after
    this.#isNamed = isNamed
  }

  /** The name in a text of this form ('' where it has none); undefined for any other text. */
  nameIn(text: string): string | undefined {
    const from = this.#before.length, to = text.length - this.#after.length
    if (from > to || (!this.#isNamed && from < to) || text.slice(0, from) !== this.#before || text.slice(to) !== this.#after) return undefined
    const name = text.slice(from, to)
    return this.#isNamed ? (plainName.test(name) ? name : undefined) : ''
  }
  /** The text with another name. */
  textWith(name: string): string { return `${this.#before}${name}${this.#after}` }

  /** The fields that such a body sets, where they are known. */
  get fields(): FieldSet | undefined { return this.#fields }
  set fields(fields: FieldSet) {
    shareNode(fields)
    this.#fields = fields
  }
}

/** Of one resource in one version: whatever is read from a text follows from the text. */
export class KnownBodies {
  readonly #known: KnownBody[] = []

  /** What a text is read as, by `read` (which is pure) unless one like it is known. */
  read(text: string, read: (text: string) => Reading): Reading & { readonly known?: KnownBody | undefined } {
    for (const known of this.#known) {
      const name = known.nameIn(text)
      if (name === undefined) continue
      if (known.template) return { object: known.template.withName(name), warnings: none, known }
      const reading = read(text)
      known.template = templateOf(known, text, reading, read)
      if (!known.template) this.#known.splice(this.#known.indexOf(known), 1)
      return { ...reading, known: known.template && known }
    }
    const reading = read(text)
    if (reading.warnings.length === 0 && text.length <= longestText) this.#note(text, reading.object.metadata.name)
    return reading
  }

  #note(text: string, name: string | undefined): void {
    const quoted = `"${name}"`, at = name === undefined ? text.length : text.indexOf(quoted) + 1
    if (name !== undefined && (at === 0 || !plainName.test(name))) return
    if (this.#known.length >= mostTexts) this.#known.shift()
    this.#known.push(new KnownBody(text.slice(0, at), text.slice(at + (name ?? '').length), name !== undefined))
  }
}

export interface Reading { readonly object: LooseObject; readonly warnings: readonly string[] }
const none: readonly never[] = []

/** Undefined where a copy of what was read would not be as good as reading the next text: more than the name follows from the name, or its reading leaves a note beside the value (of empty lists, of managers). */
function templateOf(known: KnownBody, text: string, { object, warnings }: Reading, read: (text: string) => Reading): Template | undefined {
  const { name, managedFields } = object.metadata
  if (warnings.length > 0 || managedFields !== undefined || /\[\s*\]/.test(text)) return undefined
  const other = name === undefined ? object : readProbe(known, read)
  if (!other || !isPlain(other)) return undefined
  const template = new Template(other)
  return JSON.stringify(template.withName(name ?? '')) === JSON.stringify(object) ? template : undefined
}
/** The text with the probe for a name; undefined where that is not what is named by it. */
function readProbe(known: KnownBody, read: (text: string) => Reading): LooseObject | undefined {
  try {
    const { object } = read(known.textWith(probe))
    return object.metadata.name === probe ? object : undefined
  } catch {
    return undefined // a field that is called as the object was is now called as nothing is
  }
}
/** Whether copies of a value need nothing but its properties. */
const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null ||
  (Array.isArray(value) ? value.every(isPlain) : Object.getPrototypeOf(value) === Object.prototype && !Object.hasOwn(value, '__proto__') && Object.values(value).every(isPlain))

/** Makes copies of an object, each with a name of its own. */
class Template {
  readonly #node: Node
  constructor(object: LooseObject) { this.#node = nodeOf(copy(object)) }
  withName(name: string): LooseObject {
    const object = copyOf(this.#node) as LooseObject
    if (name !== '') object.metadata.name = name
    return object
  }
}
/** A value, and where in it others are that must be copied too: what is left is copied at once. */
interface Node { readonly value: object; readonly inner: readonly (readonly [key: string | number, node: Node])[] }
function nodeOf(value: object): Node {
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return { value, inner: entries.flatMap(([key, inner]) => (typeof inner === 'object' && inner !== null ? [[key, nodeOf(inner)] as const] : [])) }
}
function copyOf({ value, inner }: Node): object {
  const copied = (Array.isArray(value) ? value.slice() : { ...value }) as Record<string | number, unknown>
  for (let i = 0; i < inner.length; i++) copied[inner[i]![0]] = copyOf(inner[i]![1])
  return copied
}
