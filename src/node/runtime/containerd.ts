import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access, mkdir, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { type Log, silent } from '#machinery'
import { containerdToml } from './containerd-config.ts'
import { connectRuntime } from './cri.ts'
import { RuntimeError } from './errors.ts'
import { machineNamespaces, mountPoints, type NodeNamespaces, unmount } from './node-namespaces.ts'
import { writeOciImage } from './oci-image.ts'
import { pauseImage, pauseImageName } from './pause-image.ts'
import { endProcess, identify, type ProcessIdentity, readPidFile, removePidFile, writePidFile } from './process-identity.ts'
import type { Runtime } from './runtime.ts'

export interface ContainerdOptions {
  /** The node's own folder for images, containers and logs; survives a reboot. */
  readonly directory: string
  /** A short path for sockets and what runs, such as /run/proa/<cluster>/<node>; at most 80 characters. */
  readonly runDirectory: string
  readonly cniConfigDirectory: string
  readonly cniBinaryDirectory?: string
  /** Folders <host>/hosts.toml that say how to reach registries. */
  readonly registryDirectory?: string
  readonly namespaces?: NodeNamespaces
  readonly handlers?: Readonly<Record<string, string>>
  readonly log?: Log
}

/** A node's own containerd, which goes on without us. */
export interface Containerd {
  readonly runtime: Runtime
  readonly socket: string
  readonly process: ProcessIdentity
  /** Whether it was running already. */
  readonly adopted: boolean
  /** Ends it; containers go on and are found again by the next one. Closes `runtime`. */
  stop(): Promise<void>
  /** Ends every pod, then containerd. */
  stopEverything(): Promise<void>
}

const defaultCniBinaries = ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni']
const startPatience = 20_000
const stopPatience = 10_000
const longestSocket = 101   // 108 with the zero, less `.ttrpc`
const longestLog = 16 << 20

/** Where a containerd with these folders listens, notes its process and writes its log. */
export const containerdPaths = ({ directory, runDirectory }: Pick<ContainerdOptions, 'directory' | 'runDirectory'>) => ({
  socket: join(runDirectory, 'containerd.sock'), pidFile: join(runDirectory, 'containerd.pid'),
  state: join(runDirectory, 'containerd'), runcRoot: join(runDirectory, 'oci'),
  root: join(directory, 'containerd'), config: join(directory, 'containerd.toml'), log: join(directory, 'containerd.log'),
})

/** What of the programs that real containers need is missing here; [] when nothing is. */
export async function missingPrograms(): Promise<readonly string[]> {
  const found = await Promise.all(['containerd', 'ctr', 'containerd-shim-runc-v2', 'runc', 'nsenter', 'unshare', 'mount'].map(async (name) => await find(name) ? '' : name))
  const cni = await firstFolder(defaultCniBinaries)
  return [...found.filter((name) => name !== ''), ...(cni === undefined ? ['the CNI plugins'] : [])]
}

/**
 * Starts the node's containerd, or finds the one that still runs, and waits until it answers. The pause image is there
 * afterwards. Rejects with a RuntimeError that ends with containerd's last words when it does not start.
 */
export async function startContainerd(options: ContainerdOptions): Promise<Containerd> {
  const { log = silent } = options
  const paths = containerdPaths(options)
  if (Buffer.byteLength(paths.socket) > longestSocket) {
    throw new RuntimeError('InvalidArgument', `the socket path ${paths.socket} is longer than ${longestSocket} bytes; choose a shorter run directory`)
  }
  const running = await readPidFile(paths.pidFile, paths.config)
  const process = running ?? await launch(options, paths)
  const runtime = await connectRuntime(paths.socket)
  try {
    await ready(runtime, process, paths.log)
    if (await runtime.imageStatus(pauseImageName) === undefined) await importPause(runtime)
  } catch (error) {
    runtime.close()
    if (running === undefined) await endProcess(process, stopPatience)
    throw error
  }
  log.info(running ? 'found containerd running' : 'started containerd', { pid: process.pid, socket: paths.socket })
  const stop = async () => {
    runtime.close()
    if (!await endProcess(process, stopPatience)) throw new RuntimeError('Failed', `containerd (process ${process.pid}) does not end, not even by SIGKILL`)
    await removePidFile(paths.pidFile)
  }
  return {
    runtime, socket: paths.socket, process, adopted: running !== undefined, stop,
    async stopEverything() {
      await removeAllPods(runtime, log)
      await stop()
      // What a pod that could not be removed left mounted must not be emptied with the folder.
      for (const path of (await mountPoints(paths.state)).reverse()) await unmount(path)
      for (const path of [paths.state, paths.runcRoot, paths.socket, `${paths.socket}.ttrpc`]) await rm(path, { recursive: true, force: true })
    },
  }
}

