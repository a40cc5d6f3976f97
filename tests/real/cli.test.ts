// needs: kubectl
// minutes: 2
// What a person types, with simulated nodes: start, look, start again, lose power, stop; and what goes wrong.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'

const root = dirname(dirname(import.meta.dirname))
const name = `cli-${process.pid}`
let dir = ''
let kubeconfig = ''
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'proa-cli-'))
  kubeconfig = join(dir, 'kubeconfig')
  writeFileSync(kubeconfig, 'apiVersion: v1\nkind: Config\n# mine\ncontexts:\n- context:\n    cluster: work\n    user: me\n  name: work\ncurrent-context: work\n', { mode: 0o640 })
})
after(async () => {
  await proa('down', '--name', name, '--delete-data')
  rmSync(dir, { recursive: true, force: true })
})

const environment = () => ({ ...process.env, PROA_HOME: join(dir, 'data'), KUBECONFIG: kubeconfig, HOME: dir })
const start = (command: string, args: readonly string[]): ChildProcess => spawn(command, args, { cwd: dir, env: environment(), timeout: 60_000 })
async function type(command: string, args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const child = start(command, args)
  let out = '', err = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => { out += text })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => { err += text })
  const [code] = await once(child, 'close') as [number | null]
  return { code: code ?? -1, out, err }
}
const proa = (...args: string[]) => type(join(root, 'proa'), args)
const kubectl = (...args: string[]) => type(process.env['PROA_KUBECTL'] ?? 'kubectl', args)
const up = (...args: string[]) => proa('up', '--name', name, '--runtime', 'simulated', '--detach', ...args)
const pid = () => (JSON.parse(readFileSync(join(dir, 'data', name, 'control-plane.pid'), 'utf8')) as { pid: number }).pid
const authority = () => /certificate-authority-data: (\S+)/.exec(readFileSync(join(dir, 'data', name, 'kubeconfig'), 'utf8'))?.[1]

