// Emptying a namespace: everything in it is deleted, pods before all else.
import type { Client, List } from '#client'
import { pod, type Pod } from '#kinds'
import { ApiError, is, type AnyObject, type Kind } from '#machinery'
import type { Remaining } from './conditions.ts'

/** How long what still has finalizers may be expected to take, in seconds. */
const finalizingSeconds = 15
const pageSize = 500

export interface Emptied { readonly errors: readonly string[]; readonly remaining: readonly Remaining[]; /** How long the rest will need, in seconds. */ readonly estimate: number }

/** A namespace, and for how long it has been on its way out. */
export interface Leaving { readonly name: string; readonly forMs: number }

/** Deletes what there is of these kinds and says what is left. */
export async function empty(client: Client, leaving: Leaving, kinds: readonly Kind[], log: Client['log']): Promise<Emptied> {
  const { name: namespace } = leaving, pods = await emptyOf(client, leaving, [pod])
  // What pods need to end well (their secrets, config maps, service accounts) goes after them.
  if (pods.errors.length > 0 || pods.remaining.length > 0) return { ...pods, errors: pods.errors.map((why) => `failed to delete pods for namespace: ${namespace}, err: ${why}`) }
  const rest = await emptyOf(client, leaving, kinds.filter((kind) => kind !== pod))
  if (rest.errors.length > 0) log.debug('not everything in the namespace could be deleted', { namespace, errors: rest.errors })
  return rest
}

async function emptyOf(client: Client, { name: namespace, forMs }: Leaving, kinds: readonly Kind[]): Promise<Emptied> {
  const errors: string[] = [], remaining: Remaining[] = []
  let estimate = 0
  await Promise.all(kinds.map(async (kind) => {
    try {
      const { items: left, resourceVersion } = await deleteAll(client, kind, namespace)
      if (left.length === 0) return
      const finalizers = new Map<string, number>()
      for (const { metadata } of left) for (const name of metadata.finalizers ?? []) finalizers.set(name, (finalizers.get(name) ?? 0) + 1)
      remaining.push({ kind, count: left.length, finalizers, resourceVersion })
      const grace = kind === pod ? Math.max(0, ...(left as readonly Pod[]).map(gracePeriod)) : 0, seconds = forMs >= grace * 1000 ? 0 : grace
      estimate = Math.max(estimate, seconds || (finalizers.size > 0 ? finalizingSeconds : 0))
      // Nothing explains why it is still there.
      if (seconds === 0 && finalizers.size === 0)
        errors.push(`unexpected items still remain in namespace: ${namespace} for gvr: ${kind.group}/${kind.version}, Resource=${kind.resource}`)
    } catch (error) {
      if (is(error, 'NotFound') || is(error, 'MethodNotAllowed')) return // the kind itself is gone, or cannot be deleted
      if (!(error instanceof ApiError)) throw error
      errors.push(error.message)
    }
  }))
  return { errors, remaining, estimate }
}
const gracePeriod = (p: Pod): number => (p.status.phase === 'Succeeded' || p.status.phase === 'Failed' ? 0 : Number(p.spec.terminationGracePeriodSeconds ?? 0))

/** What is still there afterwards. Most kinds in most namespaces have nothing: one list says so. */
async function deleteAll(client: Client, kind: Kind, namespace: string): Promise<List<AnyObject>> {
  const list = async (): Promise<List<AnyObject>> => {
    const found: AnyObject[] = []
    let resourceVersion = ''
    for (let next: string | undefined = ''; next !== undefined;) {
      const page: Awaited<ReturnType<typeof client.list<AnyObject>>> = await client.list<AnyObject>(kind, { namespace, limit: pageSize, ...(next && { continue: next }) })
      found.push(...page.items)
      resourceVersion = page.resourceVersion
      next = page.continue
    }
    return { items: found, resourceVersion }
  }
  const before = await list()
  const staying = before.items.filter((object) => !object.metadata.deletionTimestamp)
  if (staying.length === 0) return before
  if (kind.verbs.includes('deletecollection')) await client.deleteCollection(kind, { namespace }, { propagationPolicy: 'Background' })
  else for (const object of staying) {
    try { await client.delete(kind, object.metadata, { propagationPolicy: 'Background' }) } catch (error) { if (!is(error, 'NotFound')) throw error }
  }
  return list()
}
