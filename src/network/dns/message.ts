// DNS messages: queries are read with dns-packet; answers are written here, because it does not compress names, and then a
// handful of addresses no longer fits in the 512 bytes that an old client takes.
import { decode } from 'dns-packet'

export type RecordData =
  | { readonly type: 'A' | 'AAAA' | 'CNAME' | 'PTR' | 'NS' | 'TXT'; readonly data: string }
  | { readonly type: 'SRV'; readonly data: { readonly priority: number; readonly weight: number; readonly port: number; readonly target: string } }
  | { readonly type: 'SOA'; readonly data: { readonly mname: string; readonly rname: string; readonly serial: number; readonly refresh: number; readonly retry: number; readonly expire: number; readonly minimum: number } }
export type DnsRecord = RecordData & { readonly name: string }

export type Rcode = 'NOERROR' | 'FORMERR' | 'SERVFAIL' | 'NXDOMAIN' | 'NOTIMP' | 'REFUSED' | 'BADVERS'
const rcodes: Readonly<Record<Rcode, number>> = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 }
const typeNumbers = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 } as const

export interface Query {
  readonly bytes: Buffer
  /** In lower case, without the dot at the end. */
  readonly name: string
  readonly type: string
  readonly isInternet: boolean
  /** Where the question ends in `bytes`; it stands at the front of the answer as it was asked. */
  readonly questionEnd: number
  /** What the client has said with EDNS; undefined when it does not speak it. */
  readonly edns: { readonly size: number; readonly version: number } | undefined
}
export interface Reply {
  readonly rcode: Rcode
  readonly answers?: readonly DnsRecord[]
  readonly authority?: readonly DnsRecord[]
  readonly additional?: readonly DnsRecord[]
  /** Whether we are the ones who know. */
  readonly authoritative?: boolean
}

/** What we take over UDP, and give at most: what passes without fragments everywhere. */
export const udpSize = 1232
const oldUdpSize = 512
const headerSize = 12
/** A length from here on is no length: the rest of the name stands elsewhere (RFC 1035, 4.1.4). */
const pointer = 0xc0
const flags = { response: 0x8000, authoritative: 0x0400, truncated: 0x0200, recursionDesired: 0x0100, recursionAvailable: 0x0080, checkingDisabled: 0x0010, opcode: 0x7800 }

/** Reads a query, or says which error it earns; undefined for what deserves no answer (an answer, or no DNS at all). */
export function readQuery(bytes: Buffer): Query | Rcode | undefined {
  if (bytes.length < headerSize || (bytes.readUInt16BE(2) & flags.response) !== 0) return undefined
  if ((bytes.readUInt16BE(2) & flags.opcode) !== 0) return 'NOTIMP'
  if (bytes.readUInt16BE(4) !== 1) return 'FORMERR'
  try {
    const nameEnd = endOfQuestion(bytes)
    if (nameEnd === undefined) return 'FORMERR'
    const packet = decode(bytes)
    const question = packet.questions?.[0]
    if (!question) return 'FORMERR'
    const opt = packet.additionals?.find((record) => record.type === 'OPT')
    return {
      bytes, name: question.name === '.' ? '' : question.name.toLowerCase(), type: question.type, isInternet: (question.class ?? 'IN') === 'IN',
      questionEnd: nameEnd + 4, edns: opt ? { size: opt.udpPayloadSize, version: opt.ednsVersion } : undefined,
    }
  } catch {
    return 'FORMERR'
  }
}

/** Where the name of the question ends; undefined when it points elsewhere: nothing stands before it, and what the answer has around it is other than what was asked. */
function endOfQuestion(bytes: Buffer): number | undefined {
  let offset = headerSize
  for (let length = bytes.readUInt8(offset); length !== 0; length = bytes.readUInt8(offset)) {
    if (length >= pointer) return undefined
    offset += length + 1
  }
  return offset + 1
}

/** How long an answer over UDP may be. */
export const udpLimit = ({ edns }: Query): number => edns ? Math.min(Math.max(edns.size, oldUdpSize), udpSize) : oldUdpSize

/** An answer that only says what is wrong. */
export function writeError(bytes: Buffer, rcode: Rcode): Buffer {
  const reply = Buffer.alloc(headerSize)
  bytes.copy(reply, 0, 0, 2)
  reply.writeUInt16BE(flags.response | (bytes.readUInt16BE(2) & (flags.opcode | flags.recursionDesired)) | flags.recursionAvailable | rcodes[rcode] & 15, 2)
  return reply
}

/** Writes the answer to a query in at most `limit` bytes. Records that do not fit are left out; if one of the answers is, the client is told to ask again over TCP. */
export function writeReply(query: Query, reply: Reply, ttlSeconds: number, limit: number): Buffer {
  const writer = new Writer(query)
  const optSize = query.edns ? 11 : 0
  const counts = [0, 0, 0]
  let truncated = false
  for (const [section, records] of [reply.answers, reply.authority, reply.additional].entries()) {
    for (const record of records ?? []) {
      const end = writer.size
      writer.record(record, ttlSeconds)
      if (writer.size + optSize > limit) {
        writer.size = end
        // What is only additional may be missing without a word.
        truncated ||= section < 2
        break
      }
      counts[section]!++
    }
    if (truncated) break
  }
  if (query.edns) { writer.opt(rcodes[reply.rcode] >> 4); counts[2]!++ }
  const asked = query.bytes.readUInt16BE(2)
  const word = flags.response | (reply.authoritative ? flags.authoritative : 0) | (truncated ? flags.truncated : 0) |
    (asked & (flags.recursionDesired | flags.checkingDisabled)) | flags.recursionAvailable | rcodes[reply.rcode] & 15
  return writer.finish(word, counts)
}

