// The status of a pod as the API shows it: pure, from what is asked for and what is there (what the kubelet reports in v1.36).
import type { ContainerState, ContainerStatus, Pod, PodCondition, PodStatus } from '#kinds'
import { formatTime } from '#machinery'
import type { AnyContainer } from './environment.ts'
import { currentSandbox, isSidecar, latest } from './plan.ts'
import type { ObservedContainer, ObservedPod } from './runtime-cache.ts'

export interface StatusInput {
  readonly pod: Pod
  readonly observed: ObservedPod
  readonly now: number
  readonly hostIPs: readonly string[]
  /** Why a container does not run, where something is known: ErrImagePull, ImagePullBackOff, CreateContainerConfigError, CrashLoopBackOff, RunContainerError ... */
  readonly waiting: (name: string) => { readonly reason: string; readonly message?: string } | undefined
  readonly ready: (container: ObservedContainer) => boolean
  readonly started: (container: ObservedContainer) => boolean
  /** What the container left in its termination log, by container id. */
  readonly terminationMessage: (id: string) => string
  /** The image's names, by container id. */
  readonly imageId: (container: ObservedContainer) => string
  /** The agent ended the pod for a reason of its own (DeadlineExceeded, Evicted). */
  readonly ended?: { readonly reason: string; readonly message: string }
  /** The pod has been stopped and nothing of it will run again. */
  readonly stopped: boolean
}

/** "containerd://<id>" */
const containerId = (c: ObservedContainer) => `containerd://${c.id}`

