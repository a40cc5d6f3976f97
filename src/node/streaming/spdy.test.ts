import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type Duplex, duplexPair } from 'node:stream'
import { test } from 'node:test'
import { dictionary } from './spdy-headers.ts'
import type { SpdyStream } from './spdy-stream.ts'
import { SpdyConnection, type SpdyOptions } from './spdy.ts'

/** Everything until the end. Not with `for await`, which would destroy the writing side too. */
function buffer(stream: Duplex): Promise<Buffer> {
  const pieces: Buffer[] = []
  return new Promise((resolve) => { stream.on('data', (piece: Buffer) => pieces.push(piece)).on('end', () => resolve(Buffer.concat(pieces))) })
}
const text = async (stream: Duplex): Promise<string> => (await buffer(stream)).toString()

/** True after so many turns of the event loop: nothing more moves by itself in memory. */
async function turns(count: number): Promise<true> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate)
  return true
}

interface Pair { client: SpdyConnection; server: SpdyConnection; opened: SpdyStream[]; next(): Promise<SpdyStream>; wires: [Duplex, Duplex] }

function connected(options: Pick<SpdyOptions, 'announceWindow'> = {}): Pair {
  const [here, there] = duplexPair()
  const opened: SpdyStream[] = []
  let waiting: ((stream: SpdyStream) => void) | undefined
  const server = new SpdyConnection(there, { ...options, side: 'server', opened: (stream) => { waiting ? waiting(stream) : opened.push(stream); waiting = undefined } })
  const client = new SpdyConnection(here, { ...options, side: 'client' })
  const next = () => opened.length > 0 ? Promise.resolve(opened.shift()!) : new Promise<SpdyStream>((resolve) => { waiting = resolve })
  return { client, server, opened, next, wires: [here, there] }
}

test('the dictionary is the one of the SPDY/3 specification', () => {
  assert.equal(dictionary.length, 1423)
  assert.equal(createHash('sha256').update(dictionary).digest('hex'), '51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02')
})

test('headers arrive in lower case, stream after stream', async () => {
  const { client, next } = connected()
  for (let i = 0; i < 50; i++) client.open({ streamType: 'data', requestID: String(i), port: '80' })
  for (let i = 0; i < 50; i++) assert.deepEqual({ ...(await next()).headers }, { streamtype: 'data', requestid: String(i), port: '80' })
})

test('either side may end its direction first and still hear the other', async () => {
  const { client, next } = connected()
  const mine = client.open({ streamtype: 'data' })
  mine.end('question')
  const theirs = await next()
  assert.equal(await text(theirs), 'question')
  theirs.end('answer')
  assert.equal(await text(mine), 'answer')
  assert.equal(mine.broken, false)
})

for (const [what, options] of [['without windows', {}], ['with small windows', { announceWindow: 10_000 }]] as const) {
  test(`many megabytes pass both ways at once ${what}`, async () => {
    const { client, next } = connected(options)
    const payload = Buffer.alloc(5 << 20, 'proa spdy ')
    const mine = client.open({ streamtype: 'data' })
    mine.end(payload)
    const theirs = await next()
    theirs.end(payload)
    const [there, here] = await Promise.all([buffer(theirs), buffer(mine)])
    assert.ok(there.equals(payload) && here.equals(payload))
  })

  test(`a reader that does not read holds the writer back ${what}`, async () => {
    const { client, next } = connected(options)
    const mine = client.open({ streamtype: 'data' })
    const theirs = await next()
    let sent = 0
    const chunk = Buffer.alloc(64 << 10)
    let full = false
    while (!full && sent < 64 << 20) {
      sent += chunk.length
      if (mine.write(chunk)) continue
      full = await Promise.race([once(mine, 'drain').then(() => false), turns(200)])
    }
    assert.ok(full && sent < 2 << 20, `${sent} bytes were taken`)
    mine.end()
    assert.equal((await buffer(theirs)).length, sent)
  })
}

