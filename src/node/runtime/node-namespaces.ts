import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const patience = { timeout: 10_000 }

/** The namespaces that a node's containerd, agent and host-network pods live in. */
export interface NodeNamespaces {
  /** What stands before a command to run it inside; [] when the node lives in the machine's own namespaces. */
  readonly enter: readonly string[]
}

/** A node in the machine's own namespaces. */
export const machineNamespaces: NodeNamespaces = { enter: [] }

export interface NodeNamespacesOptions {
  /** Private to the node, on a file system that is there at run time, such as below /run. */
  readonly directory: string
  /** What the node and its host-network pods see as their host name. */
  readonly hostname: string
  /** Path of a network namespace, such as /run/netns/node1; absent is the machine's. */
  readonly networkNamespace?: string
}

/**
 * Makes, or finds again, a mount and a host name namespace that live as long as their files in `directory` stay mounted:
 * volumes mounted by the agent never show on the machine and vanish with the node, while containerd can be killed and
 * started again in the same place. Inside, every mount is shared, as mount propagation needs; the machine's later mounts
 * and unmounts still reach inside. (`ip netns exec` would remount /sys without its cgroups, so it is not used.)
 */
export async function openNodeNamespaces({ directory, hostname, networkNamespace }: NodeNamespacesOptions): Promise<NodeNamespaces> {
  const [mount, uts] = [join(directory, 'mnt'), join(directory, 'uts')]
  const mounted = await mountPoints(directory)
  if (!mounted.includes(mount) || !mounted.includes(uts)) {
    await closeNodeNamespaces(directory)
    await mkdir(directory, { recursive: true, mode: 0o700 })
    // A mount namespace's file may only lie on a private mount.
    await run('mount', ['--bind', directory, directory], patience)
    await run('mount', ['--make-private', directory], patience)
    await Promise.all([writeFile(mount, ''), writeFile(uts, '')])
    await run('unshare', [
      `--mount=${mount}`, `--uts=${uts}`, '--propagation', 'slave',
      'sh', '-c', 'mount --make-rshared / && printf %s "$1" > /proc/sys/kernel/hostname', 'sh', hostname,
    ], patience)
  }
  return { enter: ['nsenter', `--mount=${mount}`, `--uts=${uts}`, ...(networkNamespace === undefined ? [] : [`--net=${networkNamespace}`])] }
}

/** Lets go of them; they end with their last process. Without effect when there are none. */
export async function closeNodeNamespaces(directory: string): Promise<void> {
  for (const path of (await mountPoints(directory)).reverse()) await unmount(path)
  await rm(directory, { recursive: true, force: true })
}

/** The mount points at and below a folder as this process sees them, outer ones first. */
export async function mountPoints(directory: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8')
  return table.split('\n').map((line) => (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))))
    .filter((path) => path === directory || path.startsWith(`${directory}/`))
}

/** Takes a mount away, at once for new users and for the others when they are done with it. */
export async function unmount(path: string): Promise<void> { await run('umount', ['--lazy', path], patience) }
