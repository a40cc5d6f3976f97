import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { isRuntimeError } from './errors.ts'
import type { ContainerConfig, PodSandboxConfig, Runtime, RuntimeEvent } from './runtime.ts'

/** What a container of these tests does. */
export interface Act {
  /** Milliseconds it runs before it ends by itself; absent: until it is stopped, which it obeys with code 0. */
  readonly runFor?: number
  readonly exitCode?: number
  readonly log?: string
  /** What the commands run in it write, and how they end. */
  readonly execOutput?: string
  readonly execExitCode?: number
  /** Its command cannot be started. */
  readonly broken?: boolean
}

/** A runtime to test, and how to make its containers act. */
export interface Stage {
  readonly runtime: Runtime
  /** An image that is there. */
  readonly image: string
  /** Whether images can be pulled without a registry, and commands run. */
  play(name: string, act: Act): { readonly pod: PodSandboxConfig; readonly container: ContainerConfig; readonly execCommand: readonly string[] }
  /** Lets time pass until `condition` holds, which is asked again after each event and at the end. */
  until(condition: () => boolean): Promise<void>
  close(): Promise<void>
}

/** The promises of the Runtime interface, for every runtime. */
export function runtimeContract(name: string, open: () => Promise<Stage>): void {
  let stage: Stage
  let runtime: Runtime
  before(async () => { stage = await open(); runtime = stage.runtime })
  after(() => stage?.close())
  const promise = (says: string, check: () => Promise<void>) => test(`${name}: ${says}`, check)

  /** A running container; `check` gets its ids, and all is removed afterwards. */
  const running = (says: string, act: Act, check: (made: Made) => Promise<void>) => promise(says, async () => {
    const made = await make(stage, says.replace(/[^a-z]+/g, '-').slice(0, 40), act)
    try { await check(made) } finally { await runtime.removePodSandbox(made.sandboxId) }
  })

  promise('it says what it is and that it is ready', async () => {
    assert.notEqual((await runtime.version()).name, '')
    assert.deepEqual((await runtime.status()).filter(({ status }) => status).map(({ type }) => type).sort(), ['NetworkReady', 'RuntimeReady'])
  })

  promise('a sandbox is ready with an address, then stopped, then gone', async () => {
    const { pod } = stage.play('sandbox', {})
    const id = await runtime.runPodSandbox(pod)
    const status = await runtime.podSandboxStatus(id)
    assert.equal(status.state, 'ready')
    assert.equal(status.ips.length, 1)
    assert.deepEqual(status.metadata, pod.metadata)
    assert.deepEqual(status.labels, pod.labels)
    assert.deepEqual((await runtime.listPodSandboxes({ state: 'ready', labels: pod.labels! })).map((its) => its.id), [id])
    await runtime.stopPodSandbox(id)
    assert.equal((await runtime.podSandboxStatus(id)).state, 'notReady')
    assert.deepEqual(await runtime.listPodSandboxes({ state: 'ready', id }), [])
    await runtime.removePodSandbox(id)
    await assert.rejects(runtime.podSandboxStatus(id), { reason: 'NotFound' })
    assert.deepEqual(await runtime.listPodSandboxes({ id }), [])
  })

  promise('a second sandbox of the same name and attempt is refused, of the next attempt made', async () => {
    const { pod } = stage.play('twice', {})
    const id = await runtime.runPodSandbox(pod)
    await assert.rejects(runtime.runPodSandbox(pod), { reason: 'AlreadyExists' })
    const next = await runtime.runPodSandbox({ ...pod, metadata: { ...pod.metadata, attempt: 1 } })
    await Promise.all([runtime.removePodSandbox(id), runtime.removePodSandbox(next)])
  })

  promise('what is not there can be stopped and removed, but not asked about', async () => {
    const id = '0'.repeat(64)
    await runtime.stopPodSandbox(id)
    await runtime.removePodSandbox(id)
    await runtime.stopContainer(id, 1)
    await runtime.removeContainer(id)
    await assert.rejects(runtime.podSandboxStatus(id), { reason: 'NotFound' })
    await assert.rejects(runtime.containerStatus(id), { reason: 'NotFound' })
    await assert.rejects(runtime.startContainer(id), { reason: 'NotFound' })
    await assert.rejects(runtime.execSync(id, ['true'], 1), { reason: 'NotFound' })
    await assert.rejects(runtime.containerStats(id), { reason: 'NotFound' })
  })

  promise('a container is created, runs, ends with its code and leaves its log', async () => {
    const { pod, container } = stage.play('life', { runFor: 100, exitCode: 3, log: 'one\ntwo' })
    const sandboxId = await runtime.runPodSandbox(pod)
    const id = await runtime.createContainer(sandboxId, container, pod)
    assert.equal((await runtime.containerStatus(id)).state, 'created')
    await runtime.startContainer(id)
    const started = await runtime.containerStatus(id)
    assert.equal(started.state, 'running')
    assert.ok(started.startedAt >= started.createdAt && started.createdAt > 0)
    const follower = text(runtime.containerLog(id, { follow: true }))
    await ended(stage, id)
    const status = await runtime.containerStatus(id)
    assert.deepEqual([status.state, status.exitCode, status.reason], ['exited', 3, 'Error'])
    assert.ok(status.finishedAt >= status.startedAt)
    assert.equal(await follower, 'one\ntwo\n')
    assert.equal(await text(runtime.containerLog(id, { tailLines: 1 })), 'two\n')
    assert.deepEqual((await runtime.listContainers({ sandboxId })).map((its) => [its.id, its.state, its.metadata.name]), [[id, 'exited', container.metadata.name]])
    await runtime.removePodSandbox(sandboxId)
    await assert.rejects(runtime.containerStatus(id), { reason: 'NotFound' })
  })

  running('a container that is told to stop may end by itself', {}, async ({ id }) => {
    await runtime.stopContainer(id, 30)
    const { state, exitCode, reason } = await runtime.containerStatus(id)
    assert.deepEqual([state, exitCode, reason], ['exited', 0, 'Completed'])
    await runtime.stopContainer(id, 30)
    await runtime.removeContainer(id)
    await assert.rejects(runtime.containerStatus(id), { reason: 'NotFound' })
  })

  running('a container without grace is killed', {}, async ({ id }) => {
    await runtime.stopContainer(id, 0)
    assert.equal((await runtime.containerStatus(id)).exitCode, 137)
  })

  running('stopping the sandbox ends its containers, and none can be made in it', {}, async ({ id, sandboxId, container, pod }) => {
    await runtime.stopPodSandbox(sandboxId)
    assert.equal((await runtime.containerStatus(id)).state, 'exited')
    await assert.rejects(runtime.createContainer(sandboxId, { ...container, metadata: { ...container.metadata, attempt: 1 } }, pod), (error) => isRuntimeError(error))
  })

  running('a name is free for the next attempt only', {}, async ({ sandboxId, container, pod }) => {
    await assert.rejects(runtime.createContainer(sandboxId, container, pod), { reason: 'AlreadyExists' })
    await runtime.createContainer(sandboxId, { ...container, metadata: { ...container.metadata, attempt: 1 } }, pod)
  })

  promise('a container whose command cannot start is ended with 128 and says why', async () => {
    const { pod, container } = stage.play('broken', { broken: true })
    const sandboxId = await runtime.runPodSandbox(pod)
    const id = await runtime.createContainer(sandboxId, container, pod)
    await assert.rejects(runtime.startContainer(id), (error) => isRuntimeError(error))
    const status = await runtime.containerStatus(id)
    assert.deepEqual([status.state, status.exitCode, status.reason], ['exited', 128, 'StartError'])
    assert.notEqual(status.message, '')
    await runtime.removePodSandbox(sandboxId)
  })

  promise('an image that is not there makes no container', async () => {
    const { pod, container } = stage.play('imageless', {})
    assert.equal(await runtime.imageStatus('localhost/absent:1'), undefined)
    const sandboxId = await runtime.runPodSandbox(pod)
    await assert.rejects(runtime.createContainer(sandboxId, { ...container, image: 'localhost/absent:1' }, pod), { reason: 'NotFound' })
    await runtime.removePodSandbox(sandboxId)
  })

  promise('an image is known by its name and its id', async () => {
    const image = await runtime.imageStatus(stage.image)
    assert.ok(image && /^sha256:[0-9a-f]{64}$/.test(image.id) && image.size > 0)
    assert.deepEqual(image.repoTags, [stage.image])
    assert.equal((await runtime.imageStatus(image.id))?.id, image.id)
    assert.ok((await runtime.listImages()).some(({ id }) => id === image.id))
    await runtime.removeImage('localhost/absent:1')
  })

  promise('a container names its image as it was pulled, whatever it was made from', async () => {
    const image = await runtime.imageStatus(stage.image)
    const { pod, container } = stage.play('named-image', {})
    const sandboxId = await runtime.runPodSandbox(pod)
    const id = await runtime.createContainer(sandboxId, { ...container, image: image?.id ?? '' }, pod)
    assert.equal((await runtime.containerStatus(id)).image, stage.image)
    await runtime.removePodSandbox(sandboxId)
  })

  running('a command gives its output and its code, at once or as a session', { execOutput: 'answer', execExitCode: 5 }, async ({ id, execCommand }) => {
    const { exitCode, stdout, stderr } = await runtime.execSync(id, execCommand, 10)
    assert.deepEqual(stderr, new Uint8Array())
    assert.deepEqual([exitCode, new TextDecoder().decode(stdout)], [5, 'answer'])
    const session = await runtime.exec(id, { command: execCommand, stdin: false, stdout: true, stderr: true, tty: false })
    assert.equal(await text(session.stdout!), 'answer')
    const end = await session.finished
    assert.equal('exitCode' in end && end.exitCode, 5)
  })

  running('no command runs in a container that has ended', {}, async ({ id }) => {
    await runtime.stopContainer(id, 0)
    await assert.rejects(runtime.execSync(id, ['true'], 1), (error) => isRuntimeError(error))
  })

  running('limits can be changed while it runs', {}, async ({ id }) => {
    await runtime.updateContainerResources(id, { cpuShares: 512, memoryLimitInBytes: 64 << 20 })
    const { resources } = await runtime.containerStatus(id)
    assert.deepEqual([resources?.cpuShares, resources?.memoryLimitInBytes], [512, 64 << 20])
  })

  running('it counts what a container uses', {}, async ({ id, sandboxId, pod }) => {
    const stats = await runtime.containerStats(id)
    assert.ok(stats.id === id && stats.at > 0 && stats.cpuNanoseconds >= 0)
    assert.deepEqual((await runtime.listContainerStats({ sandboxId })).map((its) => its.id), [id])
    const of = await runtime.podSandboxStats(sandboxId)
    assert.deepEqual([of.metadata, of.containers.map((its) => its.id)], [pod.metadata, [id]])
  })

  promise('every change is told once, in order, and its state can be read by then', async () => {
    const told: string[] = []
    const wrong: string[] = []
    const { pod, container } = stage.play('told', { runFor: 50, exitCode: 1 })
    const checks: Promise<void>[] = []
    const stop = runtime.events((event) => {
      if (!('podUid' in event) || event.podUid !== pod.metadata.uid) return
      told.push(event.type)
      checks.push(agrees(runtime, event).then((so) => { if (!so) wrong.push(event.type) }))
    })
    const sandboxId = await runtime.runPodSandbox(pod)
    const id = await runtime.createContainer(sandboxId, container, pod)
    await stage.until(() => told.includes('containerCreated'))
    await runtime.startContainer(id)
    await stage.until(() => told.includes('containerExited'))
    await Promise.all(checks)
    await runtime.stopPodSandbox(sandboxId)
    await stage.until(() => told.includes('sandboxExited'))
    await runtime.removePodSandbox(sandboxId)
    await stage.until(() => told.includes('sandboxDeleted'))
    stop()
    assert.deepEqual(told.filter((type) => type.startsWith('container')), ['containerCreated', 'containerStarted', 'containerExited', 'containerDeleted'])
    assert.deepEqual(told.filter((type) => type.startsWith('sandbox')), ['sandboxStarted', 'sandboxExited', 'sandboxDeleted'])
    assert.deepEqual(wrong, [])
  })

  running('who listens later hears first what there is', {}, async ({ id, sandboxId }) => {
    for (let i = 0; i < 2; i++) {
      const told: RuntimeEvent[] = []
      const stop = runtime.events((event) => told.push(event))
      await stage.until(() => told.some(({ type }) => type === 'synced'))
      const before = told.slice(0, told.findIndex(({ type }) => type === 'synced'))
      assert.ok(before.some((event) => event.type === 'sandboxStarted' && event.sandboxId === sandboxId))
      assert.ok(before.some((event) => 'containerId' in event && event.containerId === id))
      await stage.until(() => told.some((event) => event.type === 'containerStarted' && event.containerId === id && event.status?.state === 'running'))
      stop()
    }
  })

  promise('a call that is cancelled before it begins does nothing', async () => {
    const { pod } = stage.play('cancelled', {})
    await assert.rejects(runtime.runPodSandbox(pod, { signal: AbortSignal.abort() }), { reason: 'Cancelled' })
    assert.deepEqual((await runtime.listPodSandboxes({ labels: pod.labels! })), [])
  })
}

