// From a node that is reserved to a pod that is bound to it, while the next pods are already being placed.
import type { Cycle } from './cycle-state.ts'
import type { Extender } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import type { Profile } from './profile.ts'
import { failed, isSuccess, type Status } from './status.ts'
import type { WaitingPods } from './waiting-pods.ts'

export interface Binding {
  readonly profile: Profile
  readonly cycle: Cycle
  readonly node: NodeInfo
  readonly waiting: WaitingPods
  readonly extenders: readonly Extender[]
  /** Told when the pod will go to the node, but not at once. */
  readonly nominated: () => Promise<void>
  /** Told when nothing can refuse the pod any more: what fails now is an error. */
  readonly decided: () => void
}
export interface BindingFailure { readonly status: Status; /** The plugin, when it was a refusal. */ readonly by: string }

/** Resolves with why the pod is not bound; undefined: it is. */
export async function bindPod(binding: Binding): Promise<BindingFailure | undefined> {
  const { profile, cycle, node, waiting, extenders } = binding, held = waiting.get(cycle.pod.uid) !== undefined
  let takesTime = held
  for (const plugin of profile.at('preBind')) {
    const status = plugin.preBindPreFlight?.(cycle, node)
    if (status && status.code !== 'Success' && status.code !== 'Skip') return { status, by: '' }
    takesTime ||= plugin.preBindPreFlight !== undefined && status?.code !== 'Skip'
  }
  if (takesTime) await binding.nominated()
  if (held) {
    const refused = await waiting.until(cycle.pod.uid)
    if (refused) return refused
  }
  binding.decided()
  const status = await profile.timedWait('PreBind', () => preBind(profile, cycle, node), codeOf) ?? await profile.timedWait('Bind', () => bind(profile, cycle, node, extenders), codeOf)
  if (status) return { status, by: '' }
  profile.timed('PostBind', () => { for (const plugin of profile.at('postBind')) plugin.postBind!(cycle, node) }, () => 'Success')
  return undefined
}
const codeOf = (status: Status | undefined): Status['code'] => status?.code ?? 'Success'

async function preBind(profile: Profile, cycle: Cycle, node: NodeInfo): Promise<Status | undefined> {
  for (const plugin of profile.at('preBind')) {
    const status = await plugin.preBind!(cycle, node)
    if (!isSuccess(status) && status.code !== 'Success') return wrapped(status, `running PreBind plugin ${JSON.stringify(plugin.name)}`)
  }
  return undefined
}

async function bind(profile: Profile, cycle: Cycle, node: NodeInfo, extenders: readonly Extender[]): Promise<Status | undefined> {
  for (const extender of extenders) {
    if (!extender.bind || !extender.interested(cycle.pod)) continue
    try { await extender.bind(cycle.pod, node.name); return undefined } catch (error) { if (!extender.ignorable) return failed(error) }
  }
  for (const plugin of profile.at('bind')) {
    const status = await plugin.bind!(cycle, node)
    if (status?.code === 'Skip') continue
    return isSuccess(status) || status.code === 'Success' ? undefined : wrapped(status, `running Bind plugin ${JSON.stringify(plugin.name)}`)
  }
  return failed('no plugin binds the pod')
}
const wrapped = (status: Status, what: string): Status => ({ code: 'Error', reasons: [`${what}: ${status.reasons.join(', ')}`], error: status.error })
