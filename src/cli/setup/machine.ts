// What this machine has of what real nodes need.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** One Debian package and how to see that what it brings is there, from whatever source. */
export interface Requirement {
  readonly name: string
  readonly package: string
  readonly programs?: readonly string[]
  /** One of these files. */
  readonly files?: readonly string[]
}

export const requirements: readonly Requirement[] = [
  { name: 'containerd', package: 'containerd', programs: ['containerd'] },
  { name: 'runc', package: 'runc', programs: ['runc'] },
  { name: 'CNI plugins', package: 'containernetworking-plugins', files: ['/usr/lib/cni/bridge', '/opt/cni/bin/bridge'] },
  { name: 'nft', package: 'nftables', programs: ['nft'] },
  { name: 'ip', package: 'iproute2', programs: ['ip'] },
  { name: 'conntrack', package: 'conntrack', programs: ['conntrack'] },
  { name: 'busybox (static)', package: 'busybox-static', programs: ['busybox'] },
]

export interface Machine {
  readonly linux: boolean
  readonly root: boolean
  /** Debian or a descendant that has apt-get. */
  readonly debian: boolean
  /** What real nodes need and this machine lacks. */
  readonly missing: readonly Requirement[]
}

/** Looks; starts no program. */
export function inspectMachine(): Machine {
  const linux = process.platform === 'linux'
  return {
    linux, root: process.getuid?.() === 0,
    debian: linux && existsSync('/etc/debian_version') && findProgram('apt-get') !== undefined,
    missing: linux ? requirements.filter((requirement) => !isThere(requirement)) : requirements,
  }
}

const isThere = ({ programs = [], files }: Requirement): boolean =>
  programs.every((program) => findProgram(program) !== undefined) && (!files || files.some((file) => existsSync(file)))

/** The path of a program: on the PATH, or where system programs lie (a user's PATH often lacks sbin). */
export function findProgram(name: string, path = process.env['PATH'] ?? ''): string | undefined {
  for (const dir of new Set([...path.split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'])) {
    if (dir === '') continue
    const file = join(dir, name)
    try { accessSync(file, constants.X_OK); return file } catch { /* the next one */ }
  }
  return undefined
}

/** `trixie` and the like; undefined where there is no /etc/os-release that says so. */
export function debianCodename(text = readOsRelease()): string | undefined {
  return /^VERSION_CODENAME=["']?([a-z0-9-]+)/m.exec(text)?.[1]
}

function readOsRelease(): string {
  try { return readFileSync('/etc/os-release', 'utf8') } catch { return '' }
}

/** Why real nodes cannot run here and what to do about it; undefined when they can. */
export function whyNoContainers(machine: Machine): string | undefined {
  if (!machine.linux) return `real containers need Linux, and this is ${process.platform}`
  const missing = machine.missing.map(({ name }) => name).join(', ')
  if (!machine.root) return missing ? `not root, and missing: ${missing}; run ./proa setup and ./proa up as root` : 'not root; run ./proa up as root'
  return missing ? `missing: ${missing}; run ./proa setup` : undefined
}
