// `up --wait`: until the nodes of a cluster are Ready. Nobody is asked again and again: nodes and their leases are watched.
import type { Api } from '../api.ts'

/** Of a node or of a node's lease, what is looked at. */
export interface Reported {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly creationTimestamp?: string }
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
  readonly spec?: { readonly renewTime?: string }
}
export interface Waited {
  /** How many nodes are Ready. */
  readonly ready: number
  /** From the call on. */
  readonly ms: number
}
export interface WaitOptions {
  /** How many nodes there will be. */
  readonly nodes: number
  readonly timeoutMs: number
  /** Milliseconds since 1970: what a node said before is of another run. */
  readonly since: number
  readonly progress: (step: string) => void
  /** Ends the wait early. */
  readonly signal?: AbortSignal
}

/** Resolves when so many nodes are Ready, or the time is up; rejects where the cluster cannot be reached. */
export async function waitForNodes(api: Api, { nodes, timeoutMs, since, progress, signal }: WaitOptions): Promise<Waited> {
  if (nodes === 0) return { ready: 0, ms: 0 }
  const begun = performance.now(), seen = new Map<string, Reported>(), done = new AbortController()
  const stop = AbortSignal.any([done.signal, AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])])
  let ready = 0
  const look = (type: string, object: Reported) => {
    const key = `${object.kind} ${object.metadata.name}`
    if (type === 'DELETED') seen.delete(key)
    else seen.set(key, object)
    ready = readyNodes([...seen.values()], since)
    progress(`waiting for nodes: ${ready} of ${nodes} ${nodes === 1 ? 'is' : 'are'} ready`)
    if (ready >= nodes) done.abort()
  }
  progress(`waiting for nodes: none of ${nodes} is ready yet`)
  await Promise.all(['/api/v1/nodes', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'].map((path) => api.watch(path, (type, object) => { look(type, object as Reported) }, stop)))
  return { ready, ms: Math.round(performance.now() - begun) }
}

/** How many of the nodes are Ready and have said something since then. A node that was there before may have said so in another life; its lease tells. */
export function readyNodes(reported: readonly Reported[], since: number): number {
  const renewed = new Set(reported.filter(({ kind, spec }) => kind === 'Lease' && Date.parse(spec?.renewTime ?? '') >= since).map(({ metadata }) => metadata.name))
  const isNew = (time: string | undefined) => Date.parse(time ?? '') >= Math.floor(since / 1000) * 1000 // written in whole seconds
  return reported.filter(({ kind, metadata: { name, creationTimestamp }, status }) => kind === 'Node' && (isNew(creationTimestamp) || renewed.has(name))
    && status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True')).length
}
