import assert from 'node:assert/strict'
import { createServer, type ServerHttp2Session, type ServerHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import { after, test } from 'node:test'
import type { AddressInfo } from 'node:net'
import { configMap, pod } from '#kinds'
import { is, seeded, silent, type Clock } from '#machinery'
import { httpClient } from './http.ts'

const clock: Clock = { now: () => Date.now(), after(ms, run) { const timer = setTimeout(run, ms); return () => clearTimeout(timer) } }

/** A server in the clear that answers as told; the client's view of one, which is closed after the tests. */
async function serverThat(answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, body: string) => void) {
  const server = createServer()
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => { sessions.add(session); session.on('error', () => {}) })
  server.on('stream', (stream, headers) => {
    let body = ''
    stream.on('error', () => {})
    stream.setEncoding('utf8').on('data', (text: string) => { body += text }).on('end', () => answer(stream, headers, body))
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = httpClient({ server: url, clock, random: seeded(1), log: silent, token: 'secret', userAgent: 'tester/1' })
  const hangUp = () => { for (const session of sessions) session.destroy() }
  after(() => { client.close(); hangUp(); server.close() })
  return { client, hangUp }
}
const json = (stream: ServerHttp2Stream, status: number, value: unknown, headers: object = {}) => {
  stream.respond({ ':status': status, 'content-type': 'application/json', ...headers })
  stream.end(JSON.stringify(value))
}

test('a call carries method, path, token, agent and body, and gives back the decoded answer', async () => {
  const { client } = await serverThat((stream, headers, body) => json(stream, 201, { kind: 'ConfigMap', metadata: { name: 'a' }, data: {
    asked: `${String(headers[':method'])} ${String(headers[':path'])}`, token: headers.authorization, agent: headers['user-agent'], body } }))
  const made = await client.create(configMap, { metadata: { name: 'a', namespace: 'n' }, data: { k: 'v' } }, { dryRun: true })
  assert.deepEqual(made.data, { asked: 'POST /api/v1/namespaces/n/configmaps?dryRun=All', token: 'Bearer secret', agent: 'tester/1',
    body: '{"metadata":{"name":"a","namespace":"n"},"data":{"k":"v"},"apiVersion":"v1","kind":"ConfigMap"}' })
})

test('an error is the ApiError that the server sent', async () => {
  const { client } = await serverThat((stream) => json(stream, 404, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'pods "x" not found', reason: 'NotFound', code: 404 }))
  await assert.rejects(client.get(pod, { name: 'x', namespace: 'n' }), (error) => is(error, 'NotFound') && error.message === 'pods "x" not found')
})

test('a call that is told to come back later does', async () => {
  let calls = 0
  const { client } = await serverThat((stream) => (++calls === 1
    ? json(stream, 429, { kind: 'Status', status: 'Failure', reason: 'TooManyRequests', code: 429, message: 'slow down', details: { retryAfterSeconds: 0.01 } })
    : json(stream, 200, { items: [], metadata: { resourceVersion: '7' } })))
  assert.equal((await client.list(pod)).resourceVersion, '7')
  assert.equal(calls, 2)
})

test('a lost connection is made again for the next call', async () => {
  const { client, hangUp } = await serverThat((stream) => json(stream, 200, { items: [], metadata: { resourceVersion: '1' } }))
  await client.list(pod)
  hangUp()
  assert.equal((await client.list(pod)).resourceVersion, '1')
})

test('a watch gives each line as an event, however the bytes are cut, and tells when it ends', async () => {
  const lines = ['{"type":"ADDED","object":{"metadata":{"name":"größe"}}}\n', '{"type":"DELETED","object":{"metadata":{"name":"b"}}}\n'].join('')
  const bytes = Buffer.from(lines)
  const { client } = await serverThat((stream) => {
    stream.respond({ ':status': 200 })
    for (let i = 0; i < bytes.length; i += 7) stream.write(bytes.subarray(i, i + 7))
    stream.end()
  })
  const seen: string[] = []
  const error = await new Promise((resolve) => { client.watch(pod, {}, (event) => seen.push(`${event.type} ${event.object.metadata.name}`), resolve) })
  assert.deepEqual(seen, ['ADDED größe', 'DELETED b'])
  assert.equal(error, undefined)
})

test('an ERROR event ends a watch with its Status as the error', async () => {
  const { client } = await serverThat((stream) => {
    stream.respond({ ':status': 200 })
    stream.write('{"type":"ERROR","object":{"kind":"Status","status":"Failure","reason":"Expired","code":410,"message":"too old"}}\n')
  })
  const error = await new Promise((resolve) => { client.watch(pod, {}, () => {}, resolve) })
  assert.ok(is(error, 'Expired'))
})

test('a server that cannot be reached is a ServiceUnavailable that names it', async () => {
  const client = httpClient({ server: 'http://127.0.0.1:1', clock, random: seeded(1), log: silent })
  await assert.rejects(client.get(pod, { name: 'x', namespace: 'n' }), (error) => is(error, 'ServiceUnavailable') && /cannot reach http:\/\/127.0.0.1:1/.test(error.message))
  client.close()
})
