// Connections that are to be handed to somebody who is not there.
import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { silent, type UpgradeTarget } from '#machinery'
import { handOver, type HandOver } from './upgrade.ts'

const agents = { certificate: '', key: '', authority: '' }
async function refused(target: UpgradeTarget, how: HandOver): Promise<[number | undefined, string]> {
  const server = createServer().on('upgrade', (asked, socket, head) => handOver(asked, socket, head, target, how))
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  try {
    const answer = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      request({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, headers: { connection: 'upgrade', upgrade: 'websocket' } }, (response) => { void text(response).then((body) => resolve({ status: response.statusCode, body })) }).on('error', reject).end()
    })
    const { message, ...rest } = JSON.parse(answer.body) as { message: string }
    assert.deepEqual(rest, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code: 500 })
    return [answer.status, message]
  } finally { server.close() }
}

test('where nobody is, nobody is called', async () => {
  const target: UpgradeTarget = { host: '10.0.0.1', port: 10250, path: '/', tls: 'kubelet' }, nobodyAt = (host: string) => (host === '10.0.0.1' ? 'it is not real' : undefined)
  assert.deepEqual(await refused(target, { agents, nobodyAt, log: silent }), [500, 'error dialing backend: dial tcp 10.0.0.1:10250: it is not real'])
})
for (const [what, tls] of [['a pod', 'none'], ['an agent', 'kubelet']] as const) test(`${what} that cannot be reached is an error of the server, in the words that clients know`, async () => {
  assert.deepEqual(await refused({ host: '127.0.0.1', port: 1, path: '/', tls }, { agents, log: silent }), [500, 'error dialing backend: dial tcp 127.0.0.1:1: connect: connection refused'])
})
