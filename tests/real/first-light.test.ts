// needs: linux root containerd kubectl
// minutes: 8
// The main job: three real nodes, an application, and everything that happens to it in its first days.
import assert from 'node:assert/strict'
import { createWriteStream, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { after, before, test } from 'node:test'
import { busyboxImage, imageTar } from './image.ts'
import { root, Terminal, until } from './terminal.ts'

const cluster = 'firstlight'
let dir = '', terminal: Terminal
const up = (...more: string[]) => terminal.proa('up', ...more, '--name', cluster, '--nodes', '3', '--detach', '--node-monitor-grace-period', '8s', '--default-not-ready-toleration-seconds', '4', '--default-unreachable-toleration-seconds', '4')
const nodes = [1, 2, 3].map((n) => `${cluster}-node-${n}`)
const k = (...args: string[]) => terminal.k(...args)
const pods = async (selector = 'app=hello') => (JSON.parse(await k('get', 'pods', '-n', 'demo', '-l', selector, '-o', 'json')) as { items: PodSeen[] }).items.map(brief)
interface PodSeen { metadata: { name: string; uid: string; deletionTimestamp?: string }; spec: { nodeName: string }; status: { podIP?: string; phase: string; conditions?: { type: string; status: string }[]; containerStatuses?: { restartCount: number; containerID?: string; state: { running?: { startedAt: string } } }[] } }
/** What the tests look at: a failure then prints something that can be read. */
const brief = ({ metadata: { name, uid, deletionTimestamp }, spec: { nodeName }, status }: PodSeen): PodSeen => ({
  metadata: { name, uid, ...(deletionTimestamp && { deletionTimestamp }) }, spec: { nodeName },
  status: { phase: status.phase, ...(status.podIP && { podIP: status.podIP }), conditions: (status.conditions ?? []).filter((c) => c.type === 'Ready' || c.status !== 'True'), containerStatuses: (status.containerStatuses ?? []).map(({ restartCount, containerID, state }) => ({ restartCount, ...(containerID && { containerID }), state })) },
})
const ready = (p: PodSeen) => !p.metadata.deletionTimestamp && p.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') === true
const pid = () => (JSON.parse(readFileSync(join(dir, 'data', cluster, 'control-plane.pid'), 'utf8')) as { pid: number }).pid
const fetchHello = async () => (await terminal.kubectl('exec', '-n', 'demo', 'client', '--', 'wget', '-q', '-O', '-', 'http://hello.demo.svc.cluster.local')).out

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'proa-first-'))
  terminal = new Terminal(dir, { PROA_HOME: join(dir, 'data'), KUBECONFIG: join(dir, 'kubeconfig') })
  for (const tag of ['localhost/hello:1', 'localhost/hello:2']) await pipeline(imageTar(await busyboxImage([tag], [{ path: 'version', content: Buffer.from(tag) }])), createWriteStream(join(dir, `${tag.split(':')[1]}.tar`)))
})
after(async () => {
  await terminal.proa('down', '--name', cluster, '--delete-data')
  rmSync(dir, { recursive: true, force: true })
})

test('up starts three nodes that become ready', async () => {
  const { code, err } = await up()
  assert.equal(code, 0, err)
  await until('three ready nodes', () => k('get', 'nodes', '--no-headers'), (out) => (out.match(/ Ready /g) ?? []).length === 3)
})

test('image load brings an image to every node', async () => {
  for (const tag of ['1', '2']) {
    const { code, out, err } = await terminal.proa('image', 'load', '--name', cluster, join(dir, `${tag}.tar`), '--output', 'json')
    assert.equal(code, 0, err)
    assert.match(out, new RegExp(`localhost/hello:${tag}`))
  }
})

test('apply and rollout status bring the example up on all nodes', async () => {
  await k('apply', '-f', join(root, 'examples/hello/'))
  await k('rollout', 'status', '-n', 'demo', 'deployment/hello', '--timeout=90s')
  assert.deepEqual([...new Set((await pods()).map((p) => p.spec.nodeName))].sort(), nodes)
})

test('a pod reaches the service by name and sees all three backends', async () => {
  await k('run', 'client', '-n', 'demo', '--image=localhost/hello:1', '--restart=Never', '--', 'sleep', '100000')
  await k('wait', '-n', 'demo', '--for=condition=Ready', 'pod/client', '--timeout=60s')
  const seen = new Set<string>()
  await until('answers of three backends', async () => { seen.add(await fetchHello()); return seen.size }, (n) => n >= 3)
  for (const answer of seen) assert.match(answer, /^Hello from Proa, this is hello-\S+ on \S+-node-\d/)
})

