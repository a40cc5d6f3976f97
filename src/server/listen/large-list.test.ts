// Lists that are made while they are sent lie in one and the same memory, window after window: what arrives must be what was meant, however slowly it is read.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type ClientHttp2Session } from 'node:http2'
import { request as requestHttps } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { after, before, test } from 'node:test'
import { issue, Pki } from '../../assembly/pki.ts'
import { silent } from '#machinery'
import type { KeyValue } from '#store'
import { bareHead, listWindows } from '../stored-json.ts'
import { streamed } from '../stream.ts'
import { listen, type Listening } from './listen.ts'

const encoder = new TextEncoder()
/** 600 objects of 50 KB, no two alike: eight windows. */
const items: readonly KeyValue[] = Array.from({ length: 600 }, (_, i) => ({
  key: `/registry/things/${i}`, value: encoder.encode(`{"metadata":{"name":"thing-${i}"},"text":"${String(i).padStart(6, '0').repeat(8_400)}"}`), createRevision: i + 1, modRevision: i + 1, version: 1, lease: 0,
}))
const whole = createHash('sha256')
for (const window of listWindows('{"items":[', bareHead, items, ']}\n')) whole.update(window)
const expected = whole.digest('hex')

let folder: string, server: Listening, session: ClientHttp2Session, ca: string
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'proa-large-list-'))
  const authority = await new Pki(folder).authority('ca', 'test')
  ca = authority.certificate
  const own = await issue(authority, { commonName: 'server', ips: ['127.0.0.1'] }, ['server'])
  const handler = async () => ({ status: 200, headers: {}, body: streamed(listWindows('{"items":[', bareHead, items, ']}\n', true)) })
  server = await listen({ handler, host: '127.0.0.1', port: 0, certificate: own.certificate, key: own.key, log: silent })
  session = connect(`https://127.0.0.1:${server.port}`, { ca, settings: { initialWindowSize: 16 * 1024 * 1024 } })
  session.on('connect', () => { session.setLocalWindowSize(64 * 1024 * 1024) })
})
after(async () => {
  session.destroy()
  await server.close(0)
  rmSync(folder, { recursive: true })
})

/** The hash of what a reader gets who, when slow, lets go of the processor after every piece. */
async function digest(body: Readable, slow: boolean): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of body as AsyncIterable<Buffer>) {
    hash.update(chunk)
    if (slow) await new Promise((resolve) => { setImmediate(resolve) })
  }
  return hash.digest('hex')
}

for (const slow of [false, true]) {
  test(`a large list arrives over HTTP/2 as it was meant${slow ? ', read slowly' : ''}`, async () => {
    assert.equal(await digest(session.request({ ':path': '/' }), slow), expected)
  })
  test(`a large list arrives over HTTP/1.1 as it was meant${slow ? ', read slowly' : ''}`, async () => {
    const body = await new Promise<Readable>((resolve, reject) => { requestHttps({ host: '127.0.0.1', port: server.port, ca, path: '/' }, resolve).on('error', reject).end() })
    assert.equal(await digest(body, slow), expected)
  })
}
test('several readers of one list at once do not meet in its memory', async () => {
  const all = await Promise.all(Array.from({ length: 4 }, (_, i) => digest(session.request({ ':path': '/' }), i % 2 === 0)))
  assert.deepEqual(new Set(all), new Set([expected]))
})

test('readers that vanish in the middle leave nothing behind in what others read', async () => {
  const leaving = connect(`https://127.0.0.1:${server.port}`, { ca, settings: { initialWindowSize: 1024 * 1024 } })
  leaving.on('error', () => {})
  const begun = Array.from({ length: 3 }, () => leaving.request({ ':path': '/' }))
  for (const stream of begun) stream.on('error', () => {})
  await Promise.all(begun.map((stream) => new Promise((resolve) => { stream.once('data', resolve) })))
  const staying = [digest(session.request({ ':path': '/' }), true), digest(session.request({ ':path': '/' }), false)]
  leaving.destroy()
  staying.push(digest(session.request({ ':path': '/' }), true))
  assert.deepEqual(new Set(await Promise.all(staying)), new Set([expected]))
})
test('lists that are asked for one behind the other on one HTTP/1.1 connection arrive one after the other, whole', async () => {
  const socket = connectTls({ host: '127.0.0.1', port: server.port, ca, ALPNProtocols: ['http/1.1'] }), parts: Buffer[] = []
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  for await (const chunk of socket as AsyncIterable<Buffer>) parts.push(chunk)
  const all = Buffer.concat(parts)
  let at = 0
  for (let nth = 0; nth < 3; nth++) {
    const hash = createHash('sha256')
    at = all.indexOf('\r\n\r\n', at) + 4
    for (;;) {
      const end = all.indexOf('\r\n', at), size = Number.parseInt(all.toString('latin1', at, end), 16)
      if (size > 0) hash.update(all.subarray(end + 2, end + 2 + size))
      at = end + 2 + size + 2
      if (size === 0) break
    }
    assert.equal(hash.digest('hex'), expected, `answer ${nth}`)
  }
  assert.equal(at, all.length)
})
