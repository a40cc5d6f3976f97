import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { silent, type Log } from '#machinery'
import { readFramed, writeFramed } from './exchange.ts'
import type { Forwarder } from './forwarder.ts'
import { readQuery, udpLimit, writeError, writeReply, type DnsRecord, type Query } from './message.ts'
import { recordTtlSeconds, type ClusterRecords, type Found } from './records.ts'
import { resolveAlias } from './alias.ts'

export interface DnsServerOptions {
  readonly records: ClusterRecords
  readonly forwarder: Forwarder
  readonly address: string
  /** 0: any that is free, for tests. */
  readonly port?: number
  readonly log?: Log
}

const dnsPort = 53
const mostConnections = 200
const mostPerConnection = 50
const idleMs = 10_000
const tcpLimit = 65_535

/**
 * The cluster's name server. Each node's agent runs one in the node's network namespace, on the DNS service's own
 * address, which every node holds on its loopback interface: a pod's question never leaves its node, is answered from
 * memory also while the control plane is away, and needs no endpoints, rules or conntrack entries. When a cluster runs
 * a DNS of its own, with endpoints behind that same address, the dataplane takes packets there before they get here.
 */
export class DnsServer {
  readonly #options: DnsServerOptions
  readonly #log: Log
  readonly #udp: UdpSocket
  readonly #tcp: Server
  readonly #connections = new Set<Socket>()
  #turns = 0

  private constructor(options: DnsServerOptions) {
    this.#options = options
    this.#log = (options.log ?? silent).named('dns')
    this.#udp = createSocket(options.address.includes(':') ? 'udp6' : 'udp4')
    this.#udp.on('message', (bytes, peer) => { this.#onUdp(bytes, peer) })
    this.#tcp = createServer({ noDelay: true }, (socket) => { this.#onConnection(socket) })
    this.#tcp.maxConnections = mostConnections
  }

  /** Begins to answer. Rejects when the address is not the machine's or the port is in use. */
  static async start(options: DnsServerOptions): Promise<DnsServer> {
    const server = new DnsServer(options)
    try {
      await server.#listen(options.address, options.port ?? dnsPort)
    } catch (error) {
      await server.close()
      throw new Error(`the cluster DNS cannot listen on ${options.address}, port ${options.port ?? dnsPort}`, { cause: error })
    }
    const complain = (error: Error) => { server.#log.error('the DNS server has a problem', { error: error.message }) }
    server.#udp.on('error', complain)
    server.#tcp.on('error', complain)
    return server
  }

  get port(): number {
    return this.#udp.address().port
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy()
    await Promise.all([
      new Promise<void>((resolve) => { this.#tcp.close(() => { resolve() }) }),
      new Promise<void>((resolve) => {
        try {
          this.#udp.close(() => { resolve() })
        } catch {
          resolve() // it was never open
        }
      }),
    ])
  }

  async #listen(address: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#tcp.once('error', reject)
      this.#tcp.listen(port, address, () => { this.#tcp.off('error', reject); resolve() })
    })
    await new Promise<void>((resolve, reject) => {
      this.#udp.once('error', reject)
      // Over UDP the same number that TCP has got.
      this.#udp.bind((this.#tcp.address() as AddressInfo).port, address, () => { this.#udp.off('error', reject); resolve() })
    })
  }

  #onUdp(bytes: Buffer, peer: RemoteInfo): void {
    this.#answer(bytes, false, (answer) => {
      try {
        this.#udp.send(answer, peer.port, peer.address)
      } catch {
        // Closed meanwhile; the client asks again.
      }
    })
  }

  #onConnection(socket: Socket): void {
    let waiting = 0
    this.#connections.add(socket)
    socket.setTimeout(idleMs, () => { socket.destroy() })
    socket.on('error', () => {})
    socket.on('close', () => { this.#connections.delete(socket) })
    readFramed(socket, (bytes) => {
      if (++waiting > mostPerConnection) return socket.destroy()
      this.#answer(bytes, true, (answer) => { waiting--; if (!socket.destroyed) writeFramed(socket, answer) })
    })
  }

  /** Most clients take the first address: each question finds another one there, so that the pods of a headless service share the work. */
  #turned(answers: readonly DnsRecord[]): readonly DnsRecord[] {
    return answers.length < 2 || answers.some(({ type }) => type === 'CNAME') ? answers : turn(answers, this.#turns++)
  }

  /** Calls `send` with the answer: at once when it is the cluster's to give. */
  #answer(bytes: Buffer, overTcp: boolean, send: (answer: Buffer) => void): void {
    const query = readQuery(bytes)
    if (query === undefined) return
    if (typeof query === 'string') return send(writeError(bytes, query))
    const write = (found: Found) => { send(writeReply(query, found, recordTtlSeconds, overTcp ? tcpLimit : udpLimit(query))) }
    const refusal = refuse(query)
    if (refusal) return write({ rcode: refusal })
    const found = this.#options.records.lookup(query.name, query.type)
    const fail = (error: unknown) => {
      this.#log.error('a question could not be answered', { name: query.name, type: query.type, error: String(error) })
      write({ rcode: 'SERVFAIL' })
    }
    if (!found) this.#options.forwarder.ask(query, overTcp).then(send).catch(fail)
    else if (found.alias === undefined) write({ ...found, answers: this.#turned(found.answers ?? []) })
    else resolveAlias(found, query, this.#options.forwarder).then(write).catch(fail)
  }
}

/** The list from another place on. */
const turn = <T>(list: readonly T[], by: number): readonly T[] => [...list.slice(by % list.length), ...list.slice(0, by % list.length)]

function refuse({ edns, isInternet, type }: Query): 'BADVERS' | 'REFUSED' | undefined {
  if (edns && edns.version !== 0) return 'BADVERS'
  return !isInternet || type === 'AXFR' || type === 'IXFR' ? 'REFUSED' : undefined
}
