import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { HealthPorts } from './health-ports.ts'

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
const ask = async (port: number) => {
  const response = await fetch(`http://127.0.0.1:${port}/`)
  return { status: response.status, weight: response.headers.get('x-load-balancing-endpoint-weight'), body: await response.json() as unknown }
}

test('a service\'s health port says how many ready endpoints the node has, until it is gone', async () => {
  const ports = new HealthPorts({ address: '127.0.0.1' })
  const port = await freePort()
  const plan = (ready: number) => ({ frontends: [], local: [], health: { port, ready } })
  ports.update('demo/web', plan(2))
  assert.deepEqual(await ask(port), { status: 200, weight: '2', body: { service: { namespace: 'demo', name: 'web' }, localEndpoints: 2, serviceProxyHealthy: true } })
  ports.update('demo/web', plan(0))
  assert.equal((await ask(port)).status, 503)
  ports.update('demo/web', { frontends: [], local: [] })
  await assert.rejects(ask(port))
  ports.close()
})

test('a port in use is logged and keeps nobody else from theirs', async () => {
  const [taken, free] = [await freePort(), await freePort()]
  const other = createServer().listen(taken, '127.0.0.1')
  await once(other, 'listening')
  const ports = new HealthPorts({ address: '127.0.0.1' })
  ports.update('demo/a', { frontends: [], local: [], health: { port: taken, ready: 1 } })
  ports.update('demo/b', { frontends: [], local: [], health: { port: free, ready: 1 } })
  assert.equal((await ask(free)).status, 200)
  ports.close()
  other.close()
})
