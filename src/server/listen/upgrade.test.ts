// Connections that are to be handed to somebody who is not there.
import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { silent, type UpgradeTarget } from '#machinery'
import { handOver } from './upgrade.ts'

for (const [what, tls] of [['a pod', 'none'], ['an agent', 'kubelet']] as const) test(`${what} that cannot be reached is an error of the server, in the words that clients know`, async () => {
  const target: UpgradeTarget = { host: '127.0.0.1', port: 1, path: '/', tls }
  const server = createServer().on('upgrade', (asked, socket, head) => handOver(asked, socket, head, target, { certificate: '', key: '', authority: '' }, silent))
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  try {
    const answer = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      request({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, headers: { connection: 'upgrade', upgrade: 'websocket' } }, (response) => { void text(response).then((body) => resolve({ status: response.statusCode, body })) }).on('error', reject).end()
    })
    const message = 'error dialing backend: dial tcp 127.0.0.1:1: connect: connection refused'
    assert.deepEqual([answer.status, JSON.parse(answer.body)], [500, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 }])
  } finally { server.close() }
})