test('logs, exec, cp and port-forward', async () => {
  const [first] = await pods(), name = first!.metadata.name
  await until('a logged request', () => k('logs', '-n', 'demo', name), (out) => /response:200/.test(out))
  assert.equal(await k('exec', '-n', 'demo', name, '--', 'cat', '/version'), 'localhost/hello:1')
  const echoed = await terminal.type(process.env['PROA_KUBECTL'] ?? 'kubectl', ['exec', '-i', '-n', 'demo', name, '--', 'cat'], { input: 'through standard input' })
  assert.equal(echoed.out, 'through standard input', echoed.err)
  assert.equal((await terminal.kubectl('exec', '-n', 'demo', name, '--', 'sh', '-c', 'exit 7')).code, 7)
  writeFileSync(join(dir, 'note'), 'copied in\n')
  await k('cp', '-n', 'demo', join(dir, 'note'), `${name}:/tmp/note`)
  await k('cp', '-n', 'demo', `${name}:/tmp/note`, join(dir, 'back'))
  assert.equal(readFileSync(join(dir, 'back'), 'utf8'), 'copied in\n')

  const forward = terminal.start(process.env['PROA_KUBECTL'] ?? 'kubectl', ['port-forward', '-n', 'demo', 'service/hello', ':80'])
  try {
    const port = await new Promise<string>((resolve, reject) => {
      let said = ''
      forward.stdout!.setEncoding('utf8').on('data', (text: string) => { said += text; const found = /127\.0\.0\.1:(\d+)/.exec(said); if (found) resolve(found[1]!) })
      forward.on('close', () => reject(new Error(`port-forward ended: ${said}`)))
    })
    for (let i = 0; i < 3; i++) {
      const answer = await new Promise<string>((resolve, reject) => { get(`http://127.0.0.1:${port}/`, { agent: false }, (r) => { let body = ''; r.on('data', (d) => { body += String(d) }).on('end', () => resolve(body)) }).on('error', reject) })
      assert.match(answer, /Hello from Proa/)
    }
  } finally { forward.kill() }
})

test('a killed process is restarted and a deleted pod replaced', async () => {
  const [victim, other] = await pods()
  for (const id of processesIn(victim!.status.containerStatuses![0]!.containerID!.replace('containerd://', ''))) process.kill(id, 'SIGKILL')
  await until('a restart', () => pods(), (all) => all.some((p) => p.metadata.name === victim!.metadata.name && p.status.containerStatuses![0]!.restartCount > 0 && ready(p)))
  await k('delete', 'pod', '-n', 'demo', other!.metadata.name, '--wait=false')
  await until('a replacement', () => pods(), (all) => all.filter(ready).length === 3 && !all.some((p) => p.metadata.name === other!.metadata.name))
})

test('a drained node is empty and takes pods again afterwards', async () => {
  await k('drain', nodes[0]!, '--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout=60s')
  await until('pods elsewhere', () => pods(), (all) => all.filter(ready).length === 3 && all.every((p) => p.spec.nodeName !== nodes[0]))
  await k('uncordon', nodes[0]!)
  await k('delete', 'pod', '-n', 'demo', 'client', '--ignore-not-found')
  await k('run', 'client', '-n', 'demo', '--image=localhost/hello:1', '--restart=Never', '--', 'sleep', '100000')
  await k('wait', '-n', 'demo', '--for=condition=Ready', 'pod/client', '--timeout=60s')
})

test('set image rolls over without one failed request', async () => {
  const script = 'n=0; bad=0; while [ ! -e /tmp/stop ]; do n=$((n+1)); wget -q -O /dev/null http://hello.demo.svc.cluster.local || bad=$((bad+1)); done; echo $n $bad > /tmp/result'
  const asking = terminal.kubectl('exec', '-n', 'demo', 'client', '--', 'sh', '-c', script)
  await k('set', 'image', '-n', 'demo', 'deployment/hello', 'web=localhost/hello:2')
  await k('rollout', 'status', '-n', 'demo', 'deployment/hello', '--timeout=120s')
  await until('the old pods gone', () => pods(), (all) => all.length === 3 && all.every(ready))
  await k('exec', '-n', 'demo', 'client', '--', 'touch', '/tmp/stop')
  await asking
  const [asked, failed] = (await k('exec', '-n', 'demo', 'client', '--', 'cat', '/tmp/result')).trim().split(' ').map(Number)
  assert.ok(asked! > 20, `${asked} requests were made`)
  assert.equal(failed, 0, `${failed} of ${asked} requests failed`)
  assert.match(await k('rollout', 'history', '-n', 'demo', 'deployment/hello'), /REVISION[\s\S]*1[\s\S]*2/)
})

