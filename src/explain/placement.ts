// Why no node has a pod: what the scheduler's rules say of each node now, and what would change their minds.
import { connect, Informers, type Client } from '#client'
import { node, pod, podRequests, type Node, type Pod } from '#kinds'
import { addQuantities, formatQuantity, subtractQuantities, type QuantityLike } from '#machinery'
import { whatRefuses, type NodeRefusal } from '#scheduler'
import { count, namesOf, type Reason } from './explanation.ts'

/** What would change a rule's mind. */
const remedies: Readonly<Record<string, string>> = {
  NodeResourcesFit: 'ask for less (resources.requests), delete pods there, or add a node', NodeAffinity: 'give a node the labels that nodeSelector or node affinity ask for, or ask for others', NodeName: 'spec.nodeName names a node that is not there',
  TaintToleration: 'tolerate the taint (spec.tolerations), or remove it: kubectl taint nodes NODE KEY-', NodeUnschedulable: 'kubectl uncordon NODE', NodePorts: 'another pod has the host port there: use another port, or another node',
  InterPodAffinity: 'change the pod\'s affinity, or the pods that it is about (their labels, their nodes)', PodTopologySpread: 'allow more skew (maxSkew, ScheduleAnyway), or add nodes in the emptier places',
  VolumeBinding: 'see its claims: ./proa why pvc/NAME', VolumeZone: 'the volume is in another zone: the pod can only go there', VolumeRestrictions: 'another pod has the volume: end that pod', NodeVolumeLimits: 'the node holds as many volumes as it may: use another node',
  DynamicResources: 'see its resource claims and the devices of the nodes: kubectl get resourceclaims,resourceslices', NodeDeclaredFeatures: 'the node lacks a feature that the pod needs: use a newer node',
}

/** One reason for each rule that refuses nodes, those that refuse most first. */
export async function placementReasons(client: Client, p: Pod): Promise<Reason[]> {
  const informers = new Informers(client), cluster = connect(client, informers, { record() {} })
  try {
    const { nowhere, nodes } = await whatRefuses(cluster, p, { schedulerName: p.spec.schedulerName ?? 'default-scheduler' })
    if (nowhere) return [{ what: `${nowhere.plugin}: ${nowhere.reasons.join(', ')}`, ...(remedies[nowhere.plugin] !== undefined && { remedy: remedies[nowhere.plugin]! }) }]
    if (nodes.size === 0) return [{ what: 'there are no nodes', remedy: 'add one' }]
    const free = [...nodes].filter(([, refused]) => refused.length === 0).map(([name]) => name)
    if (free.length > 0) return [{ what: `it would fit ${count(free.length, 'node')}: ${namesOf(free)}`, remedy: p.spec.schedulerName && p.spec.schedulerName !== 'default-scheduler' ? `see whether the scheduler ${p.spec.schedulerName} runs` : 'see whether the scheduler runs, and what it has said of the pod' }]
    return grouped(nodes, cluster.list(node), cluster.list(pod), p)
  } finally { informers.stop() }
}

function grouped(nodes: ReadonlyMap<string, readonly NodeRefusal[]>, all: readonly Node[], pods: readonly Pod[], p: Pod): Reason[] {
  const groups = new Map<string, { readonly plugin: string; readonly reason: string; readonly nodes: string[] }>()
  for (const [name, refused] of nodes) for (const { plugin, reasons } of refused) for (const reason of reasons) {
    const key = `${plugin}\0${reason}`, group = groups.get(key) ?? { plugin, reason, nodes: [] }
    group.nodes.push(name)
    groups.set(key, group)
  }
  return [...groups.values()].sort((a, b) => b.nodes.length - a.nodes.length).map(({ plugin, reason, nodes: names }) => {
    const resource = /^Insufficient (\S+)$/.exec(reason)?.[1]
    return { what: `${plugin}: ${reason}, on ${count(names.length, 'node')} of ${nodes.size}: ${namesOf(names)}`,
      ...(resource !== undefined && { details: names.slice(0, mostDetails).map((name) => room(name, resource, all, pods, p)) }), ...(remedies[plugin] !== undefined && { remedy: remedies[plugin]! }) }
  })
}
const mostDetails = 5

/** "node-1: 500m of 2 free, 4 asked for". */
function room(name: string, resource: string, all: readonly Node[], pods: readonly Pod[], p: Pod): string {
  const has = all.find(({ metadata }) => metadata.name === name)?.status?.allocatable?.[resource] ?? '0'
  const used = pods.filter(({ spec, status }) => spec.nodeName === name && status?.phase !== 'Succeeded' && status?.phase !== 'Failed').reduce<QuantityLike>((sum, one) => addQuantities(sum, requested(one, resource)), '0')
  return `${name}: ${formatQuantity(subtractQuantities(has, used))} of ${has} free, ${formatQuantity(addQuantities('0', requested(p, resource)))} asked for`
}
const requested = (p: Pod, resource: string): QuantityLike => podRequests(p)[resource] ?? '0'
