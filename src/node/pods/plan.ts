// What is to be done for a pod next: pure, from what is asked for and what is there.
import type { Container, Pod } from '#kinds'
import type { AnyContainer } from './environment.ts'
import type { ObservedContainer, ObservedPod } from './runtime-cache.ts'
import type { PodSandboxStatus } from '../runtime/runtime.ts'

export type ContainerKind = 'init' | 'sidecar' | 'regular' | 'ephemeral'
export type Action =
  | { readonly type: 'createSandbox'; readonly attempt: number }
  /** Ends what still runs in sandboxes that are no longer good. */
  | { readonly type: 'stopSandbox'; readonly id: string }
  | { readonly type: 'start'; readonly container: AnyContainer; readonly kind: ContainerKind; readonly attempt: number; readonly sandboxId: string }
  | { readonly type: 'kill'; readonly container: AnyContainer; readonly id: string; readonly why: string }

export interface Situation {
  readonly pod: Pod
  readonly observed: ObservedPod
  readonly now: number
  /** Volumes and the like are ready. */
  readonly setUp: boolean
  /** Containers, by name, whose image is on the node. */
  readonly hasImage: (container: AnyContainer) => boolean
  /** When a container that has exited may run again, by name; 0: now. */
  readonly restartAt: (name: string, last: ObservedContainer) => number
  /** Running containers that a liveness or startup probe gave up on, by id. */
  readonly unhealthy: ReadonlyMap<string, string>
  /** Whether a running sidecar has started (its startup probe passed). */
  readonly started: (id: string) => boolean
}
export interface Plan {
  readonly actions: readonly Action[]
  /** Containers, by name, that only wait for their image. */
  readonly imageless: readonly string[]
  /** When to look again although nothing happens. */
  readonly lookAgainAt?: number
  /** Everything has ended for good. */
  readonly finished: boolean
}

export const isSidecar = (c: AnyContainer): boolean => (c as Container).restartPolicy === 'Always'
/** A container's policy: its own, or the pod's. */
const policyOf = (pod: Pod, c: AnyContainer, kind: ContainerKind): string =>
  (kind === 'ephemeral' ? 'Never' : kind === 'sidecar' ? 'Always' : kind === 'init' ? (pod.spec.restartPolicy === 'Never' ? 'Never' : 'OnFailure') : (c as Container).restartPolicy ?? pod.spec.restartPolicy ?? 'Always')

/** The newest container of a name; older ones are its history. */
export const latest = (observed: ObservedPod, name: string): ObservedContainer | undefined => {
  let best: ObservedContainer | undefined
  for (const c of observed.containers) if (c.metadata.name === name && (!best || c.metadata.attempt > best.metadata.attempt)) best = c
  return best
}
export const currentSandbox = (observed: ObservedPod): PodSandboxStatus | undefined => {
  const ready = observed.sandboxes.filter((s) => s.state === 'ready')
  return ready.reduce<PodSandboxStatus | undefined>((best, s) => (!best || s.metadata.attempt > best.metadata.attempt ? s : best), undefined)
}

/** Whether an exited container runs again. */
const runsAgain = (policy: string, last: ObservedContainer): boolean => policy === 'Always' || (policy === 'OnFailure' && last.exitCode !== 0)

export function planPod(s: Situation): Plan {
  const { pod, observed } = s, { spec } = pod
  const sandbox = currentSandbox(observed)
  const actions: Action[] = []
  for (const old of observed.sandboxes) if (old.state === 'ready' && old !== sandbox) actions.push({ type: 'stopSandbox', id: old.id })

  const inits = (spec.initContainers ?? []).filter((c) => !isSidecar(c))
  const last = (c: AnyContainer) => latest(observed, c.name)
  const ended = (c: AnyContainer, kind: ContainerKind) => { const l = last(c); return l?.state === 'exited' && !runsAgain(policyOf(pod, c, kind), l) }
  const failedInit = inits.find((c) => { const l = last(c); return l?.state === 'exited' && l.exitCode !== 0 && policyOf(pod, c, 'init') === 'Never' })
  const allEnded = spec.containers.every((c) => ended(c, 'regular'))
  if (failedInit || allEnded) {
    // Sidecars end last; the sandbox goes with them.
    const running = observed.containers.filter((c) => c.state === 'running')
    for (const c of running) {
      const own = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])].find((x) => x.name === c.metadata.name)
      if (own) actions.push({ type: 'kill', container: own, id: c.id, why: 'the pod has finished' })
    }
    if (running.length === 0 && sandbox) actions.push({ type: 'stopSandbox', id: sandbox.id })
    return { actions, imageless: [], finished: true }
  }
  if (!sandbox) {
    actions.push({ type: 'createSandbox', attempt: observed.sandboxes.reduce((n, x) => Math.max(n, x.metadata.attempt + 1), 0) })
    return { actions, imageless: [], finished: false }
  }

  const imageless: string[] = []
  let lookAgainAt: number | undefined
  const later = (at: number) => { lookAgainAt = Math.min(lookAgainAt ?? Infinity, at) }
  /** Starts or restarts a container if that is due; says whether it runs. */
  const keep = (c: AnyContainer, kind: ContainerKind): boolean => {
    const l = last(c)
    if (l?.state === 'running' && l.sandboxId === sandbox.id) {
      const why = s.unhealthy.get(l.id)
      if (why !== undefined) actions.push({ type: 'kill', container: c, id: l.id, why })
      return true
    }
    if (l && l.state === 'exited' && l.sandboxId === sandbox.id && !runsAgain(policyOf(pod, c, kind), l)) return false
    if (l && l.state === 'created' && l.sandboxId === sandbox.id) return true // its start is under way, or failed and will be told
    const at = l?.state === 'exited' ? s.restartAt(c.name, l) : 0
    if (at > s.now) { later(at); return false }
    if (!s.hasImage(c)) imageless.push(c.name)
    else if (s.setUp) actions.push({ type: 'start', container: c, kind, attempt: (l?.metadata.attempt ?? -1) + 1, sandboxId: sandbox.id })
    return false
  }

  for (const c of spec.ephemeralContainers ?? []) if (!last(c)) keep(c, 'ephemeral')
  for (const c of spec.initContainers ?? []) {
    if (isSidecar(c)) {
      const runs = keep(c, 'sidecar'), l = last(c)
      if (!runs || !l || !s.started(l.id)) { if (!anyRegularRan(s, sandbox)) return { actions, imageless, finished: false, ...(lookAgainAt !== undefined && { lookAgainAt }) } }
      continue
    }
    const l = last(c)
    // Once regular containers have run in this sandbox the init containers are done, even if their traces were collected.
    if (anyRegularRan(s, sandbox)) continue
    if (l?.state === 'exited' && l.exitCode === 0 && l.sandboxId === sandbox.id) continue
    keep(c, 'init')
    return { actions, imageless, finished: false, ...(lookAgainAt !== undefined && { lookAgainAt }) }
  }
  for (const c of spec.containers) keep(c, 'regular')
  return { actions, imageless, finished: false, ...(lookAgainAt !== undefined && { lookAgainAt }) }
}

const anyRegularRan = ({ pod, observed }: Situation, sandbox: PodSandboxStatus): boolean =>
  pod.spec.containers.some((c) => observed.containers.some((o) => o.metadata.name === c.name && o.sandboxId === sandbox.id))

/** Restart pauses: 10 s, doubled each time up to 5 min, forgotten once the container ran for 10 minutes (CrashLoopBackOff). */
export const firstRestartMs = 10_000
export const lastRestartMs = 300_000
export const forgetRestartsMs = 600_000