interface Made { id: string; sandboxId: string; pod: PodSandboxConfig; container: ContainerConfig; execCommand: readonly string[] }

async function make(stage: Stage, name: string, act: Act): Promise<Made> {
  const { pod, container, execCommand } = stage.play(name, act)
  const sandboxId = await stage.runtime.runPodSandbox(pod)
  const id = await stage.runtime.createContainer(sandboxId, container, pod)
  await stage.runtime.startContainer(id)
  return { id, sandboxId, pod, container, execCommand }
}

async function ended(stage: Stage, id: string): Promise<void> {
  let over = false
  const stop = stage.runtime.events((event) => { if (event.type === 'containerExited' && event.containerId === id) over = true })
  try { await stage.until(() => over) } finally { stop() }
}

/** Whether the runtime's status already shows what an event told. */
async function agrees(runtime: Runtime, event: RuntimeEvent): Promise<boolean> {
  if (event.type === 'containerExited') return (await runtime.containerStatus(event.containerId)).state === 'exited' && event.status?.exitCode === 1
  if (event.type === 'containerDeleted') return (await runtime.listContainers({ id: event.containerId })).length === 0
  if (event.type === 'sandboxExited') return (await runtime.podSandboxStatus(event.sandboxId)).state === 'notReady'
  return true
}