async function launch(options: ContainerdOptions, paths: ReturnType<typeof containerdPaths>): Promise<ProcessIdentity> {
  const { directory, runDirectory, namespaces = machineNamespaces } = options
  const registryDirectory = options.registryDirectory ?? join(directory, 'registries')
  const cniBinaryDirectory = options.cniBinaryDirectory ?? await firstFolder(defaultCniBinaries)
  if (cniBinaryDirectory === undefined) throw new RuntimeError('Unavailable', `no CNI plugins in ${defaultCniBinaries.join(', ')}; install the package containernetworking-plugins`)
  const binary = await find('containerd')
  if (binary === undefined) throw new RuntimeError('Unavailable', 'containerd is not installed; run `proa setup`, or use the simulated runtime')
  for (const folder of [directory, runDirectory, registryDirectory, options.cniConfigDirectory]) await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(paths.config, containerdToml({
    root: paths.root, state: paths.state, socket: paths.socket, runcRoot: paths.runcRoot,
    cniConfigDirectory: options.cniConfigDirectory, cniBinaryDirectory, registryDirectory, restrictOomScore: !await mayLowerOomScore(),
    ...(options.handlers && { handlers: options.handlers }),
  }), { mode: 0o600 })
  await rm(paths.socket, { force: true })
  await stat(paths.log).then(({ size }) => size > longestLog ? truncate(paths.log) : undefined, () => undefined)
  const output = await open(paths.log, 'a', 0o600)
  try {
    const [command, ...args] = [...namespaces.enter, binary, '--config', paths.config]
    const child = spawn(command!, args, { detached: true, stdio: ['ignore', output.fd, output.fd], cwd: '/', env: environment() })
    await new Promise<void>((resolve, reject) => { child.once('spawn', resolve).once('error', reject) })
    child.unref()
    const identity = await identify(child.pid!)
    if (identity === undefined) throw new RuntimeError('Unavailable', `containerd ended at once: ${await lastWords(paths.log)}`)
    await writePidFile(paths.pidFile, identity)
    return identity
  } finally {
    await output.close()
  }
}

/** Waits until containerd answers CRI calls; its socket is there a moment earlier. */
async function ready(runtime: Runtime, process: ProcessIdentity, log: string): Promise<void> {
  const until = performance.now() + startPatience
  for (let wait = 5; ; wait = Math.min(wait * 2, 100)) {
    try {
      await runtime.version({ timeoutMs: 2_000 })
      return
    } catch (error) {
      if (await identify(process.pid) === undefined) throw new RuntimeError('Unavailable', `containerd ended while it started: ${await lastWords(log)}`, error)
      if (performance.now() > until) throw new RuntimeError('Unavailable', `containerd did not answer within ${startPatience / 1000} s: ${await lastWords(log)}`, error)
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
}

async function importPause(runtime: Runtime): Promise<void> {
  const tar = new PassThrough()
  await Promise.all([runtime.importImages(tar), writeOciImage(pauseImage(), tar)])
}

/** Stops and removes all pods, a few at a time; reports what could not be removed and goes on. */
async function removeAllPods(runtime: Runtime, log: Log): Promise<void> {
  const waiting = [...await runtime.listPodSandboxes()]
  const worker = async () => {
    for (let pod = waiting.pop(); pod; pod = waiting.pop()) {
      try {
        await runtime.stopPodSandbox(pod.id)
        await runtime.removePodSandbox(pod.id)
      } catch (error) {
        log.error('a pod could not be removed', { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, error: (error as Error).message })
      }
    }
  }
  await Promise.all(Array.from({ length: 4 }, worker))
}

/** What containerd may know of our environment: where programs are and how to reach registries. */
function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'SSL_CERT_FILE', 'SSL_CERT_DIR']
  const env: NodeJS.ProcessEnv = {}
  for (const name of kept) if (process.env[name] !== undefined) env[name] = process.env[name]
  // runc and the shims are often only on an administrator's path.
  env['PATH'] = [...new Set([...(env['PATH'] ?? '').split(delimiter), ...systemPath])].filter((part) => part !== '').join(delimiter)
  return env
}
const systemPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

async function find(program: string): Promise<string | undefined> {
  for (const folder of environment()['PATH']!.split(delimiter)) {
    const path = join(folder, program)
    try { await access(path, constants.X_OK); return path } catch { /* not in this one */ }
  }
  return undefined
}

async function firstFolder(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) try { await access(join(folder, 'bridge'), constants.X_OK); return folder } catch { /* not this one */ }
  return undefined
}

/** Whether processes here may lower their oom_score_adj: capability 24, SYS_RESOURCE, in the bounding set. */
async function mayLowerOomScore(): Promise<boolean> {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return (BigInt(`0x${bounding}`) >> 24n & 1n) === 1n
}

async function lastWords(log: string): Promise<string> {
  try {
    const lines = (await readFile(log, 'utf8')).trimEnd().split('\n')
    const telling = lines.filter((line) => /level=(error|fatal)|^containerd:|^nsenter:/.test(line))
    return (telling.length > 0 ? telling : lines).slice(-3).join('; ')
  } catch {
    return 'it left no log'
  }
}
