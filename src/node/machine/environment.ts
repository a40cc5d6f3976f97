// What pods' containers need from this machine: folders, cgroups, volumes, files, variables, hooks and probes.
import { statfsSync } from 'node:fs'
import { readdir, rm, rmdir } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import type { Client, Informer } from '#client'
import type { ConfigMap, Pod, Secret, Service } from '#kinds'
import type { Clock, Log, Random } from '#machinery'
import { SetUpError, type PodEnvironment } from '../pods/environment.ts'
import { isRuntimeError, type Runtime } from '../runtime/runtime.ts'
import { PodCgroups } from './cgroups.ts'
import { containerConfig } from './container-config.ts'
import type { ClusterDns } from './dns.ts'
import { createHandlers } from './handlers.ts'
import { endOfLog, makePodLogs, podsWithLogs, readTerminationMessage, removePodLogs } from './logs.ts'
import { PodFolders, type MachineFolders } from './pod-folders.ts'
import { registryAuths } from './registry-auths.ts'
import { sandboxConfig } from './sandbox-config.ts'
import { serviceEnv } from './service-env.ts'
import { createVolumes } from './volumes/index.ts'

export interface PodEnvironmentOptions {
  readonly client: Client
  readonly nodeName: string
  readonly hostIPs: readonly string[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly runtime: Runtime
  /** Such as /kubepods-node1: everything of the node's pods is below it. */
  readonly cgroupRoot: string
  readonly dirs: MachineFolders
  /** Where volumes are that are directories of this node; absent: it makes none. */
  readonly localDirectories?: string
  readonly dns: ClusterDns
  /** All services of the cluster. */
  readonly services: Informer<Service>
}

/** `stop` ends its watches and timers; what it made for pods stays. */
export function createPodEnvironment(options: PodEnvironmentOptions): PodEnvironment & { stop(): void } {
  const { client, nodeName, hostIPs, clock, random, log, runtime, cgroupRoot, dirs, dns, services } = options
  const cgroups = new PodCgroups({ root: cgroupRoot, clock, log })
  const volumes = createVolumes({ client, nodeName, clock, random, log, podsDir: dirs.pods, hostIPs, ...(options.localDirectories !== undefined && { localDirectories: options.localDirectories }) })
  const handlers = createHandlers({ runtime })
  const secretOf = async (pod: Pod, name: string) => await volumes.object('secret', pod.metadata.namespace ?? '', name) as Secret | undefined

  return {
    ...handlers,
    async setUp(pod) {
      await makePodLogs(dirs, pod)
      try { await cgroups.setUp(pod) } catch (error) {
        throw new SetUpError('FailedCreatePodContainer', `unable to ensure pod container exists: failed to create container for ${JSON.stringify(pod.metadata.uid)}: ${textOf(error)}`, error)
      }
      await volumes.setUp(pod)
    },

    sandboxConfig: (pod, attempt) => sandboxConfig(pod, attempt, { dns, dirs, cgroupRoot }),

    async containerConfig(pod, container, context) {
      await services.synced()
      const { namespace = '' } = pod.metadata
      return await containerConfig(pod, container, context, {
        dirs, clusterDomain: dns.domain, mounts: (variables) => volumes.mounts(pod, container, variables), devices: volumes.devices(pod),
        env: {
          configMap: async (name) => await volumes.object('configmap', namespace, name) as ConfigMap | undefined, secret: (name) => secretOf(pod, name),
          place: { nodeName, hostIPs, podIPs: context.podIPs }, services: serviceEnv(services.list(), namespace, pod.spec.enableServiceLinks !== false), allocatable: machineResources(dirs.pods),
        },
      })
    },

    async registryAuths(pod, image) {
      const secrets = await Promise.all((pod.spec.imagePullSecrets ?? []).map(({ name }) => (name ? secretOf(pod, name) : undefined)))
      return registryAuths(secrets.filter((s) => s !== undefined), image)
    },

    async terminationMessage(pod, container, containerId, failed) {
      const attempt = await attemptOf(runtime, containerId)
      if (attempt === undefined) return ''
      const left = await readTerminationMessage(new PodFolders(dirs, pod.metadata.uid).terminationLog(container.name, attempt))
      return left || !failed || container.terminationMessagePolicy !== 'FallbackToLogsOnError' ? left : await endOfLog(runtime, containerId)
    },

    onChange: (changed) => { volumes.onChange(changed) },

    /** Logs and last words stay as long as the runtime keeps the pod's sandboxes: an ended pod may still be asked for them. */
    async tearDown(uid) {
      await volumes.tearDown(uid)
      const kept = (await runtime.listPodSandboxes({ labels: { 'io.kubernetes.pod.uid': uid } })).length > 0
      if (!await cgroups.remove(uid)) log.warn('a cgroup of a pod could not be removed: processes are still in it', { uid })
      if (kept) return
      await removeFiles(new PodFolders(dirs, uid))
      await removePodLogs(dirs, uid)
    },

    async present() {
      const folders = (await readdir(dirs.pods).catch(() => [])).filter((name) => !name.startsWith('.'))
      return [...new Set([...folders, ...await volumes.present(), ...await podsWithLogs(dirs), ...cgroups.present()])]
    },

    stop: () => { volumes.stop() },
  }
}

/** Only what was written here: volumes are never removed by walking through them. */
async function removeFiles({ root, hosts, containers }: PodFolders): Promise<void> {
  await rm(hosts, { force: true })
  await rm(containers, { recursive: true, force: true })
  await rmdir(root).catch(() => {}) // volumes that could not be unmounted keep it; the next look tries again
}

async function attemptOf(runtime: Runtime, id: string): Promise<number | undefined> {
  try { return (await runtime.containerStatus(id)).metadata.attempt } catch (error) {
    if (isRuntimeError(error, 'NotFound')) return undefined
    throw error
  }
}

function machineResources(folder: string): Record<string, string> {
  let disk = '0'
  try { const { blocks, bsize } = statfsSync(folder); disk = String(Math.floor(blocks * bsize * 0.9)) } catch { /* told as 0 until the folder is there */ }
  return { cpu: String(cpus().length), memory: String(totalmem()), 'ephemeral-storage': disk }
}
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
