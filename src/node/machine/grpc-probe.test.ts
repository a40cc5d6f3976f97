import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import { grpcProbe, healthRequest } from './grpc-probe.ts'

const long = 'a'.repeat(300)
/** Services and their state; the name is looked at as it came over the wire. */
const states = new Map<string, number>([['', 1], ['sick', 2], [long, 1]])
const health = new Server(), other = new Server()
let port = 0, otherPort = 0
const listen = (server: Server) => new Promise<number>((resolve, reject) => { server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))) })

before(async () => {
  const bytes = (b: Buffer) => b
  health.addService({ check: { path: '/grpc.health.v1.Health/Check', requestStream: false, responseStream: false, requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes } }, {
    check: ({ request }: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
      const found = [...states].find(([name]) => healthRequest(name).equals(request))
      if (found) answer(null, Buffer.from([0x08, found[1]]))
      else answer({ code: status.NOT_FOUND, details: 'unknown service' })
    } })
  port = await listen(health)
  otherPort = await listen(other)
})
after(() => { health.forceShutdown(); other.forceShutdown() })

test('a service that serves is healthy', async () => {
  for (const name of ['', long]) assert.deepEqual(await grpcProbe('127.0.0.1', port, name, 2_000), { success: true, output: 'service healthy' })
})
test('a service that says otherwise is not', async () => { assert.deepEqual(await grpcProbe('127.0.0.1', port, 'sick', 2_000), { success: false, output: 'service unhealthy (responded with "NOT_SERVING")' }) })
test('a service that the server does not know is not', async () => { assert.match((await grpcProbe('127.0.0.1', port, 'nope', 2_000)).output, /^error: health rpc probe failed: .*unknown service/) })
test('a server without health is told so', async () => { assert.match((await grpcProbe('127.0.0.1', otherPort, '', 2_000)).output, /^error: this server does not implement the grpc health protocol/) })
test('a port that nobody listens on is given up in time', async () => {
  assert.deepEqual(await grpcProbe('127.0.0.1', 1, '', 50), { success: false, output: 'timeout: failed to connect service "127.0.0.1:1" within 50ms: context deadline exceeded' })
})
