import { parseDuration } from '#machinery'
import type { ContainerConfig, PodSandboxConfig, StringMap } from './values.ts'

/**
 * How a simulated container behaves, told by annotations of its pod. Every key counts for all containers of the pod; with
 * the container's name before it, as in `sidecar.proa.dev/run-for`, for that one alone. Durations are Go's ("90s", "1h30m").
 *
 * | annotation              | meaning                                                                  | without it |
 * |-------------------------|--------------------------------------------------------------------------|------------|
 * | proa.dev/start-after    | how long its start takes                                                 | 0s         |
 * | proa.dev/run-for        | it ends by itself after so long; `forever` never                         | init containers 0s, pods of Jobs 1s, others forever |
 * | proa.dev/exit-code      | with which code it ends then                                             | 0          |
 * | proa.dev/ready-after    | its probes fail until it has run so long                                 | 0s         |
 * | proa.dev/unready-after  | its probes fail again once it has run so long                            | never      |
 * | proa.dev/stop-for       | how long it goes on after it is told to stop; beyond the grace it is killed (137) | 0s |
 * | proa.dev/stop-exit-code | with which code it ends when it is told to stop                          | 0          |
 * | proa.dev/log            | what it writes when it starts                                            | nothing    |
 * | proa.dev/exec-output    | what a command run in it writes                                          | nothing    |
 * | proa.dev/exec-exit-code | how a command run in it ends                                             | 0          |
 * | proa.dev/pull-for       | how long pulling its image takes; of the pod, not of one container       | 0s         |
 * | proa.dev/fail           | `pull`, `sandbox` or `start`: what of its start fails                    | nothing    |
 * | proa.dev/cpu            | cores it uses, such as 250m                                              | 0          |
 * | proa.dev/memory         | bytes it uses, such as 64Mi                                              | 0          |
 */
export interface Behaviour {
  readonly startAfter: number
  /** Milliseconds; Infinity never ends by itself. */
  readonly runFor: number
  readonly exitCode: number
  readonly readyAfter: number
  readonly unreadyAfter: number
  readonly stopFor: number
  readonly stopExitCode: number
  readonly log: string
  readonly execOutput: string
  readonly execExitCode: number
  readonly fail: string
  readonly cpu: string
  readonly memory: string
}

/** The annotation of a container's configuration that says `init` for the pod's init containers (not for sidecars). */
export const containerTypeAnnotation = 'proa.dev/container-type'

/** How a container behaves. A value that cannot be read counts as absent. */
export function behaviourOf(pod: PodSandboxConfig, container: ContainerConfig): Behaviour {
  const annotations = pod.annotations
  if (annotations === undefined || !hasOwnKeys(annotations)) return plain(pod, container)
  const text = (key: string) => annotations[`${container.metadata.name}.proa.dev/${key}`] ?? annotations[`proa.dev/${key}`]
  const time = (key: string, otherwise: number) => duration(text(key), otherwise)
  const code = (key: string) => { const value = Number(text(key)); return Number.isInteger(value) && value >= 0 && value < 256 ? value : 0 }
  return {
    startAfter: time('start-after', 0), runFor: time('run-for', naturalLife(pod, container)), exitCode: code('exit-code'),
    readyAfter: time('ready-after', 0), unreadyAfter: time('unready-after', Infinity), stopFor: time('stop-for', 0), stopExitCode: code('stop-exit-code'),
    log: text('log') ?? '', execOutput: text('exec-output') ?? '', execExitCode: code('exec-exit-code'), fail: text('fail') ?? '',
    cpu: text('cpu') ?? '0', memory: text('memory') ?? '0',
  }
}

/** What a pod's sandbox and pulls do. */
export const podBehaviour = (pod: PodSandboxConfig | undefined) => ({
  pullFor: duration(pod?.annotations?.['proa.dev/pull-for'], 0), fail: pod?.annotations?.['proa.dev/fail'] ?? '',
})

const hasOwnKeys = (annotations: StringMap): boolean => {
  for (const key in annotations) if (key.includes('proa.dev/')) return true
  return false
}

/** Most pods say nothing: these few values are shared by all of them. */
const still: Behaviour = {
  startAfter: 0, runFor: Infinity, exitCode: 0, readyAfter: 0, unreadyAfter: Infinity, stopFor: 0, stopExitCode: 0, log: '', execOutput: '', execExitCode: 0,
  fail: '', cpu: '0', memory: '0',
}
const atOnce: Behaviour = { ...still, runFor: 0 }
const aSecond: Behaviour = { ...still, runFor: 1_000 }

function plain(pod: PodSandboxConfig, container: ContainerConfig): Behaviour {
  const life = naturalLife(pod, container)
  return life === Infinity ? still : life === 0 ? atOnce : aSecond
}

function naturalLife(pod: PodSandboxConfig, container: ContainerConfig): number {
  if (container.annotations?.[containerTypeAnnotation] === 'init') return 0
  return pod.labels?.['batch.kubernetes.io/job-name'] === undefined ? Infinity : 1_000
}

function duration(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  if (text === 'forever') return Infinity
  try {
    const ms = parseDuration(text)
    return ms >= 0 ? ms : otherwise
  } catch {
    return otherwise
  }
}
