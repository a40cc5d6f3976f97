// Taking away what a node left on the machine.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { mountPoints } from './runtime/node-namespaces.ts'

const run = promisify(execFile)
const unmountMs = 10_000

/** Unmounts everything at and below a folder, inner mounts first. */
export async function unmountBelow(directory: string): Promise<void> {
  for (const path of (await mountPoints(directory)).toReversed()) await run('umount', ['--lazy', path], { timeout: unmountMs }).catch(() => {}) // another of them may have taken it along
}

/** Removes a cgroup and all below it in every hierarchy; processes in it keep it, and then it stays. */
export async function removeCgroup(name: string): Promise<void> {
  for (const hierarchy of cgroupMounts()) removeTree(join(hierarchy, name))
}

function cgroupMounts(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => / - cgroup2? /.test(line)).map((line) => line.split(' ')[4]!)
}
function removeTree(path: string): void {
  let children: string[]
  try { children = readdirSync(path, { withFileTypes: true }).filter((e) => e.isDirectory()).map((e) => e.name) } catch { return }
  for (const child of children) removeTree(join(path, child))
  try { rmdirSync(path) } catch { /* a process is still in it */ }
}
