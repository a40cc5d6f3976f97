// What this machine is: read from /proc and /etc.
import { readdirSync, readFileSync, statfsSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { formatQuantity, quantityOf } from '#machinery'
import type { Runtime } from '../runtime/runtime.ts'
import type { NodeDescription } from '../node-status.ts'

/** The Kubernetes version that Proa is. */
export const kubeletVersion = 'v1.36.2'
export const podsPerNode = 110
/** The machine's architecture as Kubernetes names it. */
export const goArchitecture = process.arch === 'x64' ? 'amd64' : process.arch

/** Describes a node that lives on this machine. */
export async function describeMachine({ name, addresses, agentPort, podCidr, leaseSeconds, runtime }: { name: string; addresses: readonly string[]; agentPort: number; podCidr: string; leaseSeconds: number; runtime: Runtime }): Promise<NodeDescription> {
  const version = await runtime.version(), disk = statfsSync('/')
  const capacity = { cpu: String(cpus().length), memory: `${Math.floor(totalmem() / 1024)}Ki`, 'ephemeral-storage': `${Math.floor((disk.blocks * disk.bsize) / 1024)}Ki`, ...hugePages(), pods: String(podsPerNode) }
  // The reference keeps a tenth of the disk and 100 MiB of memory back for evictions.
  const allocatable = { ...capacity, 'ephemeral-storage': String(Math.floor(disk.blocks * disk.bsize * 0.9)), memory: `${Math.floor(totalmem() / 1024) - 100 * 1024}Ki` }
  return {
    name, addresses, labels: {}, capacity, allocatable, agentPort, podCidr, leaseSeconds,
    nodeInfo: {
      machineID: line('/etc/machine-id'), systemUUID: line('/sys/class/dmi/id/product_uuid') || line('/etc/machine-id'), bootID: line('/proc/sys/kernel/random/boot_id'),
      kernelVersion: release(), osImage: osImage(line('/etc/os-release', true)), containerRuntimeVersion: `${version.name}://${version.version}`,
      kubeletVersion, kubeProxyVersion: '', operatingSystem: 'linux', architecture: goArchitecture,
    },
  }
}

/** Reserved huge pages by size, none where the kernel has none: hugepages-2Mi and the like. */
function hugePages(folder = '/sys/kernel/mm/hugepages'): Record<string, string> {
  let names: string[]
  try { names = readdirSync(folder) } catch { return {} }
  return Object.fromEntries(names.map((name) => hugePageResource(name, Number(line(`${folder}/${name}/nr_hugepages`)))).filter((entry) => entry !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)))
}
/** Such as ['hugepages-2Mi', '4Mi'] for two of hugepages-2048kB. */
export function hugePageResource(name: string, count: number): readonly [name: string, amount: string] | undefined {
  const kib = Number(/^hugepages-(\d+)kB$/.exec(name)?.[1] ?? Number.NaN)
  if (!Number.isInteger(kib) || !Number.isInteger(count)) return undefined
  const bytes = (n: number): string => formatQuantity(quantityOf(n * 1024, 'BinarySI'))
  return [`hugepages-${bytes(kib)}`, bytes(kib * count)]
}

/** PRETTY_NAME of an os-release file (os-release(5)). */
export const osImage = (text: string): string => /^PRETTY_NAME=(["']?)(.*)\1\s*$/m.exec(text)?.[2] ?? 'Linux'

function line(path: string, whole = false): string {
  try { const text = readFileSync(path, 'utf8'); return whole ? text : text.split('\n')[0]!.trim() } catch { return '' }
}
