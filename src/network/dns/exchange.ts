// One question to one server, and its answer.
import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'

export interface NameServer { readonly address: string; readonly port: number }

/** Asks over UDP from a port of its own, so that an answer cannot be forged without guessing port and id. Rejects when the server cannot be reached or is silent for `timeoutMs`. */
export function exchangeUdp(server: NameServer, query: Buffer, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4')
    const finish = (act: () => void) => { clearTimeout(timer); socket.removeAllListeners(); socket.on('error', () => {}); socket.close(); act() }
    const timer = setTimeout(() => { finish(() => { reject(new Error(`${server.address} has not answered within ${timeoutMs} ms`)) }) }, timeoutMs)
    socket.on('error', (error) => { finish(() => { reject(error) }) })
    socket.on('message', (answer) => { if (answers(answer, query)) finish(() => { resolve(answer) }) })
    socket.connect(server.port, server.address, () => { socket.send(query) })
  })
}

/** Asks over TCP, one question per connection. */
export function exchangeTcp(server: NameServer, query: Buffer, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.address, port: server.port })
    const finish = (act: () => void) => { clearTimeout(timer); socket.destroy(); act() }
    const timer = setTimeout(() => { finish(() => { reject(new Error(`${server.address} has not answered within ${timeoutMs} ms`)) }) }, timeoutMs)
    socket.on('error', (error) => { finish(() => { reject(error) }) })
    socket.on('close', () => { finish(() => { reject(new Error(`${server.address} closed the connection without an answer`)) }) })
    socket.on('connect', () => { writeFramed(socket, query) })
    readFramed(socket, (answer) => {
      finish(() => { if (answers(answer, query)) resolve(answer); else reject(new Error(`${server.address} answered another question`)) })
    })
  })
}

/** Whether a message is the answer to this query: the same id, and the same question byte for byte. */
function answers(answer: Buffer, query: Buffer): boolean {
  if (answer.length < 12 || (answer.readUInt8(2) & 0x80) === 0 || answer.readUInt16BE(0) !== query.readUInt16BE(0)) return false
  // A refusal may come without the question.
  if (answer.readUInt16BE(4) === 0) return (answer.readUInt8(3) & 15) !== 0
  let end = 12
  while (end < query.length && query[end] !== 0) end += query[end]! + 1
  return answer.subarray(12, end + 5).equals(query.subarray(12, end + 5))
}

/** Over TCP every message goes after its length. */
export const writeFramed = (socket: Socket, message: Buffer): boolean => socket.write(Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]))

/** Calls with each message that comes over a connection. */
export function readFramed(socket: Socket, onMessage: (message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0)
      onMessage(rest.subarray(2, end))
      rest = rest.subarray(end)
    }
  })
}
