// needs: linux root containerd kubectl
// minutes: 2
// Crashes and reboots: whatever was killed, down leaves nothing on the machine, and up brings everything back. Two clusters side by side do not touch each other.
import assert from 'node:assert/strict'
import { createWriteStream, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { after, before, test } from 'node:test'
import { busyboxImage, imageTar } from './image.ts'
import { Terminal, until } from './terminal.ts'

const cluster = `left-${process.pid}`, other = `${cluster}-o`, node = `${cluster}-node-1`
let dir = '', terminal: Terminal
const k = (...args: string[]) => terminal.k('--context', cluster, ...args)
const up = async (name = cluster) => { const { code, err } = await terminal.proa('up', '--name', name, '--nodes', '1', '--detach'); assert.equal(code, 0, err) }
const json = <T>(...path: string[]) => JSON.parse(readFileSync(join(dir, 'data', cluster, ...path), 'utf8')) as T
/** Both pods run, at addresses that answer: their status is the newest. */
const served = () => until('two pods that answer under their own address', async () => {
  const pods = (await k('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={range .items[*]}{.metadata.name} {.status.podIP} {.status.podIPs}{"\\n"}{end}')).trimEnd().split('\n').map((line) => line.split(' '))
  const answers = await Promise.all(pods.map(async ([name = '', ip = '', ips]) => ips === `[{"ip":"${ip}"}]` && (await terminal.kubectl('--context', cluster, 'exec', name, '--', 'ip', '-o', 'address')).out.includes(` ${ip}/`)))
  return answers.length === 2 && answers.every((answer) => answer)
}, (yes) => yes, 60)

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'proa-left-'))
  terminal = new Terminal(dir, { PROA_HOME: join(dir, 'data'), KUBECONFIG: join(dir, 'kubeconfig') })
  await pipeline(imageTar(await busyboxImage(['localhost/web:1'])), createWriteStream(join(dir, 'web.tar')))
})
after(async () => {
  for (const name of [cluster, other]) await terminal.proa('down', '--name', name, '--delete-data')
  rmSync(dir, { recursive: true, force: true })
})

test('two clusters start side by side', async () => {
  await Promise.all([up(), up(other)])
  assert.equal((await terminal.proa('image', 'load', '--name', cluster, 'web.tar')).code, 0)
  await k('create', 'deployment', 'web', '--image=localhost/web:1', '--replicas=2', '--', 'sh', '-c', 'trap exit TERM; while :; do sleep 1; done')
  await k('rollout', 'status', 'deployment/web', '--timeout=60s')
  await served()
})

test('down after kill -9 of control plane, agent and containerd leaves nothing', async () => {
  const { mark } = json<{ mark: string }>('network.json'), { runDirectory } = json<{ runDirectory: string }>('nodes', node, 'agent.json')
  const pids = [join(dir, 'data', cluster, 'control-plane.pid'), join(runDirectory, 'agent.pid'), join(runDirectory, 'containerd.pid')].map((file) => (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  assert.equal((await terminal.proa('down', '--name', cluster)).code, 0)
  assert.deepEqual(await remains(mark, dirname(runDirectory)), [])
  await terminal.k('--context', other, 'get', 'nodes')
})

test('up after a reboot, which empties the run directory and takes all that ran, brings the pods back', async () => {
  await up()
  await served()
  const { mark } = json<{ mark: string }>('network.json'), { runDirectory } = json<{ runDirectory: string }>('nodes', node, 'agent.json'), run = dirname(runDirectory)
  const pids = () => processes((text) => text.includes(run) || text.includes(`${dir}/data/${cluster}/`) || text.includes(`/proa-${mark}/`) || text.includes(`up --name ${cluster} `))
  for (let left = pids(); left.length > 0; left = pids()) for (const pid of left) { try { process.kill(pid, 'SIGKILL') } catch { /* gone meanwhile */ } }
  for (const point of mounts(run, `${dir}/data/${cluster}/`).toReversed()) await terminal.type('umount', ['--lazy', point])
  rmSync(run, { recursive: true })
  const { out } = await terminal.type('ip', ['netns'])
  for (const [name] of out.matchAll(new RegExp(`^pn${mark}-\\S+`, 'gm'))) await terminal.type('ip', ['netns', 'delete', name])
  await terminal.type('ip', ['link', 'delete', `pb${mark}`])
  await terminal.type('nft', ['delete', 'table', 'ip', `proa-${mark}`])
  await up()
  await served()
  assert.equal((await terminal.proa('down', '--name', cluster)).code, 0)
  assert.deepEqual(await remains(mark, run), [])
})

/** Processes whose command line or cgroup says so. */
function processes(are: (text: string) => boolean): number[] {
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).map(Number).filter((pid) => {
    try { return pid !== process.pid && are(`${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')} ${readFileSync(`/proc/${pid}/cgroup`, 'utf8')}`) } catch { return false }
  })
}
const mounts = (...below: string[]) => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ')[4] ?? '').filter((point) => below.some((path) => point.startsWith(path)))
/** What of a cluster is on the machine, beside its data. */
async function remains(mark: string, run: string): Promise<string[]> {
  const printed = await Promise.all([['ip', '-o', 'link'], ['ip', 'netns'], ['ip', '-o', 'route'], ['nft', 'list', 'tables']].map(async ([command = '', ...args]) => (await terminal.type(command, args)).out))
  return [
    ...printed.join('').split('\n').filter((line) => line.includes(mark)), ...mounts(run, `${dir}/data/${cluster}/`), ...(existsSync(run) ? [run] : []),
    ...['/sys/fs/cgroup', ...readdirSync('/sys/fs/cgroup').map((name) => `/sys/fs/cgroup/${name}`)].map((folder) => `${folder}/proa-${mark}`).filter((folder) => existsSync(folder)),
    ...processes((text) => text.includes(run) || text.includes(`${dir}/data/${cluster}/`)).map((pid) => `process ${pid}`),
  ]
}