export function podStatus(input: StatusInput): PodStatus {
  const { pod, observed, hostIPs } = input, { spec } = pod, sandbox = currentSandbox(observed)
  const regular = spec.containers.map((c) => containerStatus(input, c, 'regular'))
  const inits = (spec.initContainers ?? []).map((c) => containerStatus(input, c, 'init'))
  const ephemeral = (spec.ephemeralContainers ?? []).filter((c) => latest(observed, c.name) ?? input.waiting(c.name)).map((c) => containerStatus(input, c, 'ephemeral'))
  const phase = input.ended ? 'Failed' : phaseOf(input, regular, inits)
  const ips = spec.hostNetwork ? hostIPs : (sandbox ?? observed.sandboxes[0])?.ips ?? []
  const over = phase === 'Succeeded' || phase === 'Failed'
  const status: PodStatus = {
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    phase, conditions: conditions(input, phase, regular, inits, sandbox !== undefined),
    ...(input.ended && { reason: input.ended.reason, message: input.ended.message }),
    hostIP: hostIPs[0], hostIPs: hostIPs.map((ip) => ({ ip })),
    ...(ips.length > 0 && { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: pod.status?.startTime ?? formatTime(input.now),
    ...(inits.length > 0 && { initContainerStatuses: inits }), containerStatuses: regular,
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    ...(pod.status?.qosClass && { qosClass: pod.status.qosClass }),
  } as PodStatus
  if (over && ips.length === 0 && pod.status?.podIP) Object.assign(status, { podIP: pod.status.podIP, podIPs: pod.status.podIPs })
  return status
}

function containerStatus(input: StatusInput, c: AnyContainer, kind: 'regular' | 'init' | 'ephemeral'): ContainerStatus {
  const { observed, pod } = input, held = latest(observed, c.name)
  const previous = observed.containers.filter((o) => o.metadata.name === c.name && o !== held && o.state === 'exited').toSorted((a, b) => b.metadata.attempt - a.metadata.attempt)[0]
  const known = (kind === 'init' ? pod.status?.initContainerStatuses : kind === 'regular' ? pod.status?.containerStatuses : pod.status?.ephemeralContainerStatuses)?.find((s) => s.name === c.name)
  const waiting = input.waiting(c.name), running = held?.state === 'running'
  const policy = kind === 'regular' ? pod.spec.restartPolicy : 'init'
  // A container that will be restarted is waiting; its last end is its last state.
  const isWaiting = !running && waiting !== undefined && !input.stopped
  const state: ContainerState = running ? { running: { startedAt: formatTime(held.startedAt) } }
    : isWaiting ? { waiting: { reason: waiting.reason, ...(waiting.message && { message: waiting.message }) } }
      : held?.state === 'exited' ? { terminated: terminated(input, held) }
        : known?.state?.terminated ? known.state
          : { waiting: { reason: pod.spec.initContainers?.length && kind === 'regular' ? 'PodInitializing' : 'ContainerCreating' } }
  const lastState: ContainerState = isWaiting && held?.state === 'exited' ? { terminated: terminated(input, held) }
    : previous ? { terminated: terminated(input, previous) } : known?.lastState ?? {}
  const restartCount = Math.max(held ? held.metadata.attempt : 0, known?.restartCount ?? 0)
  const done = held?.state === 'exited' && held.exitCode === 0
  const started = running ? input.started(held) : false
  const ready = kind === 'regular' || (kind === 'init' && isSidecar(c)) ? Boolean(running && started && input.ready(held)) : kind === 'init' && policy === 'init' ? Boolean(done) : false
  return {
    name: c.name, state, lastState, ready, restartCount, image: held?.image || c.image || '', imageID: held ? input.imageId(held) : known?.imageID ?? '',
    ...(held && { containerID: containerId(held) }), ...(!held && known?.containerID && { containerID: known.containerID }),
    started, ...(held && running && { resources: c.resources ?? {}, ...(c.resources?.requests && { allocatedResources: c.resources.requests }) }),
    ...(running && (c.volumeMounts?.length ?? 0) > 0 && {
      volumeMounts: c.volumeMounts!.map((m) => ({ name: m.name, mountPath: m.mountPath, ...(m.readOnly && { readOnly: true, recursiveReadOnly: 'Disabled' }) })) }),
  } as ContainerStatus
}

function terminated(input: StatusInput, c: ObservedContainer): NonNullable<ContainerState['terminated']> {
  const message = input.terminationMessage(c.id) || (c.reason === 'StartError' ? c.message : '')
  return {
    exitCode: c.exitCode, reason: c.reason || (c.exitCode === 0 ? 'Completed' : 'Error'), ...(message && { message }),
    startedAt: formatTime(c.startedAt || c.createdAt), finishedAt: formatTime(c.finishedAt || c.createdAt), containerID: containerId(c),
  }
}

/** The kubelet's rules for a pod's phase. */
function phaseOf({ pod, stopped }: StatusInput, regular: readonly ContainerStatus[], inits: readonly ContainerStatus[]): string {
  const held = pod.status?.phase
  if (held === 'Succeeded' || held === 'Failed') return held
  const never = pod.spec.restartPolicy === 'Never'
  const plainInits = (pod.spec.initContainers ?? []).map((c, i) => ({ c, s: inits[i]! })).filter(({ c }) => !isSidecar(c))
  const failedInit = plainInits.some(({ s }) => s.state?.terminated && s.state.terminated.exitCode !== 0)
  const pendingInit = plainInits.some(({ s }) => !(s.state?.terminated && s.state.terminated.exitCode === 0))
  const anyStarted = regular.some((s) => s.state?.running ?? s.state?.terminated ?? s.lastState?.terminated)
  if (failedInit && (never || stopped) && !anyStarted) return 'Failed'
  if (pendingInit && !anyStarted) return stopped ? 'Failed' : 'Pending'
  let running = 0, waiting = 0, succeeded = 0, failed = 0
  for (const s of regular) {
    if (s.state?.running) running++
    else if (s.state?.terminated) s.state.terminated.exitCode === 0 ? succeeded++ : failed++
    else if (s.lastState?.terminated) waiting++, running++ // will be restarted
    else waiting++
  }
  if (waiting > 0 && running === 0) return stopped ? 'Failed' : 'Pending'
  if (running > 0) return stopped ? 'Failed' : 'Running'
  if (stopped) return failed > 0 ? 'Failed' : succeeded > 0 ? 'Succeeded' : 'Failed'
  if (pod.spec.restartPolicy === 'Always') return 'Running'
  if (failed === 0) return 'Succeeded'
  return never ? 'Failed' : 'Running'
}

function conditions(input: StatusInput, phase: string, regular: readonly ContainerStatus[], inits: readonly ContainerStatus[], hasSandbox: boolean): PodCondition[] {
  const { pod, now } = input, generation = pod.metadata.generation
  const over = phase === 'Succeeded' || phase === 'Failed'
  const incomplete = (pod.spec.initContainers ?? []).filter((c, i) => (isSidecar(c) ? !inits[i]!.started : !inits[i]!.ready)).map((c) => c.name)
  const unready = regular.filter((s) => !s.ready).map((s) => s.name)
  const gates = (pod.spec.readinessGates ?? []).map((g) => g.conditionType)
  const unmet = gates.filter((g) => pod.status?.conditions?.find((c) => c.type === g)?.status !== 'True')
  const set = (type: string, status: boolean, reason = '', message = ''): PodCondition => {
    const held = pod.status?.conditions?.find((c) => c.type === type), value = status ? 'True' : 'False'
    return { type, status: value, ...(reason && { reason }), ...(message && { message }), lastProbeTime: null,
      lastTransitionTime: held?.status === value ? held.lastTransitionTime : formatTime(now), ...(generation !== undefined && { observedGeneration: generation }) } as unknown as PodCondition // allowed: lastProbeTime is null on the wire
  }
  const because = (): [string, string] => (phase === 'Succeeded' ? ['PodCompleted', ''] : phase === 'Failed' ? ['PodFailed', ''] : ['ContainersNotReady', `containers with unready status: [${unready.join(' ')}]`])
  const containersReady = unready.length === 0 && !over
  const initialized = phase === 'Succeeded' || incomplete.length === 0 || regular.some((s) => s.state?.running ?? s.state?.terminated)
  const scheduled = pod.status?.conditions?.find((c) => c.type === 'PodScheduled')
  return [
    set('PodReadyToStartContainers', hasSandbox && !over),
    set('Initialized', initialized, initialized ? (phase === 'Succeeded' ? 'PodCompleted' : '') : 'ContainersNotInitialized', initialized ? '' : `containers with incomplete status: [${incomplete.join(' ')}]`),
    !containersReady ? set('Ready', false, ...because()) : unmet.length > 0 ? set('Ready', false, 'ReadinessGatesNotReady', gateMessage(pod, unmet)) : set('Ready', true),
    containersReady ? set('ContainersReady', true) : set('ContainersReady', false, ...because()),
    scheduled?.status === 'True' ? { ...scheduled, ...(generation !== undefined && { observedGeneration: generation }) } : set('PodScheduled', true),
  ]
}
const gateMessage = (pod: Pod, unmet: readonly string[]): string =>
  unmet.map((g) => (pod.status?.conditions?.some((c) => c.type === g) ? `the status of pod readiness gate "${g}" is not "True", but False` : `corresponding condition of pod readiness gate "${g}" does not exist.`)).join(', ')
