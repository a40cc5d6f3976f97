// Ending a container the way people expect: preStop hook first, then the stop signal, then SIGKILL when the grace is over.
import { pod as podKind, type Container, type Pod } from '#kinds'
import type { Clock } from '#machinery'
import type { Recorder } from '#client'
import { isRuntimeError, type Runtime } from '../runtime/runtime.ts'
import type { AnyContainer, PodEnvironment } from './environment.ts'

/** Whatever the hook took, the container gets this long after its stop signal. */
const leastGraceMs = 2_000

export interface Killing {
  readonly runtime: Runtime
  readonly environment: PodEnvironment
  readonly clock: Clock
  readonly events: Recorder
}

/**
 * Resolves when the container has ended. `graceMs` counts from now; when `hurry` fires, the rest of the grace is what it says then
 * (a deletion was shortened).
 */
export async function killContainer({ runtime, environment, clock, events }: Killing, pod: Pod, container: AnyContainer, id: string, podIP: string, graceMs: number, why: string): Promise<void> {
  events.record(podKind, pod, 'Normal', 'Killing', why, { fieldPath: `spec.containers{${container.name}}` })
  const began = clock.now(), preStop = (container as Container).lifecycle?.preStop
  if (preStop && graceMs > 0) {
    const over = new AbortController(), cancel = clock.after(graceMs, () => over.abort())
    const { success } = await environment.runHook(pod, container, preStop, { containerId: id, podIP }, over.signal)
    cancel()
    if (!success) events.record(podKind, pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', // what it said may be a secret
      { fieldPath: `spec.containers{${container.name}}` })
  }
  const left = graceMs === 0 ? 0 : Math.max(leastGraceMs, graceMs - (clock.now() - began))
  await runtime.stopContainer(id, Math.ceil(left / 1000)).catch((error: unknown) => { if (!isRuntimeError(error, 'NotFound')) throw error })
}
