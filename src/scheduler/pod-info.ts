// What the scheduler reads of a pod, worked out once for each version of it.
import type { Pod } from '#kinds'
import { affinityTerms, type AffinityTerm, type WeightedTerm } from './affinity-terms.ts'
import { podRequests, type Resources } from './resources.ts'

export interface HostPort { readonly ip: string; readonly protocol: string; readonly port: number }
export type PodInfo = Pick<Info, keyof Info>

const known = new WeakMap<Pod, PodInfo>()
const none: readonly never[] = []

/** `old`: an earlier version of the pod, whose amounts hold where nothing has been said that they follow from. */
export function podInfoOf(pod: Pod, old?: Pod): PodInfo {
  const found = known.get(pod)
  if (found) return found
  const before = old && old.spec === pod.spec && asksBySpec(old) && asksBySpec(pod) ? known.get(old) : undefined
  const info = new Info(pod, before ?? { requests: podRequests(pod), ports: hostPortsOf(pod), scored: podRequests(pod, true) })
  known.set(pod, info)
  return info
}
type Amounts = Pick<PodInfo, 'requests' | 'scored' | 'ports'>

class Info {
  readonly pod: Pod
  readonly uid: string
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly priority: number
  /** Whether it is on its way out. */
  readonly terminating: boolean
  readonly requests: Resources
  /** The requests as scores count them. */
  readonly scored: Resources
  readonly ports: readonly HostPort[]
  readonly affinity: readonly AffinityTerm[]
  readonly antiAffinity: readonly AffinityTerm[]
  readonly liked: readonly WeightedTerm[]
  readonly disliked: readonly WeightedTerm[]
  #signature: string | undefined

  constructor(pod: Pod, { requests, scored, ports }: Amounts) {
    const { metadata, spec } = pod, { podAffinity, podAntiAffinity } = spec.affinity ?? {}
    this.pod = pod
    this.uid = metadata.uid
    this.name = metadata.name
    this.namespace = metadata.namespace ?? ''
    this.labels = metadata.labels ?? {}
    this.priority = spec.priority ?? 0
    this.terminating = metadata.deletionTimestamp !== undefined
    this.requests = requests
    this.scored = scored
    this.ports = ports
    this.affinity = affinityTerms(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution, pod)
    this.antiAffinity = affinityTerms(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution, pod)
    this.liked = weighted(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution, pod)
    this.disliked = weighted(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution, pod)
  }
  /** The same for pods that ask the same of a node by itself, whatever else is in the cluster. Of few pods is it ever asked for: of those without a node. */
  get signature(): string { return this.#signature ??= signatureOf(this) }
}
const signatureOf = ({ pod: { spec }, requests, scored, ports }: PodInfo): string => JSON.stringify([
  spec.priority, requests.cpu, requests.memory, requests.storage, scored.cpu, scored.memory, [...requests.scalars], ports, spec.nodeName, spec.nodeSelector, spec.affinity?.nodeAffinity, spec.tolerations])
/** Whether what the pod asks for follows from its spec alone: nothing is in force on its node that could be more. */
const asksBySpec = ({ status }: Pod): boolean =>
  !status?.containerStatuses && !status?.initContainerStatuses && !status?.resources && !status?.conditions?.some((c) => c.type === 'PodResizePending')
const weighted = (terms: NonNullable<NonNullable<Pod['spec']['affinity']>['podAffinity']>['preferredDuringSchedulingIgnoredDuringExecution'], pod: Pod): readonly WeightedTerm[] =>
  (terms?.length ? terms.map(({ weight, podAffinityTerm }) => ({ weight, term: affinityTerms([podAffinityTerm], pod)[0]! })) : none)

function hostPortsOf({ spec }: Pod): readonly HostPort[] {
  let out: HostPort[] | undefined
  for (const c of [...spec.containers, ...(spec.initContainers ?? []).filter((i) => i.restartPolicy === 'Always')])
    for (const p of c.ports ?? []) if (p.hostPort) (out ??= []).push({ ip: p.hostIP || '0.0.0.0', protocol: p.protocol || 'TCP', port: p.hostPort })
  return out ?? none
}

/** Whether another version of the pod means the same to all rules, so that nothing has to be counted anew. */
export const sameToRules = (a: PodInfo, b: PodInfo): boolean =>
  a.terminating === b.terminating && sameFlat(a.labels, b.labels) && sameAmounts(a.requests, b.requests) && sameAmounts(a.scored, b.scored) && a.pod.metadata.generation === b.pod.metadata.generation && a.pod.status?.startTime === b.pod.status?.startTime
const sameAmounts = (a: Resources, b: Resources): boolean =>
  a === b || (a.cpu === b.cpu && a.memory === b.memory && a.storage === b.storage && a.scalars.size === b.scalars.size && [...a.scalars].every(([name, n]) => b.scalars.get(name) === n))
function sameFlat(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  if (a === b) return true
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}
