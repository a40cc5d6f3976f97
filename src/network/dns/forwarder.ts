import { randomInt } from 'node:crypto'
import { silent, type Clock, type Log } from '#machinery'
import { AnswerCache } from './answer-cache.ts'
import { exchangeTcp, exchangeUdp, type NameServer } from './exchange.ts'
import { rcodeOf, writeError, type Query } from './message.ts'

export interface ForwarderOptions {
  /** The servers to ask, the best first; read anew for each question. */
  readonly servers: () => Promise<readonly NameServer[]>
  readonly clock: Clock
  readonly log?: Log
  /** How long one server has for an answer. */
  readonly timeoutMs?: number
}

const defaultTimeoutMs = 2000
const mostAttempts = 3
const mostQuestions = 1000

/**
 * Takes questions that are not about the cluster elsewhere. The same question asked by many goes out once, and so a
 * loop of servers that forward to each other ends at the first: our own question coming back waits for itself, until
 * the deadline. Failures are SERVFAIL; nothing here rejects.
 */
export class Forwarder {
  readonly #options: ForwarderOptions
  readonly #log: Log
  readonly #cache: AnswerCache
  readonly #asked = new Map<string, Promise<Buffer | undefined>>()

  constructor(options: ForwarderOptions) {
    this.#options = options
    this.#log = (options.log ?? silent).named('dns')
    this.#cache = new AnswerCache(options.clock)
  }

  /** The answer as it came, with the id and the spelling of this query. */
  async ask(query: Query, overTcp: boolean): Promise<Buffer> {
    // Whatever the client says beside the name (EDNS, DNSSEC, recursion) can change the answer.
    const { bytes, questionEnd, name } = query
    const key = `${overTcp ? 't' : 'u'} ${bytes.readUInt16BE(2)} ${name} ${bytes.subarray(questionEnd - 4).toString('latin1')}`
    const answer = this.#cache.get(key) ?? await this.#once(key, query, overTcp)
    if (!answer) return writeError(bytes, 'SERVFAIL')
    const own = Buffer.from(answer)
    bytes.copy(own, 0, 0, 2)
    if (own.readUInt16BE(4) === 1) bytes.copy(own, 12, 12, questionEnd)
    return own
  }

  #once(key: string, query: Query, overTcp: boolean): Promise<Buffer | undefined> {
    const asked = this.#asked.get(key)
    if (asked) return asked
    if (this.#asked.size >= mostQuestions) return Promise.resolve(undefined)
    const asking = this.#exchange(query, overTcp).then((answer) => {
      if (answer) this.#cache.put(key, answer)
      return answer
    }).finally(() => { this.#asked.delete(key) })
    this.#asked.set(key, asking)
    return asking
  }

  /** Asks the servers in turn. One that refuses or fails is as good as silent, as long as there is another. */
  async #exchange(query: Query, overTcp: boolean): Promise<Buffer | undefined> {
    const { servers, timeoutMs = defaultTimeoutMs } = this.#options
    const list = await servers()
    let last: Buffer | undefined
    for (let attempt = 0; attempt < mostAttempts && list.length > 0; attempt++) {
      const server = list[attempt % list.length]!
      const bytes = Buffer.from(query.bytes)
      bytes.writeUInt16BE(randomInt(65_536), 0)
      try {
        last = await (overTcp ? exchangeTcp : exchangeUdp)(server, bytes, timeoutMs)
        const rcode = rcodeOf(last)
        if (rcode === 'NOERROR' || rcode === 'NXDOMAIN' || list.length === 1) return last
      } catch (error) {
        this.#log.debug('a name server did not answer', { server: server.address, error: String(error) })
      }
    }
    if (!last) this.#log.warn(list.length > 0 ? 'no name server answered' : 'there is no name server to ask: give one in resolv.conf', { name: query.name })
    return last
  }
}