test('kill -9 of the control plane loses nothing and restarts no container', async () => {
  const before = new Map((await pods()).map((p) => [p.metadata.uid, p.status.containerStatuses![0]!.containerID]))
  const written: string[] = []
  const writing = (async () => { for (let i = 0; ; i++) { const r = await terminal.kubectl('create', 'configmap', `written-${i}`, '-n', 'demo', '--from-literal=i=' + i); if (r.code !== 0) return; written.push(`configmap/written-${i}`) } })()
  await until('some writes', () => Promise.resolve(written.length), (n) => n >= 5)
  process.kill(pid(), 'SIGKILL')
  await writing
  assert.equal((await up()).code, 0)
  const there = (await k('get', 'configmaps', '-n', 'demo', '-o', 'name')).split('\n')
  assert.deepEqual(written.filter((name) => !there.includes(name)), [])
  await until('all pods ready again', () => pods(), (all) => all.filter(ready).length === 3)
  for (const p of await pods()) assert.equal(p.status.containerStatuses![0]!.containerID, before.get(p.metadata.uid), `${p.metadata.name} runs the container it ran before`)
})

test('after kill -9 on another port too: nodes follow it, and no container is restarted', async () => {
  const before = new Map((await pods()).map((p) => [p.metadata.uid, p.status.containerStatuses![0]!.containerID]))
  process.kill(pid(), 'SIGKILL')
  const { code, out, err } = await up('--port', '0', '--wait', '60s')
  assert.deepEqual([code, /3 nodes \(containerd\) are ready after /.test(out)], [0, true], out + err)
  await until('all pods ready again', () => pods(), (all) => all.filter(ready).length === 3)
  for (const p of await pods()) assert.equal(p.status.containerStatuses![0]!.containerID, before.get(p.metadata.uid), `${p.metadata.name} runs the container it ran before`)
})

test('when a node dies its pods are replaced elsewhere, and the old ones go when it is back', async () => {
  const lost = nodes[1]!, runDir = runDirectory()
  for (const file of ['agent.pid', 'containerd.pid']) process.kill((JSON.parse(readFileSync(join(runDir, lost, file), 'utf8')) as { pid: number }).pid, 'SIGKILL')
  await until('replacements elsewhere', () => pods(), (all) => all.filter((p) => ready(p) && p.spec.nodeName !== lost).length === 3, 90)
  assert.ok((await pods()).some((p) => p.spec.nodeName === lost && p.metadata.deletionTimestamp), 'the old pod stays Terminating')
  assert.match((await up()).err, /has been started again/)
  await until('the old pods gone', () => pods(), (all) => all.length === 3 && all.every(ready), 120)
  await until('three ready nodes', () => k('get', 'nodes', '--no-headers'), (out) => (out.match(/ Ready /g) ?? []).length === 3)
})

test('down and up: the objects are back and the pods run', async () => {
  assert.equal((await terminal.proa('down', '--name', cluster)).code, 0)
  assert.equal((await up()).code, 0)
  await until('pods that run', () => pods(), (all) => all.length === 3 && all.every(ready), 120)
})

test('deleting the namespace leaves nothing of it', async () => {
  await k('delete', 'namespace', 'demo', '--timeout=120s')
  await until('no pod sandbox', () => Promise.resolve(remains()), (left) => left.length === 0)
})

test('after down nothing is left on the machine', async () => {
  const { out: bridgesBefore } = await terminal.type('ip', ['-o', 'link', 'show', 'type', 'bridge'])
  assert.equal((await terminal.proa('down', '--name', cluster)).code, 0)
  const { out: bridges } = await terminal.type('ip', ['-o', 'link', 'show', 'type', 'bridge'])
  assert.ok(bridges.split('\n').length < bridgesBefore.split('\n').length, 'the bridge is gone')
  assert.deepEqual(processesOf(dir), [])
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(dir), 'no mounts')
})

const runDirectory = (): string => {
  const config = JSON.parse(readFileSync(join(dir, 'data', cluster, 'nodes', nodes[1]!, 'agent.json'), 'utf8')) as { runDirectory: string }
  return join(config.runDirectory, '..')
}
/** Folders of pods on the nodes. */
const remains = (): string[] => nodes.flatMap((node) => { const at = join(dir, 'data', cluster, 'nodes', node, 'pods'); return existsSync(at) ? readdirSync(at).filter((name) => !name.startsWith('.')) : [] })
/** Processes in a container's cgroup. */
function processesIn(container: string): number[] {
  return readdirSync('/proc').filter((e) => /^\d+$/.test(e)).map(Number).filter((id) => { try { return readFileSync(`/proc/${id}/cgroup`, 'utf8').includes(container) } catch { return false } })
}
/** Processes whose command line names a folder. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc').filter((e) => /^\d+$/.test(e)).flatMap((id) => {
    try { const line = readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' '); return line.includes(folder) && Number(id) !== process.pid ? [line] : [] } catch { return [] }
  })
}
