// What a node says of itself: pure, from what the machine and the runtime are.
import { isExtendedResource, type Node, type NodeCondition, type NodeStatus } from '#kinds'
import { formatTime } from '#machinery'

/** What does not change while the agent runs. */
export interface NodeDescription {
  readonly name: string
  readonly addresses: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly capacity: Readonly<Record<string, string>>
  readonly allocatable: Readonly<Record<string, string>>
  readonly nodeInfo: NonNullable<NodeStatus['nodeInfo']>
  /** Where the agent's own server listens; absent for simulated nodes. */
  readonly agentPort?: number
  /** The part of the pods' addresses that this node has been given with its network; absent: the control plane gives one. */
  readonly podCidr?: string
  /** How long the node counts as alive after its last sign of life; a quarter of it lies between two signs. Default 40. */
  readonly leaseSeconds?: number
}

export interface NodeHealth {
  readonly runtimeReady: boolean
  readonly runtimeMessage: string
  readonly networkReady: boolean
  readonly networkMessage: string
}

/** The Node object that a new node registers with. */
export const newNode = (d: NodeDescription): { metadata: { name: string; labels: Record<string, string> }; spec: object } => ({
  metadata: { name: d.name, labels: labelsOf(d) }, spec: d.podCidr ? { podCIDR: d.podCidr, podCIDRs: [d.podCidr] } : {},
})
export const labelsOf = (d: NodeDescription): Record<string, string> => ({
  'beta.kubernetes.io/arch': d.nodeInfo.architecture, 'beta.kubernetes.io/os': d.nodeInfo.operatingSystem, 'kubernetes.io/arch': d.nodeInfo.architecture,
  'kubernetes.io/hostname': d.name, 'kubernetes.io/os': d.nodeInfo.operatingSystem, ...d.labels,
})

/** What pods may ask of this node that not every node can do: no CPUs are reserved for anybody here, so those of any pod may change. */
const declaredFeatures: readonly string[] = ['GuaranteedQoSPodCPUResize']

export function nodeStatus(d: NodeDescription, health: NodeHealth, held: Node | undefined, images: NodeStatus['images'], now: number): NodeStatus {
  const ready = health.runtimeReady && health.networkReady
  const trouble = [...(health.runtimeReady ? [] : [`container runtime is down: ${health.runtimeMessage}`]), ...(health.networkReady ? [] : [`container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:${health.networkMessage}`])]
  const condition = (type: string, status: boolean, reason: string, message: string): NodeCondition => {
    const before = held?.status?.conditions?.find((c) => c.type === type), value = status ? 'True' : 'False'
    return { type, status: value, lastHeartbeatTime: formatTime(now), lastTransitionTime: before?.status === value ? before.lastTransitionTime : formatTime(now), reason, message } as NodeCondition
  }
  return {
    addresses: [...d.addresses.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: d.name }],
    capacity: { ...givenByOthers(held), ...d.capacity }, allocatable: { ...givenByOthers(held), ...d.allocatable },
    conditions: [
      condition('MemoryPressure', false, 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
      condition('DiskPressure', false, 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', false, 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      condition('Ready', ready, ready ? 'KubeletReady' : 'KubeletNotReady', ready ? 'kubelet is posting ready status' : `[${trouble.join(', ')}]`),
    ],
    ...(d.agentPort !== undefined && { daemonEndpoints: { kubeletEndpoint: { Port: d.agentPort } } }),
    declaredFeatures: [...declaredFeatures], nodeInfo: d.nodeInfo, ...(images && images.length > 0 && { images }),
  } as NodeStatus
}

/** Extended resources are the business of whoever writes them into the capacity; all of them may be used. */
const givenByOthers = (held: Node | undefined): Record<string, string> => extended(held?.status?.capacity)
const extended = (list: object | undefined): Record<string, string> => Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => isExtendedResource(name)))
/** Whether what others wrote into the capacity is not yet what pods may use. */
export const lacksResources = ({ status }: Node): boolean => JSON.stringify(sorted(extended(status?.capacity))) !== JSON.stringify(sorted(extended(status?.allocatable)))
/** The status as a patch of the one held: what may no longer be used goes. */
export function statusPatch(status: NodeStatus, held: NodeStatus | undefined): object {
  const gone = Object.keys(extended(held?.allocatable)).filter((name) => !(name in (status.allocatable ?? {})))
  return gone.length === 0 ? status : { ...status, allocatable: { ...status.allocatable, ...Object.fromEntries(gone.map((name) => [name, null])) } }
}

/** Whether two statuses differ in more than when they were said, and in how a server writes them: the order of fields, a port 0 where there is none. */
export const saysMore = (held: NodeStatus | undefined, now: NodeStatus): boolean => JSON.stringify(plain(held)) !== JSON.stringify(plain(now))
const plain = (s: NodeStatus | undefined) => s && ({
  addresses: s.addresses?.map(({ type, address }) => ({ type, address })), capacity: sorted(s.capacity), allocatable: sorted(s.allocatable), port: s.daemonEndpoints?.kubeletEndpoint?.Port ?? 0,
  nodeInfo: sorted(s.nodeInfo), images: (s.images ?? []).map(({ names, sizeBytes }) => ({ names, sizeBytes })), declaredFeatures: s.declaredFeatures ?? [],
  conditions: (s.conditions ?? []).filter((c) => ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].includes(c.type)).map(({ type, status, reason, message }) => ({ type, status, reason, message })),
})
const sorted = (o: object | undefined) => o && Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)))
