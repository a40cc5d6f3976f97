// Bodies that differ from one before in their metadata alone: a controller's pods, what a load test creates. What the rest of such a body is read as, defaults included,
// follows from the one before, and so do the fields that it sets: it need not be parsed, decoded and compared anew. Metadata, in turn, often differ in the name alone.
import { copy, shareNode, type FieldSet, type LooseObject } from '#machinery'

/** So many texts of each resource, of so many characters each. The oldest gives way. */
const mostTexts = 8, longestText = 4096
/** A name that stands in a text as it is. */
const plainName = /^[a-z0-9][a-z0-9.-]{0,252}$/
/** In place of the name, to see that it is the name, and that nothing but the name follows from it. */
const probe = 'name-of-a-probe'

type Metadata = LooseObject['metadata']
export interface Reading { readonly object: LooseObject; readonly warnings: readonly string[] }
/** How the texts of a resource are read; what is read is a new value each time, and follows from the text. */
export interface Reader {
  /** Throws what is wrong with the text. `heeded` is told when what is no metadata was found by looking at metadata. */
  whole(text: string, heeded?: () => void): Reading
  /** The text of metadata alone; undefined where there is something to be said about it: `whole` says it. */
  metadata(text: string): Metadata | undefined
}

/** Of one resource in one version. */
export class KnownBodies {
  readonly #rests: KnownRest[] = []
  readonly #metadata: KnownMetadata[] = []

  /** What a text is read as. Throws what the reader throws. */
  read(text: string, reader: Reader): Reading & { readonly known?: KnownBody | undefined } {
    for (const rest of this.#rests) {
      const within = rest.metadataIn(text)
      if (within === undefined) continue
      if (!rest.template) return this.#learn(rest, text, within, reader)
      const read = this.#readMetadata(within, reader)
      return read ? { object: rest.template.with('metadata', read.metadata), warnings: none, known: new KnownBody(rest, read.known) } : reader.whole(text)
    }
    const reading = reader.whole(text), at = reading.warnings.length === 0 && text.length <= longestText ? metadataAt(text) : undefined
    if (at) remember(this.#rests, new KnownRest(text.slice(0, at.from), text.slice(at.to)))
    return reading
  }

  #learn(rest: KnownRest, text: string, within: string, reader: Reader): Reading {
    let heeded = false
    const reading = reader.whole(text, () => { heeded = true })
    if (!heeded) rest.template = templateOf(rest, text, reading, reader.metadata(within))
    if (!rest.template) this.#rests.splice(this.#rests.indexOf(rest), 1)
    return reading
  }
  /** Of metadata that came before under other names, what is known; undefined where the reader says nothing. */
  #readMetadata(text: string, reader: Reader): { readonly metadata: Metadata; readonly known?: KnownMetadata } | undefined {
    for (const known of this.#metadata) {
      const name = known.nameIn(text)
      if (name === undefined) continue
      if (known.template) return { metadata: known.withName(name), known }
      const metadata = reader.metadata(text)
      known.template = metadata && templateOfMetadata(known, text, metadata, reader)
      if (!known.template) this.#metadata.splice(this.#metadata.indexOf(known), 1)
      return metadata && { metadata, ...(known.template && { known }) }
    }
    const metadata = reader.metadata(text), at = metadata && nameAt(text, metadata.name)
    if (at) remember(this.#metadata, new KnownMetadata(text.slice(0, at.from), text.slice(at.to), metadata.name !== undefined))
    return metadata && { metadata }
  }
}
const none: readonly never[] = []
function remember<T>(list: T[], one: T): void {
  if (list.length >= mostTexts) list.shift()
  list.push(one)
}

/** What is known of a body: the fields that it sets, which whoever finds them first leaves here. */
export class KnownBody {
  readonly #rest: KnownRest
  readonly #metadata: KnownMetadata | undefined
  constructor(rest: KnownRest, metadata: KnownMetadata | undefined) {
    this.#rest = rest
    this.#metadata = metadata
  }

