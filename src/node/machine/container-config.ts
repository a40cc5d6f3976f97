// What a container is asked to be.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import type { Container, Pod } from '#kinds'
import type { AnyContainer, ContainerContext } from '../pods/environment.ts'
import type { ContainerConfig, Mount } from '../runtime/runtime.ts'
import { containerEnv, type EnvSources } from './env.ts'
import { expand } from './expand.ts'
import { hostsFile } from './hosts.ts'
import { containerLogPath, makeContainerLogs } from './logs.ts'
import { PodFolders, type MachineFolders } from './pod-folders.ts'
import { containerResources } from './resources.ts'
import { podLabels } from './sandbox-config.ts'
import { containerSecurity } from './security.ts'

export interface ContainerParts {
  readonly dirs: MachineFolders
  readonly clusterDomain: string
  readonly env: EnvSources
  /** Of the container's volumes; its variables may be part of their paths. */
  readonly mounts: (variables: ReadonlyMap<string, string>) => Promise<readonly Mount[]>
  /** Raw devices of the pod's volumes, by volume. */
  readonly devices: ReadonlyMap<string, string>
}

/** Writes the files that the container gets beside its volumes, too. Rejects with SetUpError('CreateContainerConfigError', ...). */
export async function containerConfig(pod: Pod, container: AnyContainer, context: ContainerContext, { dirs, clusterDomain, env, mounts: mountsOf, devices: deviceOf }: ContainerParts): Promise<ContainerConfig> {
  const { attempt, image } = context, folders = new PodFolders(dirs, pod.metadata.uid)
  const security = containerSecurity(pod, container, context, join(dirname(dirs.pods), 'seccomp'))
  const variables = await containerEnv(pod, container, env), lookup = (name: string) => variables.get(name)
  const mounts = await mountsOf(variables)
  const devices = (container.volumeDevices ?? []).flatMap(({ name, devicePath }) => (deviceOf.has(name) ? [{ containerPath: devicePath, hostPath: deviceOf.get(name)!, permissions: 'mrw' }] : []))
  await makeContainerLogs(dirs, pod, container.name)
  const files: Mount[] = []
  if (context.podIPs.length > 0 && !mounts.some((m) => m.containerPath === '/etc/hosts')) files.push(await hostsMount(pod, context.podIPs, clusterDomain, folders))
  if (container.terminationMessagePath) files.push(await terminationMount(container.terminationMessagePath, folders.terminationLog(container.name, attempt)))
  const { stopSignal } = (container as Container).lifecycle ?? {}
  return {
    metadata: { name: container.name, attempt }, image: image.id,
    command: (container.command ?? []).map((word) => expand(word, lookup)), args: (container.args ?? []).map((word) => expand(word, lookup)),
    ...(container.workingDir && { workingDir: container.workingDir }),
    envs: [...variables].map(([key, value]) => ({ key, value })),
    mounts: [...mounts, ...files], devices,
    labels: { ...podLabels(pod), 'io.kubernetes.container.name': container.name },
    annotations: { 'io.kubernetes.container.restartCount': String(attempt), 'io.kubernetes.container.terminationMessagePath': container.terminationMessagePath ?? '' },
    logPath: containerLogPath(container.name, attempt),
    stdin: container.stdin ?? false, stdinOnce: container.stdinOnce ?? false, tty: container.tty ?? false,
    ...(stopSignal && { stopSignal }),
    resources: containerResources(pod, container, totalmem()), security,
  }
}

async function hostsMount(pod: Pod, podIPs: readonly string[], clusterDomain: string, { root, hosts }: PodFolders): Promise<Mount> {
  const machine = pod.spec.hostNetwork ? await readFile('/etc/hosts', 'utf8').catch(() => '') : ''
  const wanted = hostsFile(pod, podIPs, clusterDomain, () => machine)
  await mkdir(root, { recursive: true, mode: 0o750 })
  // Written in place: containers that run already see this very file.
  if (await readFile(hosts, 'utf8').catch(() => undefined) !== wanted) await writeFile(hosts, wanted, { mode: 0o644 })
  return { containerPath: '/etc/hosts', hostPath: hosts }
}

/** Whoever the container runs as may write its last words. */
async function terminationMount(containerPath: string, hostPath: string): Promise<Mount> {
  await mkdir(dirname(hostPath), { recursive: true, mode: 0o750 })
  await writeFile(hostPath, '')
  await chmod(hostPath, 0o666)
  return { containerPath, hostPath }
}
