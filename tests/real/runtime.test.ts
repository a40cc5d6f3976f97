// The runtime with real containers. Runs as root where containerd is installed.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { closeNodeNamespaces, openNodeNamespaces } from '../../src/node/runtime/node-namespaces.ts'
import { runtimeContract } from '../../src/node/runtime/runtime.contract.ts'
import type { ExecRequest, RuntimeEvent } from '../../src/node/runtime/runtime.ts'
import { ContainerdStage, busybox, obstacle } from './containerd-stage.ts'
import { busyboxImage } from './image.ts'
import { Registry } from './registry.ts'

const reason = await obstacle()
if (reason === '') realTests()
else console.log(`real containers are not tested here: ${reason}`)

function realTests(): void {
  runtimeContract('containerd', async () => {
    const stage = new ContainerdStage()
    await stage.start()
    return {
      runtime: stage.runtime, image: busybox,
      play(name, act) {
        const pod = stage.pod(name)
        const run = act.runFor === undefined ? 'trap "exit 0" TERM; sleep 1000 & wait' : `sleep ${act.runFor / 1000}; exit ${act.exitCode ?? 0}`
        const log = act.log === undefined ? '' : `printf '%s\\n' "${act.log}";`
        const command = act.broken ? ['/no/such/command'] : ['sh', '-c', `${log} ${run}`]
        return {
          pod, container: { metadata: { name: 'main', attempt: 0 }, image: busybox, command, logPath: 'main/0.log' },
          execCommand: ['sh', '-c', `printf %s "${act.execOutput ?? ''}"; exit ${act.execExitCode ?? 0}`],
        }
      },
      until: (condition) => within(10_000, stage, condition),
      close: () => stage.close(),
    }
  })

  const stage = new ContainerdStage()
  const { script, pod } = { script: stage.script.bind(stage), pod: stage.pod.bind(stage) }
  before(async () => { await stage.start() })
  after(() => stage.close())
  const request = (command: string, more: Partial<ExecRequest> = {}): ExecRequest =>
    ({ command: ['sh', '-c', command], stdin: false, stdout: true, stderr: true, tty: false, ...more })

  test('a command reads its input to the end and writes on both streams', () => stage.withContainer('sleep 1000', async (id) => {
    const session = await stage.runtime.exec(id, request('wc -c; echo problem >&2; exit 7', { stdin: true }))
    session.stdin!.end(Buffer.alloc(3 << 20))
    const [out, problem, end] = await Promise.all([text(session.stdout!), text(session.stderr!), session.finished])
    assert.deepEqual([out.trim(), problem.trim(), 'exitCode' in end && end.exitCode], [String(3 << 20), 'problem', 7])
  }))

  test('many megabytes come out of a command whole', () => stage.withContainer('sleep 1000', async (id) => {
    const session = await stage.runtime.exec(id, request('head -c 50000000 /dev/zero'))
    let size = 0
    session.stdout!.on('data', (piece: Buffer) => { size += piece.length })
    assert.deepEqual(await session.finished, { exitCode: 0 })
    assert.equal(size, 50_000_000)
  }))

  test('a terminal takes the size it is given', () => stage.withContainer('sleep 1000', async (id) => {
    const session = await stage.runtime.exec(id, request('read line; stty size', { stdin: true, stderr: false, tty: true }))
    session.resize(123, 45)
    // The size travels on a stream of its own: only its answer tells that it has arrived.
    const seen = text(session.stdout!)
    for (let size = ''; !size.includes('45 123');) {
      const { stdout } = await stage.runtime.execSync(id, ['sh', '-c', 'for t in /dev/pts/[0-9]*; do stty size < $t; done'], 5)
      size = new TextDecoder().decode(stdout)
    }
    session.stdin!.write('go\n')
    assert.match(await seen, /45 123/)
    assert.deepEqual(await session.finished, { exitCode: 0 })
  }))

  test('a command that is not there fails with the runtime\'s words', () => stage.withContainer('sleep 1000', async (id) => {
    const session = await stage.runtime.exec(id, { ...request(''), command: ['/no/such/command'] })
    const end = await session.finished
    assert.match('failure' in end ? end.failure : end.message ?? '', /no such file or directory/)
  }))

  test('attaching shows what is written from then on and takes input', () => stage.withContainer('read line; until [ -e /tmp/go ]; do sleep 0.01; done; echo got $line; read line', async (id) => {
    const session = await stage.runtime.attach(id, { stdin: true, stdout: true, stderr: true, tty: false })
    const out = text(session.stdout!)
    session.stdin!.write('hello\n')
    await stage.runtime.execSync(id, ['touch', '/tmp/go'], 10) // containerd takes the input before it looks at the output: what is written at once may be missed
    session.stdin!.write('end\n')
    assert.deepEqual(await session.finished, { exitCode: 0 })
    assert.equal(await out, 'got hello\n')
  }, { container: { stdin: true } }))

  test('ports of a pod are reached through its namespace, several at once', () => stage.withContainer(
    'echo content > /tmp/index.html; exec httpd -f -p 8080 -h /tmp', async (_, sandboxId) => {
      const { ips } = await stage.runtime.podSandboxStatus(sandboxId)
      await listening(ips[0]!, 8080)
      const session = await stage.runtime.portForward(sandboxId)
      const get = async () => {
        const { data, finished } = session.connect(8080)
        data.end('GET /index.html HTTP/1.0\r\n\r\n')
        return [await text(data), await finished]
      }
      for (const [answer, error] of await Promise.all([get(), get(), get()])) {
        assert.match(answer!, /200 OK[^]*content/)
        assert.equal(error, '')
      }
      const refused = session.connect(9999)
      refused.data.end()
      assert.match(await refused.finished, /refused/)
      session.close()
    }))

  test('a command that takes too long is DeadlineExceeded and does not go on', () => stage.withContainer('sleep 1000', async (id) => {
    await assert.rejects(stage.runtime.execSync(id, ['sleep', '77'], 1), { reason: 'DeadlineExceeded' })
    const { stdout } = await stage.runtime.execSync(id, ['ps'], 5)
    assert.doesNotMatch(new TextDecoder().decode(stdout), /sleep 77/)
  }))

  test('a container that takes too much memory is OOMKilled', async () => {
    await stage.withContainer('sleep 0.1; x=$(yes); echo done', async (id) => {
      await untilEvent(stage, (event) => event.type === 'containerExited' && event.containerId === id)
      assert.equal((await stage.runtime.containerStatus(id)).reason, 'OOMKilled')
    }, { container: { resources: { memoryLimitInBytes: 16 << 20 } } })
  })

  test('the pause process reaps orphans and ends at once on TERM', () => stage.withContainer('(sleep 0.01 &); exec sleep 1000', async (id, sandboxId) => {
    const states = async () => new TextDecoder().decode((await stage.runtime.execSync(id, ['sh', '-c', 'cat /proc/[0-9]*/stat'], 5)).stdout)
    while (/\(sleep\) \w 1 /.test(await states()) && !/\(sleep\) Z/.test(await states())) { /* the orphan sleeps 10 ms */ }
    const now = await states()
    assert.doesNotMatch(now, /\) Z /)
    assert.match(now, /^1 \(pause\) S 0 /m)
    const gone = untilEvent(stage, (event) => event.type === 'sandboxExited' && event.sandboxId === sandboxId)
    const begun = performance.now()
    await stage.runtime.execSync(id, ['kill', '-TERM', '1'], 5).catch(() => {})
    await gone
    assert.ok(performance.now() - begun < 5_000)
  }, { pod: { security: { namespaces: { pid: 'pod' } } }, container: { security: { namespaces: { pid: 'pod' } } } }))

  const pulls: readonly [string, string][] = [['127.0.0.1:1/nothing:1', 'ImagePull'], ['UPPER CASE', 'ImageAbsent']]
  for (const [image, expected] of pulls) {
    test(`pulling ${image} fails as ${expected}`, () => assert.rejects(stage.runtime.pullImage(image), { reason: expected }))
  }

  test('images are pulled from a registry, once for all who ask at the same time, with credentials where it wants them', async () => {
    const registry = new Registry()
    const host = await registry.open()
    try {
      await registry.add('team/app', '1', await busyboxImage(['unused:1'], [{ path: 'etc/motd', content: Buffer.from('pulled') }]))
      const image = `${host}/team/app:1`
      const ids = await Promise.all(Array.from({ length: 3 }, () => stage.runtime.pullImage(image)))
      assert.equal(new Set(ids).size, 1)
      const layers = registry.asked.filter((path) => path.includes('/blobs/'))
      assert.equal(layers.length, new Set(layers).size)
      assert.equal((await stage.runtime.imageStatus(image))?.id, ids[0])
      await stage.withContainer('cat /etc/motd; echo', async (id) => {
        await untilEvent(stage, (event) => event.type === 'containerExited' && event.containerId === id)
        assert.equal(await text(stage.runtime.containerLog(id, {})), 'pulled\n')
      }, { container: { image } })
      await assert.rejects(stage.runtime.pullImage(`${host}/team/app:2`), { reason: 'ImageAbsent' })
      registry.credentials = 'me:secret'
      await stage.runtime.removeImage(image)
      assert.equal(await stage.runtime.imageStatus(image), undefined)
      await assert.rejects(stage.runtime.pullImage(image), { reason: 'ImageAbsent' })
      assert.equal(await stage.runtime.pullImage(image, { username: 'me', password: 'secret' }), ids[0])
    } finally {
      registry.close()
    }
  })

  test('an archive that is none is refused in plain words', async () => {
    await assert.rejects(stage.runtime.importImages(Readable.from([Buffer.alloc(4096, 'nonsense')])), /the image archive could not be imported/)
  })

  test('starting containerd again finds the one that runs', async () => {
    const { process: first } = stage.containerd
    const again = await stage.start()
    assert.deepEqual([again.adopted, again.process], [true, first])
  })

  test('containers and their logs survive the death of containerd, and what happened meanwhile is told', async () => {
    const events: RuntimeEvent[] = []
    const sandbox = pod('survivor')
    const sandboxId = await stage.runtime.runPodSandbox(sandbox)
    const stays = await stage.runtime.createContainer(sandboxId, script('while :; do echo tick; sleep 0.05; done'), sandbox)
    const ends = await stage.runtime.createContainer(sandboxId, script('sleep 0.5; exit 9', { metadata: { name: 'ends', attempt: 0 } }), sandbox)
    await Promise.all([stage.runtime.startContainer(stays), stage.runtime.startContainer(ends)])
    const { runtime } = stage
    const stop = runtime.events((event) => events.push(event))
    await within(10_000, stage, () => events.some(({ type }) => type === 'synced'))
    process.kill(stage.containerd.process.pid, 'SIGKILL')
    await within(10_000, stage, () => events.some(({ type }) => type === 'lost'))
    const synced = events.length
    const next = await stage.start()
    assert.equal(next.adopted, false)
    await within(10_000, stage, () => events.slice(synced).some(({ type }) => type === 'synced'))
    await within(10_000, stage, () => events.some((event) => event.type === 'containerExited' && event.containerId === ends && event.status?.exitCode === 9))
    assert.equal((await stage.runtime.containerStatus(stays)).state, 'running')
    assert.equal(events.some((event) => event.type === 'containerStarted' && event.containerId === stays && events.indexOf(event) > synced), false)
    const before = (await text(stage.runtime.containerLog(stays, {}))).length
    let grown = false
    for await (const piece of stage.runtime.containerLog(stays, { follow: true, tailLines: 0 })) if (piece.length > 0) { grown = true; break }
    assert.ok(before > 0 && grown)
    stop()
    runtime.close()
    await stage.runtime.removePodSandbox(sandboxId)
  })

  test('a node in namespaces of its own leaves nothing on the machine', async () => {
    const node = new ContainerdStage()
    const netns = `proa-${node.name}`
    const spaces = join(`/run/proa-${node.name}`, 'ns')
    execFileSync('ip', ['netns', 'add', netns])
    try {
      const namespaces = await openNodeNamespaces({ directory: spaces, hostname: 'node-7', networkNamespace: `/run/netns/${netns}` })
      assert.deepEqual(await openNodeNamespaces({ directory: spaces, hostname: 'node-7', networkNamespace: `/run/netns/${netns}` }), namespaces)
      await node.start({ namespaces })
      const volume = join(node.directory, 'volume')
      mkdirSync(volume)
      const inside = (...words: string[]) => execFileSync(namespaces.enter[0]!, [...namespaces.enter.slice(1), ...words], { encoding: 'utf8' })
      const config = node.pod('host', { hostname: '', security: { namespaces: { network: 'node' } } })
      const sandboxId = await node.runtime.runPodSandbox(config)
      const mounts = [{ containerPath: '/volume', hostPath: volume, propagation: 'hostToContainer' as const }]
      const id = await node.runtime.createContainer(sandboxId, node.script('hostname; while [ ! -e /volume/seen ]; do sleep 0.01; done; cat /volume/seen',
        { mounts, security: { namespaces: { network: 'node' } } }), config)
      await node.runtime.startContainer(id)
      inside('mount', '-t', 'tmpfs', 'none', volume)
      inside('sh', '-c', `echo late > ${volume}/seen`)
      await untilEvent(node, (event) => event.type === 'containerExited' && event.containerId === id)
      assert.equal(await text(node.runtime.containerLog(id, {})), 'node-7\nlate\n')
      assert.doesNotMatch(readFileSync('/proc/self/mountinfo', 'utf8'), new RegExp(volume))
      // Killed and started again, it finds its pods' mounts in the same place.
      process.kill(node.containerd.process.pid, 'SIGKILL')
      await node.start({ namespaces })
      assert.equal((await node.runtime.podSandboxStatus(sandboxId)).state, 'ready')
    } finally {
      await node.close().finally(() => closeNodeNamespaces(spaces)).finally(() => execFileSync('ip', ['netns', 'delete', netns]))
    }
    assert.doesNotMatch(readFileSync('/proc/self/mountinfo', 'utf8'), new RegExp(node.name))
  })
}

/** Waits for an event of the runtime. */
async function untilEvent(stage: ContainerdStage, wanted: (event: RuntimeEvent) => boolean): Promise<void> {
  let seen = false
  const stop = stage.runtime.events((event) => { seen ||= wanted(event) })
  try { await within(10_000, stage, () => seen) } finally { stop() }
}

/** Waits until a condition holds that changes with the runtime's events or soon after; fails after `ms`. */
async function within(ms: number, _stage: ContainerdStage, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + ms
  while (!condition()) {
    assert.ok(performance.now() < deadline, `not within ${ms} ms: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

async function listening(host: string, port: number): Promise<void> {
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, host, () => { socket.destroy(); resolve(true) })
      socket.on('error', () => resolve(false))
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
