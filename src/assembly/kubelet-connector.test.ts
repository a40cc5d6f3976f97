import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubeletConnector } from './kubelet-connector.ts'

test('an agent that is not there is told of in the words that clients know', async () => {
  const agents = kubeletConnector({ client: { certificate: '', key: '' }, authority: '' })
  await assert.rejects(agents.get({ node: 'n', host: '127.0.0.1', port: 1 }, '/containerLogs/n/p/c'), { message: 'dial tcp 127.0.0.1:1: connect: connection refused' })
  agents.close()
})
