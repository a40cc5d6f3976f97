// DER as Go's encoding/asn1 reads it into a struct: by a shape, with its errors. (Certificates go another way: der-reader.ts.)

/** What stands where, and what Go's type for it is called. */
export type Shape = { readonly name: string; readonly optional?: true } & (
  | { readonly sort: 'int' | 'bool' | 'bits' | 'octets' | 'identifier' | 'any' | 'text' }
  | { readonly sort: 'struct'; readonly fields: readonly Shape[] }
  /** `tag`: of the context, in place of the universal one. */
  | { readonly sort: 'list' | 'set'; readonly of: Shape; readonly tag?: number })
/** What was read; `parts` are the fields of a struct (undefined: an optional one that is not there) and the items of a list. */
export interface Parsed { readonly tag: number; readonly content: Uint8Array; readonly whole: Uint8Array; readonly parts: readonly (Parsed | undefined)[] }

const syntaxError = (why: string) => new Error(`asn1: syntax error: ${why}`), structureError = (why: string) => new Error(`asn1: structure error: ${why}`)

/** The whole of the bytes by a shape. Throws an Error in Go's words. */
export function unmarshal(bytes: Uint8Array, shape: Shape): Parsed {
  const { value, end } = field(bytes, 0, shape)
  if (end < bytes.length) throw syntaxError('trailing data')
  return value!
}

interface Header { readonly class: number; readonly tag: number; readonly length: number; readonly isCompound: boolean; readonly from: number }
const highTag = 0x1f, mostLength = 2 ** 23
function header(bytes: Uint8Array, start: number): Header {
  const first = bytes[start]!
  let at = start + 1, tag = first & 0x1f
  const next = (): number => { const byte = bytes[at++]; if (byte === undefined) throw syntaxError('truncated tag or length'); return byte }
  if (tag === highTag) {
    tag = 0
    for (let byte = 0x80, count = 0; byte >= 0x80; count++) {
      if (at >= bytes.length) throw syntaxError('truncated base 128 integer')
      byte = bytes[at++]!
      if (count === 5) throw structureError('base 128 integer too large')
      if (count === 0 && byte === 0x80) throw syntaxError('integer is not minimally encoded')
      tag = tag * 128 + (byte & 0x7f)
    }
    if (tag < highTag) throw syntaxError('non-minimal tag')
  }
  let length = next()
  if (length >= 0x80) {
    const more = length & 0x7f
    if (more === 0) throw syntaxError('indefinite length found (not DER)')
    length = 0
    for (let i = 0; i < more; i++) {
      const byte = next()
      if (length >= mostLength) throw structureError('length too large')
      length = length * 256 + byte
      if (length === 0) throw structureError('superfluous leading zeros in length')
    }
    if (length < 0x80) throw structureError('non-minimal length')
  }
  return { class: first >> 6, tag, length, isCompound: (first & 0x20) !== 0, from: at }
}

const universalTags = { bool: 1, int: 2, bits: 3, octets: 4, identifier: 6, struct: 16, list: 16, set: 17 } as const
const contextSpecific = 2
function field(bytes: Uint8Array, at: number, shape: Shape): { readonly value: Parsed | undefined; readonly end: number } {
  const { sort, name, optional = false } = shape
  if (at === bytes.length) {
    if (optional) return { value: undefined, end: at }
    throw syntaxError('sequence truncated')
  }
  const found = header(bytes, at), { from, length } = found
  if (sort !== 'any' && sort !== 'text') {
    const context = 'tag' in shape ? shape.tag : undefined, tag = context ?? universalTags[sort]
    const fits = found.class === (context === undefined ? 0 : contextSpecific) && found.tag === tag && found.isCompound === ['struct', 'list', 'set'].includes(sort)
    if (!fits && optional) return { value: undefined, end: at }
    if (!fits) throw structureError(`tags don't match (${tag} vs {class:${found.class} tag:${found.tag} length:${length} isCompound:${found.isCompound}}) ${parameters(optional)} ${name} @${from}`)
  }
  const end = from + length
  if (end > bytes.length) throw syntaxError('data truncated')
  const content = bytes.subarray(from, end)
  return { value: { tag: found.tag, content, whole: bytes.subarray(at, end), parts: inside(shape, content) }, end }
}
const parameters = (optional: boolean): string =>
  `{optional:${optional} explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}`

function inside(shape: Shape, content: Uint8Array): (Parsed | undefined)[] {
  if (shape.sort === 'struct') {
    let at = 0
    return shape.fields.map((inner) => { const { value, end } = field(content, at, inner); at = end; return value }) // what stands behind them is of a later version
  }
  if (shape.sort === 'list' || shape.sort === 'set') return items(content, shape.of)
  primitives[shape.sort]?.(content)
  return []
}
/** All of them are looked at from outside before the first is read. */
function items(content: Uint8Array, of: Shape): (Parsed | undefined)[] {
  const starts: number[] = []
  for (let at = 0; at < content.length;) {
    const found = header(content, at), compound = of.sort === 'struct' || of.sort === 'list' || of.sort === 'set'
    if (of.sort !== 'any' && of.sort !== 'text' && (found.class !== 0 || found.isCompound !== compound || found.tag !== universalTags[of.sort])) throw structureError('sequence tag mismatch')
    if (found.from + found.length > content.length) throw syntaxError('truncated sequence')
    starts.push(at)
    at = found.from + found.length
  }
  return starts.map((at) => field(content, at, of).value)
}

const primitives: Readonly<Record<string, (content: Uint8Array) => void>> = {
  int: (content) => {
    const [first, second = 0] = content
    if (first === undefined) throw structureError('empty integer')
    if (content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) throw structureError('integers not minimally-encoded')
    if (content.length > 8) throw structureError('integer too large')
  },
  bool: (content) => { if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw syntaxError('invalid boolean') },
  bits: (content) => {
    const [unused] = content
    if (unused === undefined) throw syntaxError('zero length BIT STRING')
    if (unused > 7 || (content.length === 1 && unused > 0) || (content.at(-1)! & ((1 << unused) - 1)) !== 0) throw syntaxError('invalid padding bits in BIT STRING')
  },
  identifier: (content) => {
    if (content.length === 0) throw syntaxError('zero length OBJECT IDENTIFIER')
    if (content.at(-1)! >= 0x80) throw syntaxError('truncated base 128 integer')
    if (content.some((byte, i) => byte === 0x80 && (i === 0 || content[i - 1]! < 0x80))) throw syntaxError('integer is not minimally encoded')
  },
}