  /** Undefined where they are not known; `ofMetadata` finds those of the metadata. */
  fields(ofMetadata: () => FieldSet | undefined): FieldSet | undefined {
    const { before, after, whole } = this.#rest
    if (!before || !after) return undefined
    if (whole && whole.metadata === this.#metadata) return whole.fields
    let inner = this.#metadata?.fields
    if (inner === undefined) {
      inner = ofMetadata() ?? null
      if (this.#metadata) this.#metadata.fields = inner
    }
    const fields = inner ? { ...before, 'f:metadata': inner, ...after } : { ...before, ...after }
    if (this.#metadata) {
      shareNode(fields)
      this.#rest.whole = { metadata: this.#metadata, fields }
    }
    return fields
  }
  /** All fields of such a body. */
  learn(fields: FieldSet): void {
    const before: Record<string, FieldSet> = {}, after: Record<string, FieldSet> = {}
    for (const step in fields) {
      if (step === 'f:metadata') continue
      shareNode(fields[step]!);
      (step < 'f:metadata' ? before : after)[step] = fields[step]!
    }
    this.#rest.before = before
    this.#rest.after = after
  }
}

/** A text without its metadata, and what is read from it when it comes a second time: most never do. */
class KnownRest {
  readonly #front: string
  readonly #back: string
  template: Template | undefined
  /** The fields that it sets, up to metadata and from there on. */
  before: FieldSet | undefined
  after: FieldSet | undefined
  /** All fields with the metadata that it came with last. */
  whole: { readonly metadata: KnownMetadata; readonly fields: FieldSet } | undefined

  constructor(front: string, back: string) {
    this.#front = front
    this.#back = back
  }

  /** The metadata in a text of this form; undefined for any other text. */
  metadataIn(text: string): string | undefined { return between(text, this.#front, this.#back) }
  textWith(metadata: string): string { return `${this.#front}${metadata}${this.#back}` }
}
/** Undefined where a copy of what was read would not be as good as reading the next text: its reading leaves a note beside the value (of empty lists), or what looks like its metadata is something else. */
function templateOf(rest: KnownRest, text: string, { object, warnings }: Reading, metadata: Metadata | undefined): Template | undefined {
  if (!metadata || warnings.length > 0 || /\[\s*\]/.test(text) || !isPlain(object)) return undefined
  if ((JSON.parse(rest.textWith(`{"name":"${probe}"}`)) as LooseObject).metadata?.name !== probe) return undefined
  const template = new Template(object)
  return JSON.stringify(template.with('metadata', metadata)) === JSON.stringify(object) ? template : undefined
}
/** Where metadata may be in a text. */
function metadataAt(text: string): { readonly from: number; readonly to: number } | undefined {
  const found = /"metadata"\s*:\s*\{/.exec(text)
  if (!found) return undefined
  const from = found.index + found[0].length - 1
  let depth = 0
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 34) { while (text.charCodeAt(++i) !== 34) if (text.charCodeAt(i) === 92) i++ } // a string, whatever is in it
    else if (c === 123) depth++
    else if (c === 125 && --depth === 0) return { from, to: i + 1 }
  }
  return undefined
}

/** The text of metadata without the name, and what is read from it when it comes a second time. */
class KnownMetadata {
  readonly #front: string
  readonly #back: string
  readonly #isNamed: boolean
  template: Template | undefined
  /** The fields that such metadata set; null for none. */
  fields: FieldSet | null | undefined

  constructor(front: string, back: string, isNamed: boolean) {
    this.#front = front
    this.#back = back
    this.#isNamed = isNamed
  }

  /** The name in a text of this form ('' where it has none); undefined for any other text. */
  nameIn(text: string): string | undefined {
    const name = between(text, this.#front, this.#back)
    return name !== undefined && (this.#isNamed ? plainName.test(name) : name === '') ? name : undefined
  }
  /** The text with another name. */
  textWith(name: string): string { return `${this.#front}${name}${this.#back}` }
  withName(name: string): Metadata { return (this.#isNamed ? this.template!.with('name', name) : this.template!.copy()) as Metadata }
}
function nameAt(text: string, name: string | undefined): { readonly from: number; readonly to: number } | undefined {
  if (name === undefined) return { from: text.length, to: text.length }
  const from = text.indexOf(`"${name}"`) + 1
  return from > 0 && plainName.test(name) ? { from, to: from + name.length } : undefined
}
/** Undefined where more than the name follows from the name. */
function templateOfMetadata(known: KnownMetadata, text: string, metadata: Metadata, reader: Reader): Template | undefined {
  const other = metadata.name === undefined ? metadata : reader.metadata(known.textWith(probe))
  if (!other || !isPlain(other) || /\[\s*\]/.test(text) || (metadata.name !== undefined && other.name !== probe)) return undefined
  const template = new Template(other), again = metadata.name === undefined ? other : template.with('name', metadata.name)
  return JSON.stringify(again) === JSON.stringify(metadata) ? template : undefined
}

/** What a text has between its beginning and its end; undefined where it has others. */
function between(text: string, front: string, back: string): string | undefined {
  const from = front.length, to = text.length - back.length
  return from > to || text.slice(0, from) !== front || text.slice(to) !== back ? undefined : text.slice(from, to)
}

/** Whether copies of a value need nothing but its properties. */
const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null ||
  (Array.isArray(value) ? value.every(isPlain) : Object.getPrototypeOf(value) === Object.prototype && !Object.hasOwn(value, '__proto__') && Object.values(value).every(isPlain))

/** Makes copies of an object. */
class Template {
  readonly #node: Node
  constructor(object: object) { this.#node = nodeOf(copy(object)) }
  copy(): object { return copyOf(this.#node) }
  /** A copy with something else in one of its fields. */
  with(field: string, value: unknown): LooseObject {
    const { value: shared, inner } = this.#node, copied: Record<string, unknown> = { ...shared }
    copied[field] = value
    for (const [key, node] of inner) if (key !== field) copied[key] = copyOf(node)
    return copied as LooseObject
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
