// An extender: an HTTP service that has a say in filtering, scoring, preempting and binding (kube-scheduler's extender v1).
import { parseDuration } from '#machinery'
import type { ExtenderConfiguration } from '../config/schema.ts'
import type { Extender, Victims } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'

/** Posts JSON to the URL and resolves with the answer's JSON when its status is 200, else with the status. */
export type Post = (config: ExtenderConfiguration, url: string, body: unknown, timeoutMs: number) => Promise<{ readonly status: number; readonly body: unknown }>

const defaultTimeoutMs = 5_000
type Answer = Readonly<Record<string, unknown>>

export function httpExtender(config: ExtenderConfiguration, post: Post): Extender {
  const { urlPrefix = '', weight = 1, ignorable = false, nodeCacheCapable = false } = config, managed = new Set((config.managedResources ?? []).map((r) => r.name ?? ''))
  const timeoutMs = (config.httpTimeout ? parseDuration(config.httpTimeout) : 0) || defaultTimeoutMs
  const send = async (verb: string, body: unknown): Promise<unknown> => {
    const url = `${urlPrefix.replace(/\/+$/, '')}/${verb}`, answer = await post(config, url, body, timeoutMs).catch((error: unknown) => { throw notAnswered(url, error) })
    if (answer.status !== 200) throw new Error(`failed ${verb} with extender at URL ${url}, code ${answer.status}`)
    return answer.body
  }
  const about = ({ pod }: PodInfo, nodes: readonly NodeInfo[]) => ({ Pod: pod, Nodes: nodeCacheCapable ? null : { metadata: {}, items: nodes.map(({ node }) => node) }, NodeNames: nodeCacheCapable ? nodes.map(({ name }) => name) : null })
  return {
    name: urlPrefix, ignorable, weight: Number(weight),
    interested: ({ pod: { spec } }) => managed.size === 0 || [...spec.containers, ...(spec.initContainers ?? [])].some((c) => [c.resources?.requests, c.resources?.limits].some((list) => Object.keys(list ?? {}).some((name) => managed.has(name)))),
    ...(config.filterVerb && { async filter(pod, nodes) {
      const answer = plain(await send(config.filterVerb!, about(pod, nodes))), byName = new Map(nodes.map((node) => [node.name, node]))
      refuseError(answer)
      const names = (nodeCacheCapable && answer['nodenames'] as readonly string[] | null) || (answer['nodes'] as { items?: readonly { metadata: { name: string } }[] } | null)?.items?.map((node) => node.metadata.name) || []
      return { nodes: names.map((name) => byName.get(name) ?? unknown(urlPrefix, name)), failed: reasons(answer['failednodes']), unresolvable: reasons(answer['failedandunresolvablenodes']) }
    } } satisfies Partial<Extender>),
    ...(config.prioritizeVerb && { async prioritize(pod, nodes) {
      return new Map((await send(config.prioritizeVerb!, about(pod, nodes)) as readonly Answer[] ?? []).map(plain).map(({ host, score }) => [String(host), Number(score)]))
    } } satisfies Partial<Extender>),
    ...(config.preemptVerb && { async preempt({ pod }, victims) {
      const each = (of: (victims: Victims) => readonly unknown[]) => Object.fromEntries([...victims].map(([{ name }, one]) => [name, { Pods: of(one), NumPDBViolations: one.violations }]))
      const answer = plain(await send(config.preemptVerb!, {
        Pod: pod, NodeNameToVictims: nodeCacheCapable ? null : each((one) => one.pods.map((victim) => victim.pod)), NodeNameToMetaVictims: nodeCacheCapable ? each((one) => one.pods.map(({ uid }) => ({ UID: uid }))) : null }))
      return chosenVictims(urlPrefix, victims, (answer['nodenametometavictims'] ?? {}) as Readonly<Record<string, Answer>>)
    } } satisfies Partial<Extender>),
    ...(config.bindVerb && { async bind({ name, namespace, uid }, node) {
      refuseError(plain(await send(config.bindVerb!, { PodName: name, PodNamespace: namespace, PodUID: uid, Node: node })))
    } } satisfies Partial<Extender>),
  }
}

/** Nobody answered, in the words of Go's HTTP client. */
function notAnswered(url: string, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new Error(`Post ${JSON.stringify(url)}: ${why}${why === 'context deadline exceeded' ? ' (Client.Timeout exceeded while awaiting headers)' : ''}`, { cause })
}
/** Field names as Go reads them: in any case. */
const plain = (answer: unknown): Answer => Object.fromEntries(Object.entries((answer ?? {}) as Answer).map(([key, value]) => [key.toLowerCase(), value]))
function refuseError({ error }: Answer): void { if (typeof error === 'string' && error !== '') throw new Error(error) }
const reasons = (of: unknown): ReadonlyMap<string, string> => new Map(Object.entries((of ?? {}) as Record<string, string>))
function unknown(extender: string, name: string): never { throw new Error(`extender ${JSON.stringify(extender)} claims a filtered node ${JSON.stringify(name)} which is not found in the input node list`) }

/** Victims by their uids as pods again; the nodes must be among those that were asked about. */
function chosenVictims(extender: string, asked: ReadonlyMap<NodeInfo, Victims>, chosen: Readonly<Record<string, Answer>>): ReadonlyMap<NodeInfo, Victims> {
  const byName = new Map([...asked.keys()].map((node) => [node.name, node])), out = new Map<NodeInfo, Victims>()
  for (const [name, given] of Object.entries(chosen)) {
    const node = byName.get(name), { pods = [], numpdbviolations = 0 } = plain(given)
    if (!node) throw new Error(`nodeinfo not found for node name ${JSON.stringify(name)}`)
    out.set(node, { violations: Number(numpdbviolations), pods: ((pods ?? []) as readonly Answer[]).map((one) => {
      const uid = String(plain(one)['uid']), pod = node.pods.get(uid)
      if (!pod) throw new Error(`extender: ${extender} claims to preempt pod (UID: &{${uid}}) on node: ${name}, but the pod is not found on that node`)
      return pod
    }) })
  }
  return out
}
