// The real kubectl talks to real containers through the agent's streaming handlers, over WebSocket and over SPDY.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { serveCommand, serveLog, servePortForward, streamRequest } from '../../src/node/streaming/server.ts'
import { ContainerdStage, busybox, obstacle } from './containerd-stage.ts'

const reason = await obstacle() || (await kubectl(['version', '--client'], {}).then(() => '', () => 'no kubectl'))
if (reason === '') realTests()
else console.log(`kubectl's streams are not tested here: ${reason}`)

interface Ran { code: number | null; out: string; err: string }
async function kubectl(args: readonly string[], env: Record<string, string>, input: Uint8Array | string = ''): Promise<Ran> {
  const child = start(args, env)
  child.stdin.on('error', () => {}).end(input)
  const ended = once(child, 'close') as Promise<[number | null]>
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, out, err }
}

type Kubectl = ReturnType<typeof start>
function start(args: readonly string[], env: Record<string, string>) {
  return spawn('kubectl', args, { env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env }, stdio: 'pipe', timeout: 60_000 })
}

/** Waits until kubectl has said something. */
function saying(child: Kubectl, what: RegExp, where = child.stdout): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let said = ''
    where.setEncoding('utf8').on('data', (piece: string) => {
      const found = what.exec(said += piece)
      if (found) resolve(found)
    })
    child.once('close', () => reject(new Error(`kubectl ended, having said: ${said}`)))
  })
}

function realTests(): void {
  const stage = new ContainerdStage()
  const scratch = mkdtempSync(join(tmpdir(), 'proa-noderuntime-kubectl-'))
  let server: Server
  let origin = ''
  let sandboxId = ''
  let id = ''
  const pod = {
    apiVersion: 'v1', kind: 'Pod', metadata: { name: 'box', namespace: 'default', uid: '1' }, status: { phase: 'Running' },
    spec: { containers: [{ name: 'main', image: busybox, stdin: true, ports: [{ containerPort: 8080 }] }] },
  }
  const answers: Record<string, unknown> = {
    '/api': { kind: 'APIVersions', versions: ['v1'] }, '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
    '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [{ name: 'pods', singularName: '', namespaced: true, kind: 'Pod', verbs: ['get'] }] },
    '/api/v1/namespaces/default/pods/box': pod, '/version': { major: '1', minor: '36', gitVersion: 'v1.36.0' },
  }

  before(async () => {
    await stage.start()
    const config = stage.pod('box')
    sandboxId = await stage.runtime.runPodSandbox(config)
    const serve = 'mkdir /www; echo served > /www/index.html; httpd -p 8080 -h /www; while read line; do echo "said $line"; done; sleep 1000'
    id = await stage.runtime.createContainer(sandboxId, stage.script(serve, { stdin: true }), config)
    await stage.runtime.startContainer(id)
    server = createServer((asked, response) => {
      const url = new URL(asked.url!, 'http://x')
      if (url.pathname.endsWith('/log')) return void serveLog(response, stage.runtime.containerLog(id, { follow: url.searchParams.get('follow') === 'true' }))
      const answer = answers[url.pathname]
      response.writeHead(answer ? 200 : 404, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify(answer ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 }))
    })
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const url = new URL(request.url!, 'http://x')
      const streams = streamRequest(url.searchParams)
      const upgrade = { request, socket, head }
      if (url.pathname.endsWith('/exec')) void serveCommand(upgrade, streams, () => stage.runtime.exec(id, { command: url.searchParams.getAll('command'), ...streams }))
      else if (url.pathname.endsWith('/attach')) void serveCommand(upgrade, streams, () => stage.runtime.attach(id, streams))
      else void servePortForward(upgrade, url.searchParams.getAll('ports').map(Number), () => stage.runtime.portForward(sandboxId))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    server?.closeAllConnections()
    server?.close()
    rmSync(scratch, { recursive: true })
    await stage.close()
  })

  for (const [how, env] of [['WebSocket', {}], ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }]] as const) {
    const run = (args: readonly string[], input: Uint8Array | string = '') => kubectl(['--server', origin, ...args], env, input)

    test(`kubectl exec over ${how} brings output, errors and the exit code`, async () => {
      const { code, out, err } = await run(['exec', 'box', '--', 'sh', '-c', 'echo out; echo problem >&2; exit 3'])
      assert.deepEqual([code, out], [3, 'out\n'])
      assert.match(err, /^problem\n[^]*exit code 3/)
      assert.deepEqual((await run(['exec', 'box', '--', 'true'])).code, 0)
      assert.match((await run(['exec', 'box', '--', '/no/such'])).err, /no such file or directory/)
    })

    test(`kubectl exec -i over ${how} passes megabytes through and ends the input`, async () => {
      const input = Buffer.alloc(3 << 20, 'proa streams ')
      const { code, out } = await run(['exec', '-i', 'box', '--', 'cat'], input)
      assert.equal(code, 0)
      assert.ok(out === input.toString(), `${out.length} bytes came back`)
    })

    test(`kubectl cp over ${how} brings a file there and back`, async () => {
      const [there, back] = [join(scratch, `there-${how}`), join(scratch, `back-${how}`)]
      writeFileSync(there, Buffer.alloc(2_000_000, how))
      const copied = await run(['cp', there, `box:/tmp/${how}`])
      assert.equal(copied.code, 0, copied.err)
      const returned = await run(['cp', `box:/tmp/${how}`, back])
      assert.equal(returned.code, 0, returned.err)
      assert.deepEqual(readFileSync(back), readFileSync(there))
    })

    test(`kubectl port-forward over ${how} serves several requests, and refusals do not end it`, async () => {
      const child = start(['--server', origin, 'port-forward', 'pod/box', ':8080', ':9999'], env)
      try {
        const [, port, closedPort] = await saying(child, /127\.0\.0\.1:(\d+) -> 8080[^]*127\.0\.0\.1:(\d+) -> 9999/)
        const get = async () => (await fetch(`http://127.0.0.1:${port}/index.html`, { headers: { connection: 'close' } })).text()
        assert.equal(await get(), 'served\n')
        assert.deepEqual(await Promise.all([get(), get(), get()]), ['served\n', 'served\n', 'served\n'])
        const refused = saying(child, /([^\n]*refused)/, child.stderr)
        await assert.rejects(fetch(`http://127.0.0.1:${closedPort}/`))
        assert.match((await refused)[1]!, /error forwarding port 9999 to pod/)
      } finally {
        child.kill()
      }
    })

    test(`kubectl attach -i over ${how} speaks to the process`, async () => {
      const child = start(['--server', origin, 'attach', '-i', 'box'], env)
      child.stdin.write(`${how}\n`)
      await saying(child, new RegExp(`said (${how})`))
      child.stdin.end()
      assert.deepEqual(await once(child, 'close'), [0, null])
    })
  }

  test('kubectl logs reads what was said', async () => {
    const { code, out } = await kubectl(['--server', origin, 'logs', 'box'], {})
    assert.deepEqual([code, /said/.test(out)], [0, true])
  })
}