test('a stream that is not read does not cost the bytes of the others', async () => {
  const { client, next } = connected({ announceWindow: 64 << 10 })
  const lazy = client.open({ name: 'lazy' })
  const lazyThere = await next()
  const busy = client.open({ name: 'busy' })
  const busyThere = await next()
  lazy.end(Buffer.alloc(1 << 20))
  busy.end(Buffer.alloc(3 << 19))
  assert.equal((await buffer(busyThere)).length, 3 << 19)
  assert.equal((await buffer(lazyThere)).length, 1 << 20)
})

test('destroying a stream resets it for the peer, which reads to an end', async () => {
  const { client, next } = connected()
  const mine = client.open({})
  mine.write('half')
  const theirs = await next()
  await once(theirs, 'readable')
  mine.destroy()
  assert.equal(await text(theirs), 'half')
  assert.equal(theirs.broken, true)
})

test('a refused stream ends at once for the one who opened it', async () => {
  const [here, there] = duplexPair()
  new SpdyConnection(there, { side: 'server', opened: () => false })
  const stream = new SpdyConnection(here, { side: 'client' }).open({})
  stream.end('nobody hears this')
  assert.equal(await text(stream), '')
  assert.equal(stream.broken, true)
})

test('a lost connection ends every stream and lets go of writers', async () => {
  const { client, next, wires } = connected()
  const mine = client.open({})
  const theirs = await next()
  theirs.write('last words')
  await once(mine, 'readable')
  const written = new Promise<void>((resolve) => { mine.write(Buffer.alloc(8 << 20), () => resolve()) })
  wires[1].destroy()
  wires[0].destroy()
  assert.equal(await text(mine), 'last words')
  await written
  assert.equal(await client.closed, undefined)
  assert.equal(await text(client.open({})), '')
})

test('goodbye waits for the streams that are open', async () => {
  const { client, server, next } = connected()
  const mine = client.open({})
  const theirs = await next()
  client.close()
  theirs.end('done')
  mine.end()
  assert.equal(await text(mine), 'done')
  assert.equal(await text(theirs), '')
  await Promise.all([client.closed, server.closed])
})

test('the peer\'s pings are answered, our own are not echoed back', async () => {
  const [here, there] = duplexPair()
  new SpdyConnection(there, { side: 'server' })
  here.write(Buffer.from('8003000600000004' + '00000002' + '8003000600000004' + '00000003', 'hex'))
  const [answer] = await once(here, 'data') as [Buffer]
  assert.equal(answer.toString('hex'), '8003000600000004' + '00000003')
})

const garbage: readonly [string, string][] = [
  ['HTTP instead of SPDY', Buffer.from('\x80TTP/1.1 400 Bad Request\r\n').toString('hex')],
  ['another version', '8002000100000004' + '00000000'],
  ['headers that are not compressed', '8003000100000010' + '00000001' + '00000000' + '0000' + 'ffffffffffff'],
  ['a frame too short', '8003000100000004' + '00000001'],
  ['a control frame of 16 MB', '8003000100ffffff'],
]
for (const [what, bytes] of garbage) {
  test(`${what} ends the connection with an error`, async () => {
    const [here, there] = duplexPair()
    const server = new SpdyConnection(there, { side: 'server', opened: () => true })
    here.on('error', () => {}).write(Buffer.from(bytes, 'hex'))
    assert.ok(await server.closed instanceof Error)
  })
}

test('bytes may come in any pieces', async () => {
  const [here, there] = duplexPair()
  const [near, far] = duplexPair()
  there.on('data', (chunk: Buffer) => { for (const byte of chunk) near.write(Buffer.from([byte])) })
  near.on('data', (chunk: Buffer) => there.write(chunk))
  const client = new SpdyConnection(here, { side: 'client' })
  const seen: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  new SpdyConnection(far, { side: 'server', opened: (stream) => {
    void text(stream).then((content) => { seen.push(`${stream.headers['streamtype']} ${content}`); if (seen.length === 2) resolve() })
  } })
  client.open({ streamtype: 'error', port: '1' }).end('one')
  client.open({ streamtype: 'data', port: '1' }).end('two')
  await promise
  assert.deepEqual(seen.sort(), ['data two', 'error one'])
})