test('up --detach returns when the cluster is ready, and kubectl reaches it', async () => {
  const { code, out, err } = await up('--output', 'json')
  assert.equal(code, 0, err)
  const report = JSON.parse(out) as { server: string; context: string; kubeconfig: string; simulatedNodes: number }
  assert.deepEqual([report.context, report.kubeconfig, report.simulatedNodes], [name, kubeconfig, 1])
  const version = await kubectl('version', '-o', 'json')
  assert.match(version.out, /"gitVersion": "v1\.36/, version.err)
  assert.equal((await kubectl('config', 'current-context')).out, `${name}\n`)
})

test('the kubeconfig has kept its mode, its comment and its other context', () => {
  const text = readFileSync(kubeconfig, 'utf8')
  assert.match(text, /# mine/)
  assert.match(text, /name: work/)
  assert.equal(statSync(kubeconfig).mode & 0o777, 0o640)
})

test('up on a running cluster says so and ends with 0', async () => {
  const before = pid()
  const { code, out } = await up()
  assert.deepEqual([code, pid()], [0, before])
  assert.match(out, /already running/)
})

test('up --wait returns when every node is Ready, those of an earlier run too; what is not in time is told', async () => {
  await proa('down', '--name', name)
  const started = await up('--nodes', '3', '--wait', '60s', '--output', 'json')
  assert.equal(started.code, 0, started.err)
  assert.equal((JSON.parse(started.out) as { nodesReady: number }).nodesReady, 3)
  const nodes = JSON.parse((await kubectl('get', 'nodes', '-o', 'json')).out) as { items: { status: { conditions: { type: string; status: string }[] } }[] }
  assert.deepEqual(nodes.items.map(({ status }) => status.conditions.find(({ type }) => type === 'Ready')?.status), ['True', 'True', 'True'])
  const again = await up('--wait', '60s')
  assert.deepEqual([again.code, /already running/.test(again.out), /3 nodes \(simulated\) are ready after /.test(again.out)], [0, true, true], again.out)
  await proa('down', '--name', name)
  const late = await up('--nodes', '3', '--wait', '1ms')
  assert.deepEqual([late.code, /3 nodes \(simulated\), of which 0 are ready after /.test(late.out)], [1, true], late.out)
  assert.equal((await proa('status', '--name', name)).code, 0)
})

test('what a simulated pod cannot do is said at once: its node runs no containers', async () => {
  await kubectl('create', 'deployment', 'quiet', '--image', 'x')
  assert.equal((await kubectl('wait', 'deployment/quiet', '--for=condition=Available', '--timeout=30s')).code, 0)
  for (const words of [['logs', 'deployment/quiet'], ['exec', 'deployment/quiet', '--', 'date'], ['port-forward', 'deployment/quiet', '8080:80']]) {
    const { code, err } = await kubectl(...words)
    assert.equal(code, 1)
    assert.match(err, /dial tcp 10\.200\.0\.\d+:10250: node node-\d is simulated and runs no containers/)
  }
})

test('of two ups at once one starts the cluster, and the other waits for it and says so', async () => {
  await proa('down', '--name', name)
  const both = await Promise.all([up(), up()])
  assert.deepEqual(both.map(({ code }) => code), [0, 0], both.map(({ err }) => err).join(''))
  assert.deepEqual(both.map(({ out }) => / is ready in /.test(out) ? 'started' : / is already running /.test(out) ? 'found' : out).sort(), ['found', 'started'])
})

test('status says that it is ready, for people and for scripts', async () => {
  const text = await proa('status', '--name', name)
  assert.deepEqual([text.code, /is ready/.test(text.out)], [0, true], text.out)
  const report = JSON.parse((await proa('status', '--name', name, '-o', 'json')).out) as { state: string; pid: number }
  assert.deepEqual([report.state, report.pid], ['ready', pid()])
})

test('a second cluster on the same port is told whose it is, and leaves nothing running', async () => {
  const port = new URL((JSON.parse((await proa('status', '--name', name, '-o', 'json')).out) as { server: string }).server).port
  const { code, err } = await proa('up', '--name', `${name}-b`, '--runtime', 'simulated', '--port', port, '--detach')
  assert.equal(code, 1)
  assert.match(err, new RegExp(`^proa: port ${port} is in use by the cluster ${name}\\. Use --port 0`, 'm'))
  assert.equal(existsSync(join(dir, 'data', `${name}-b`, 'control-plane.pid')), false)
})

test('a port that a stranger uses is said to be in use', async () => {
  const stranger = createServer().listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  const { port } = stranger.address() as AddressInfo
  const { code, err } = await proa('up', '--name', `${name}-c`, '--runtime', 'simulated', '--port', String(port))
  stranger.close()
  assert.equal(code, 1)
  assert.match(err, new RegExp(`port ${port} is in use\\. Use --port 0 for a free one, or stop what listens there`))
})

test('after kill -9 the cluster is stopped, and up resumes it with the same port, nodes, certificates and objects', async () => {
  assert.equal((await kubectl('create', 'configmap', 'kept', '--from-literal=a=1')).code, 0)
  const [ca, { server }] = [authority(), JSON.parse((await proa('status', '--name', name, '-o', 'json')).out) as { server: string }]
  const killed = pid()
  process.kill(killed, 'SIGKILL')
  // It is not our child: status sees when the system has taken it away.
  let status = ''
  for (let attempt = 0; attempt < 100 && !status.includes('is stopped'); attempt++) status = (await proa('status', '--name', name)).out
  assert.match(status, new RegExp(`is stopped; \\./proa up --name ${name} resumes it`))
  const { code, out, err } = await up('-o', 'json')
  assert.equal(code, 0, err)
  const report = JSON.parse(out) as { server: string; simulatedNodes: number }
  assert.deepEqual([report.server, report.simulatedNodes, authority()], [server, 3, ca])
  assert.equal((await kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}')).out, '1')
})

test('logs lists the components and prints one', async () => {
  assert.match((await proa('logs', '--name', name)).out, /^control-plane$/m)
  assert.match((await proa('logs', 'control-plane', '--name', name, '--tail', '1000')).out, /\] "ready" server=/)
})

test('kubeconfig prints one that works by itself', async () => {
  const file = join(dir, 'own.yaml')
  writeFileSync(file, (await proa('kubeconfig', '--name', name)).out, { mode: 0o600 })
  assert.equal((await kubectl('--kubeconfig', file, 'get', 'namespace', 'default', '-o', 'name')).out, 'namespace/default\n')
})

test('down stops it, selects the context from before, and says so again when there is nothing to stop', async () => {
  const stopped = await proa('down', '--name', name)
  assert.deepEqual([stopped.code, /is stopped; its data is kept/.test(stopped.out)], [0, true], stopped.err)
  assert.equal((await kubectl('config', 'current-context')).out, 'work\n')
  assert.doesNotMatch(readFileSync(kubeconfig, 'utf8'), new RegExp(name))
  assert.match((await proa('down', '--name', name)).out, /was not running/)
})

test('a broken kubeconfig stops up before anything is started, and stays as it is', async () => {
  const good = readFileSync(kubeconfig, 'utf8')
  writeFileSync(kubeconfig, 'a: [\n')
  const { code, err } = await up()
  assert.deepEqual([code, readFileSync(kubeconfig, 'utf8')], [1, 'a: [\n'])
  assert.match(err, /is not a kubeconfig \(.*left as it is\. Repair it, or use --kubeconfig/)
  assert.equal(existsSync(join(dir, 'data', name, 'control-plane.pid')), false)
  writeFileSync(kubeconfig, good)
})

test('manifests given to up are there when it is ready, and Ctrl-C stops a cluster in the foreground', async () => {
  const manifest = join(dir, 'objects.yaml')
  writeFileSync(manifest, 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: prices, namespace: shop}\ndata: {tea: "2"}\n')
  const child = start(join(root, 'proa'), ['up', '--name', name, '--runtime', 'simulated', '-f', manifest])
  let out = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => { out += text })
  let ended = false
  child.once('close', () => { ended = true })
  while (!out.includes('Ctrl-C') && !ended) await Promise.race([once(child.stdout!, 'data'), once(child, 'close')])
  assert.match(out, /namespaces\/shop created[\s\S]*configmaps\/prices created/)
  assert.equal((await kubectl('-n', 'shop', 'get', 'configmap', 'prices', '-o', 'jsonpath={.data.tea}')).out, '2')
  child.kill('SIGINT')
  assert.deepEqual(await once(child, 'exit'), [0, null])
  assert.match((await proa('status', '--name', name)).out, /is stopped/)
})

test('a data directory of a newer version is refused', async () => {
  const file = join(dir, 'data', name, 'layout.json')
  const good = readFileSync(file, 'utf8')
  writeFileSync(file, '{"layout":99,"madeBy":"v9.0.0"}')
  const { code, err } = await up()
  assert.equal(code, 1)
  assert.match(err, /made by a newer Proa \(v9\.0\.0\)\. Use that version, or another --data-dir/)
  writeFileSync(file, good)
})
