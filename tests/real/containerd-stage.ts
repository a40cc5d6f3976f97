import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Containerd, type ContainerdOptions, missingPrograms, startContainerd } from '../../src/node/runtime/containerd.ts'
import type { ContainerConfig, PodSandboxConfig, Runtime } from '../../src/node/runtime/runtime.ts'
import { busyboxImage, imageTar } from './image.ts'

/** Why real containers cannot run here; '' when they can. */
export async function obstacle(): Promise<string> {
  if (process.platform !== 'linux') return 'not Linux'
  if (process.getuid?.() !== 0) return 'not root'
  const missing = await missingPrograms()
  return missing.length > 0 ? `missing: ${missing.join(', ')}` : ''
}

export const busybox = 'localhost/busybox:1'
let count = 0

/** A containerd of its own for tests, with a pod network, everything private to it and taken away by `close`. */
export class ContainerdStage {
  readonly #number = count++
  readonly name = `nrt${process.pid % 10_000}x${this.#number}`
  readonly directory = mkdtempSync(join(tmpdir(), 'proa-noderuntime-'))
  readonly runDirectory = `/run/proa-${this.name}`
  readonly cgroup = `/proa-${this.name}`
  #containerd: Containerd | undefined
  #pods = 0

  get runtime(): Runtime { return this.containerd.runtime }
  get containerd(): Containerd {
    if (this.#containerd === undefined) throw new Error('containerd was not started')
    return this.#containerd
  }

  async start(more: Partial<ContainerdOptions> = {}): Promise<Containerd> {
    const cni = join(this.directory, 'cni')
    mkdirSync(cni, { recursive: true })
    writeFileSync(join(cni, '10-pods.conflist'), JSON.stringify({
      cniVersion: '0.4.0', name: this.name,
      plugins: [{
        type: 'bridge', bridge: this.name, isGateway: true, ipMasq: false, hairpinMode: true,
        ipam: { type: 'host-local', dataDir: join(this.directory, 'ipam'), ranges: [[{ subnet: `10.${200 + this.#number % 50}.${process.pid % 256}.0/24` }]] },
      }],
    }))
    this.#containerd = await startContainerd({ directory: this.directory, runDirectory: this.runDirectory, cniConfigDirectory: cni, ...more })
    if (await this.runtime.imageStatus(busybox) === undefined) await this.runtime.importImages(imageTar(await busyboxImage([busybox])))
    return this.#containerd
  }

  pod(name: string, more: Partial<PodSandboxConfig> = {}): PodSandboxConfig {
    const uid = `${name}-${this.#pods++}`
    return {
      metadata: { name, namespace: 'default', uid, attempt: 0 }, hostname: name, logDirectory: join(this.directory, 'logs', uid),
      labels: { app: uid, 'io.kubernetes.pod.uid': uid }, cgroupParent: `${this.cgroup}/pod${uid}`, ...more,
    }
  }

  /** A container of the busybox image that runs a shell script. */
  script(script: string, more: Partial<ContainerConfig> = {}): ContainerConfig {
    return { metadata: { name: 'main', attempt: 0 }, image: busybox, command: ['sh', '-c', script], logPath: 'main/0.log', labels: { 'io.kubernetes.pod.uid': '' }, ...more }
  }

  /** Runs a pod of one container, gives it to `check`, and removes it. */
  async withContainer(script: string, check: (id: string, sandboxId: string, pod: PodSandboxConfig) => Promise<void>,
    more: { pod?: Partial<PodSandboxConfig>; container?: Partial<ContainerConfig> } = {}): Promise<void> {
    const pod = this.pod('test', more.pod)
    const sandboxId = await this.runtime.runPodSandbox(pod)
    try {
      const id = await this.runtime.createContainer(sandboxId, this.script(script, more.container), pod)
      await this.runtime.startContainer(id)
      await check(id, sandboxId, pod)
    } finally {
      await this.runtime.removePodSandbox(sandboxId)
    }
  }

  /** Ends everything and removes every trace, also after a failure. */
  async close(): Promise<void> {
    try {
      await this.#containerd?.stopEverything()
    } finally {
      this.#killLeftovers()
      for (const path of mountsBelow([this.directory, this.runDirectory])) execFileSync('umount', ['--lazy', path])
      if (existsSync(`/sys/class/net/${this.name}`)) execFileSync('ip', ['link', 'delete', this.name])
      removeCgroups(this.cgroup)
      rmSync(this.directory, { recursive: true, force: true })
      rmSync(this.runDirectory, { recursive: true, force: true })
    }
  }

  #killLeftovers(): void {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      let words: string[]
      try { words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') } catch { continue }
      if (words.some((word) => word.startsWith(`${this.runDirectory}/`) || word.startsWith(`${this.directory}/`))) process.kill(Number(pid), 'SIGKILL')
    }
  }
}

const mountsBelow = (folders: readonly string[]): string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ')[4] ?? '').filter((path) => folders.some((folder) => path.startsWith(folder))).reverse()

/** Removes a cgroup with all below it from every hierarchy. */
export function removeCgroups(name: string): void {
  const remove = (path: string): void => {
    if (!existsSync(path)) return
    for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) remove(join(path, entry.name))
    try { rmdirSync(path) } catch { /* a process of it is just ending */ }
  }
  for (const hierarchy of readdirSync('/sys/fs/cgroup')) remove(join('/sys/fs/cgroup', hierarchy, name))
  remove(join('/sys/fs/cgroup', name))
}