export const isTruncated = (answer: Buffer): boolean => (answer.readUInt16BE(2) & flags.truncated) !== 0

/** What an answer says of itself; what we have no word for is a failure. */
export const rcodeOf = (answer: Buffer): Rcode => (Object.keys(rcodes) as Rcode[]).find((name) => rcodes[name] === (answer.readUInt16BE(2) & 15)) ?? 'SERVFAIL'

/** The offset after the name that begins at `offset`. Throws past the end. */
export function skipName(bytes: Buffer, offset: number): number {
  for (;;) {
    const length = bytes.readUInt8(offset)
    if (length === 0) return offset + 1
    if (length >= pointer) return offset + 2
    offset += length + 1
  }
}

class Writer {
  #bytes = Buffer.alloc(2048)
  size: number
  /** Where a name (in lower case) has been written. */
  readonly #names = new Map<string, number>()

  constructor({ bytes, questionEnd, name }: Query) {
    bytes.copy(this.#bytes, 0, 0, Math.min(questionEnd, 2048))
    this.size = questionEnd
    let offset = headerSize
    for (let rest = name; rest !== ''; rest = after(rest)) {
      // A label with a dot in it is not one that we could point into.
      const length = bytes.readUInt8(offset)
      if (length !== Buffer.byteLength(rest.split('.', 1)[0]!)) break
      this.#names.set(rest, offset)
      offset += length + 1
    }
  }

  record(record: DnsRecord, ttlSeconds: number): void {
    this.#name(record.name)
    this.#short(typeNumbers[record.type])
    this.#short(1)
    this.#long(ttlSeconds)
    const lengthAt = this.size
    this.#short(0)
    this.#data(record)
    this.#bytes.writeUInt16BE(this.size - lengthAt - 2, lengthAt)
  }

  opt(extendedRcode: number): void {
    this.#room(11)
    this.#bytes.writeUInt8(0, this.size)
    this.#bytes.writeUInt16BE(41, this.size + 1)
    this.#bytes.writeUInt16BE(udpSize, this.size + 3)
    this.#bytes.writeUInt32BE(extendedRcode * 2 ** 24, this.size + 5)
    this.#bytes.writeUInt16BE(0, this.size + 9)
    this.size += 11
  }

  finish(word: number, counts: readonly number[]): Buffer {
    this.#bytes.writeUInt16BE(word, 2)
    ;[1, ...counts].forEach((count, index) => this.#bytes.writeUInt16BE(count, 4 + index * 2))
    return this.#bytes.subarray(0, this.size)
  }

  #data({ type, data }: RecordData): void {
    if (type === 'A') for (const part of data.split('.')) this.#byte(Number(part))
    else if (type === 'AAAA') for (const group of groupsOf(data)) this.#short(group)
    else if (type === 'TXT') this.#label(data)
    else if (type === 'SRV') {
      for (const number of [data.priority, data.weight, data.port]) this.#short(number)
      this.#name(data.target, false)
    } else if (type === 'SOA') {
      this.#name(data.mname)
      this.#name(data.rname)
      for (const number of [data.serial, data.refresh, data.retry, data.expire, data.minimum]) this.#long(number)
    } else this.#name(data)
  }

  #name(name: string, compressed = true): void {
    for (let rest = name; rest !== ''; rest = after(rest)) {
      const known = compressed ? this.#names.get(rest.toLowerCase()) : undefined
      if (known !== undefined) return this.#short(0xc000 | known)
      if (this.size < 0x4000) this.#names.set(rest.toLowerCase(), this.size)
      this.#label(rest.split('.', 1)[0]!)
    }
    this.#byte(0)
  }

  #label(text: string): void {
    this.#room(256)
    const length = this.#bytes.write(text, this.size + 1, 255)
    this.#bytes.writeUInt8(length, this.size)
    this.size += length + 1
  }

  #byte(number: number): void { this.#room(1); this.size = this.#bytes.writeUInt8(number, this.size) }
  #short(number: number): void { this.#room(2); this.size = this.#bytes.writeUInt16BE(number, this.size) }
  #long(number: number): void { this.#room(4); this.size = this.#bytes.writeUInt32BE(number, this.size) }

  #room(size: number): void {
    if (this.size + size > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2)
  }
}

/** A name without its first label. */
const after = (name: string): string => name.includes('.') ? name.slice(name.indexOf('.') + 1) : ''

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [left = '', right] = address.split('::')
  const parse = (text: string) => text === '' ? [] : text.split(':').map((group) => parseInt(group, 16))
  const head = parse(left)
  const tail = parse(right ?? '')
  return right === undefined ? head : [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}
