import { type Deflate, type Inflate, constants, createDeflate, createInflate } from 'node:zlib'

export type Headers = Readonly<Record<string, string>>

// The dictionary that both ends of SPDY/3 start their compression with: each word after its length, then plain text.
const words = `options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow
authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5
content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since
last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer
transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200|OK version HTTP/1.1 url public
set-cookie keep-alive origin`
const text = '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information'
  + '204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error'
  + '501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT'
  + 'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age='
  + 'gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.'

/** The header compression dictionary of SPDY/3 and SPDY/3.1. */
export const dictionary: Buffer = Buffer.concat([
  ...words.split(/\s+/).map((word) => entry(word.replace('|', ' '))),
  Buffer.from(text, 'latin1'),
])

function entry(word: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(word.length)
  return Buffer.concat([length, Buffer.from(word, 'latin1')])
}

/** Header blocks larger than this, unpacked, end the connection. */
const maxHeaderBytes = 64 << 10

/**
 * The two header compressors of a connection. Each keeps its state from block to block, so blocks must be packed and
 * unpacked in the order of their frames: wait for one before giving the next.
 */
export class HeaderCodec {
  readonly #deflate: Deflate = createDeflate({ dictionary, flush: constants.Z_SYNC_FLUSH })
  readonly #inflate: Inflate = createInflate({ dictionary, flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH })

  pack(headers: Headers): Promise<Buffer> {
    const entries = Object.entries(headers)
    const parts: Buffer[] = [number(entries.length)]
    for (const [name, value] of entries) parts.push(...sized(name.toLowerCase()), ...sized(value))
    return collect(this.#deflate, Infinity, (done) => {
      this.#deflate.write(Buffer.concat(parts))
      this.#deflate.flush(constants.Z_SYNC_FLUSH, done)
    })
  }

  async unpack(block: Buffer): Promise<Headers> {
    return parse(await collect(this.#inflate, maxHeaderBytes, (done) => { this.#inflate.write(block, done) }))
  }

  close(): void {
    this.#deflate.destroy()
    this.#inflate.destroy()
  }
}

/** What a compressor gives for one piece of work: zlib hands all output over before it calls `done`. */
function collect(stream: Deflate | Inflate, limit: number, work: (done: () => void) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const out: Buffer[] = []
    let size = 0
    const end = () => { stream.off('data', data).off('error', fail).off('close', closed) }
    const data = (piece: Buffer) => {
      out.push(piece)
      size += piece.length
      if (size > limit) fail(new Error('SPDY header block too large'))
    }
    const fail = (error: Error) => { end(); reject(error) }
    const closed = () => fail(new Error('the SPDY connection is closed'))
    stream.on('data', data).on('error', fail).on('close', closed)
    work(() => { end(); resolve(Buffer.concat(out)) })
  })
}

const number = (value: number): Buffer => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value); return bytes }
const sized = (value: string): [Buffer, Buffer] => { const bytes = Buffer.from(value); return [number(bytes.length), bytes] }

function parse(block: Buffer): Headers {
  let at = 0
  const next = (): number => {
    if (at + 4 > block.length) throw new Error('SPDY header block cut short')
    at += 4
    return block.readUInt32BE(at - 4)
  }
  const string = (): string => {
    const length = next()
    if (at + length > block.length) throw new Error('SPDY header block cut short')
    at += length
    return block.toString('utf8', at - length, at)
  }
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  for (let count = next(); count > 0; count--) {
    const name = string()
    headers[name.toLowerCase()] = string()
  }
  return headers
}
