import { controllerOf, watching, type Change, type Cluster, type Controller } from '#client'
import { deployment, pod, podDisruptionBudget, replicaSet, replicationController, statefulSet, type Pod, type PodDisruptionBudget } from '#kinds'
import { is, printSelector, same, selectorFrom, type AnyObject, type Kind, type LabelSelector, type OwnerReference } from '#machinery'
import { asksControllers, disruptedOf, expect, failedStatus, statusOf } from './disruption/plan.ts'

const counted: readonly Kind[] = [replicationController, replicaSet, deployment, statefulSet]

/** Keeps count of how many pods of each disruption budget may be evicted. */
export const disruptionController: Controller<PodDisruptionBudget> = {
  name: 'disruption', for: podDisruptionBudget, reads: counted,
  watches: [
    { kind: pod, map: budgetsTouched },
    // Another size of what owns the pods is another number of pods to expect.
    ...counted.map((kind) => watching<AnyObject>(kind, (object, cluster) => cluster.list(podDisruptionBudget, { namespace: object.metadata.namespace }).map((b) => b.metadata))),
  ],

  async reconcile(budget, cluster) {
    const now = cluster.clock.now(), { events } = cluster
    const pods = podsOf(budget, cluster)
    if (pods.length === 0) events.record(podDisruptionBudget, budget, 'Normal', 'NoPods', 'No matching pods found')
    try {
      const unmanaged: Pod[] = [], scale = asksControllers(budget) ? await scaleOf(pods, unmanaged, cluster) : 0
      const expected = expect(budget, pods, () => scale)
      if (unmanaged.length > 0) events.record(podDisruptionBudget, budget, 'Warning', 'UnmanagedPods', unmanagedText(budget))
      const disrupted = disruptedOf(budget.status, pods, now)
      for (const p of disrupted.late)
        events.record(pod, p, 'Warning', 'NotDeleted', `Pod was expected by PDB ${budget.metadata.namespace ?? ''}/${budget.metadata.name} to be deleted but it wasn't`)
      await cluster.updateStatus(podDisruptionBudget, budget, statusOf(budget, pods, expected, disrupted.pods, now))
      return disrupted.lookAgainInMs === undefined ? undefined : { againIn: disrupted.lookAgainInMs }
    } catch (error) {
      if (!(error instanceof UnknownScale)) throw error
      events.record(podDisruptionBudget, budget, 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${error.message}`)
      await cluster.updateStatus(podDisruptionBudget, budget, failedStatus(budget, error.message, now))
    }
  },
}

class UnknownScale extends Error { override readonly name = 'UnknownScale' }

const selectorOf = (budget: PodDisruptionBudget) => selectorFrom(budget.spec.selector as LabelSelector | undefined)
const podsOf = (budget: PodDisruptionBudget, cluster: Cluster): readonly Pod[] => {
  const selector = selectorOf(budget)
  return cluster.list(pod, { namespace: budget.metadata.namespace }).filter((p) => selector.matches(p.metadata.labels))
}

function budgetsTouched({ type, object, old }: Change<AnyObject>, cluster: Cluster) {
  const now = object as Pod, before = old as Pod | undefined
  if (type === 'MODIFIED' && before && same(shown(now), shown(before))) return []
  return cluster.list(podDisruptionBudget, { namespace: object.metadata.namespace })
    .filter((b) => selectorOf(b).matches(now.metadata.labels) || (before && selectorOf(b).matches(before.metadata.labels))).map((b) => b.metadata)
}
const shown = (p: Pod) => ({ labels: p.metadata.labels, owners: p.metadata.ownerReferences, going: p.metadata.deletionTimestamp, ready: p.status.conditions?.find((c) => c.type === 'Ready')?.status })

/** The sum of what the pods' controllers want; a ReplicaSet of a Deployment counts as the Deployment. */
async function scaleOf(pods: readonly Pod[], unmanaged: Pod[], cluster: Cluster): Promise<number> {
  const scales = new Map<string, number>()
  for (const p of pods) {
    const owner = controllerOf(p)
    if (!owner) { unmanaged.push(p); continue }
    if (scales.has(owner.uid)) continue
    const kind = counted.find((k) => k.kind === owner.kind && k.apiVersion === owner.apiVersion)
    const found: (AnyObject & { readonly spec: { readonly replicas?: number } }) | undefined = kind && cluster.get(kind, { name: owner.name, namespace: p.metadata.namespace })
    if (!found || found.metadata.uid !== owner.uid) {
      const size = await askedScale(owner, p.metadata.namespace ?? '', cluster)
      if (size === undefined) throw new UnknownScale(`found no controllers for pod "${p.metadata.name}"`)
      scales.set(owner.uid, size)
      continue
    }
    const above = kind === replicaSet ? controllerOf(found) : undefined
    const top = above?.kind === 'Deployment' ? cluster.get(deployment, { name: above.name, namespace: p.metadata.namespace }) : undefined
    if (top && top.metadata.uid === above?.uid) scales.set(top.metadata.uid, top.spec.replicas ?? 1)
    else scales.set(owner.uid, found.spec.replicas ?? 1)
  }
  return [...scales.values()].reduce((sum, n) => sum + n, 0)
}

interface Served { readonly name: string; readonly kind: string }
/** The size of any other kind of controller, which its scale subresource tells; undefined when it is not there. */
async function askedScale({ apiVersion, kind, name, uid }: OwnerReference, namespace: string, { client }: Cluster): Promise<number | undefined> {
  const ask = async <T>(path: string): Promise<T | undefined> => {
    try { return await client.raw('GET', path) as T } catch (error) { if (is(error, 'NotFound')) return undefined; throw error }
  }
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`, { resources = [] } = await ask<{ readonly resources?: readonly Served[] }>(root) ?? {}
  const resource = resources.find((one) => one.kind === kind && !one.name.includes('/'))?.name
  if (resource === undefined) throw new UnknownScale(`no matches for kind "${kind}" in version "${apiVersion}"`)
  if (!resources.some((one) => one.name === `${resource}/scale`)) throw new UnknownScale(`${[resource, ...apiVersion.split('/').slice(0, -1)].join('.')} does not implement the scale subresource`)
  const scale = await ask<{ readonly metadata: { readonly uid?: string }; readonly spec?: { readonly replicas?: number } }>(`${root}/namespaces/${namespace}/${resource}/${name}/scale`)
  return scale?.metadata.uid === uid ? scale.spec?.replicas ?? 0 : undefined
}

const unmanagedText = (budget: PodDisruptionBudget): string =>
  `Pods selected by this PodDisruptionBudget (selector: ${printSelector(selectorOf(budget))}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. `
  + 'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.'
