import { controllerOf, indexOf, watching, type Again, type Cluster, type Controller } from '#client'
import { deployment, pod, replicaSet, type Deployment, type DeploymentStatus, type ReplicaSet } from '#kinds'
import { ApiError, is, same, selectorFrom } from '#machinery'
import { claim } from './claim.ts'
import { controlledPods } from './replicas/candidates.ts'
import { isFinished } from './pod-state.ts'
import { conditionOf, withCondition } from './deployment/conditions.ts'
import { annotationsOfNew, byAge, byRevision, maxRevision, newSetFor, newSetOf, revisionAnnotation, revisionOf, sameTemplate, sizeAnnotations } from './deployment/revision.ts'
import { isRollingBack, rollBack } from './deployment/rollback.ts'
import { isRolling, rollingSteps, sizeOf, sizeOfNew, wantedSize, type Resize } from './deployment/rollout.ts'
import { isScaling, scalingSteps } from './deployment/scaling.ts'
import { condition, countsOf, hasDeadline, isComplete, rolloutStatus, untilLate } from './deployment/status.ts'

/** ReplicaSets without a controller, by namespace. */
const orphanSets = indexOf(replicaSet, (rs) => (controllerOf(rs) ? [] : [rs.metadata.namespace ?? '']))

/** Rolls pods over from one template to the next, by growing and shrinking one ReplicaSet per template. */
export const deploymentController: Controller<Deployment> = {
  name: 'deployment', for: deployment, owns: [replicaSet],
  watches: [
    watching(replicaSet, (rs, cluster) => (controllerOf(rs) ? [] : cluster.list(deployment, { namespace: rs.metadata.namespace })
      .filter((d) => selectorFrom(d.spec.selector).matches(rs.metadata.labels)).map((d) => d.metadata))),
    // Recreate waits for the last old pod to be gone, which no ReplicaSet's status tells.
    { kind: pod, map: ({ type, object }, cluster) => (type === 'DELETED' ? recreatingOwner(object.metadata.namespace, controllerOf(object)?.name, cluster) : []) },
  ],

  async reconcile(d, cluster) {
    if (selectorFrom(d.spec.selector).empty) return selectsAll(d, cluster)
    const found = [...cluster.list(replicaSet, { namespace: d.metadata.namespace, owner: d }), ...cluster.by(orphanSets, d.metadata.namespace ?? '')]
    const sets = await claim(deployment, d, replicaSet, selectorFrom(d.spec.selector), found, cluster)
    if (d.metadata.deletionTimestamp) {
      await cluster.updateStatus(deployment, d, countsOf(d, sets, newSetOf(d, sets), cluster.clock.now()))
      return
    }
    if (isRollingBack(d)) return rollBack(d, sets, cluster)
    return rollOut(await notePause(d, cluster), sets, cluster)
  },
}

async function rollOut(d: Deployment, sets: readonly ReplicaSet[], cluster: Cluster): Promise<Again | void> {
  if (d.spec.paused || isScaling(d, sets)) {
    const { fresh, old, owner } = await sync(d, sets, false, cluster)
    await resize(owner, scalingSteps(owner, fresh, old), true, cluster)
    if (d.spec.paused) await forgetOld(owner, old, cluster)
    await cluster.updateStatus(deployment, owner, countsOf(owner, fresh ? [...old, fresh] : old, fresh, cluster.clock.now()))
    return
  }
  const now = cluster.clock.now()
  const { fresh, old, owner } = await sync(d, sets, isRolling(d) || !oldPodsLeft(newSetOf(d, sets), sets, cluster), cluster)
  const all = fresh ? [...old, fresh] : old
  const steps = isRolling(d) ? fresh ? rollingSteps(d, fresh, old) : [] : recreateSteps(d, fresh, old, cluster)
  if (steps.length > 0) await resize(owner, steps, false, cluster)
  else if (isComplete(d, d.status)) await forgetOld(owner, old, cluster)
  const status = rolloutStatus(owner, all, fresh, now)
  await cluster.updateStatus(deployment, owner, status)
  const wait = untilLate(d, status, now)
  return wait === undefined ? undefined : { againIn: wait }
}

/** Recreate: all old pods go first, then the new ones come at once. */
function recreateSteps(d: Deployment, fresh: ReplicaSet | undefined, old: readonly ReplicaSet[], cluster: Cluster): Resize[] {
  const down = old.filter((rs) => sizeOf(rs) > 0)
  if (down.length > 0) return down.map((set) => ({ set, to: 0 }))
  return fresh && sizeOf(fresh) !== wantedSize(d) && !oldPodsLeft(fresh, [...old, fresh], cluster) ? [{ set: fresh, to: wantedSize(d) }] : []
}
function oldPodsLeft(fresh: ReplicaSet | undefined, sets: readonly ReplicaSet[], cluster: Cluster): boolean {
  return sets.some((rs) => rs.metadata.uid !== fresh?.metadata.uid
    && (sizeOf(rs) > 0 || rs.status.replicas > 0 || controlledPods(rs, cluster).some((p) => !isFinished(p))))
}

interface Synced { readonly fresh: ReplicaSet | undefined; readonly old: readonly ReplicaSet[]; readonly owner: Deployment }

/** The new ReplicaSet (made when there is none and `create` says so) with its revision, and the others. */
async function sync(d: Deployment, sets: readonly ReplicaSet[], create: boolean, cluster: Cluster): Promise<Synced> {
  const existing = newSetOf(d, sets), old = sets.filter((rs) => rs !== existing)
  const revision = maxRevision(old) + 1n
  if (existing) return { ...await keepNew(d, existing, revision, cluster), old }
  return create ? { ...await makeNew(d, old, revision, cluster), old } : { fresh: undefined, old, owner: d }
}

async function keepNew(d: Deployment, existing: ReplicaSet, revision: bigint, cluster: Cluster): Promise<{ fresh: ReplicaSet; owner: Deployment }> {
  const annotations = annotationsOfNew(d, existing.metadata.annotations, revision), minReadySeconds = d.spec.minReadySeconds ?? 0
  let fresh = existing
  if (!same(annotations, existing.metadata.annotations ?? {}) || (existing.spec.minReadySeconds ?? 0) !== minReadySeconds)
    fresh = await cluster.update(replicaSet, { ...existing, metadata: { ...existing.metadata, annotations: { ...annotations } }, spec: { ...existing.spec, minReadySeconds } })
  const progress = conditionOf(d.status.conditions, 'Progressing') || !hasDeadline(d) ? undefined
    : condition('Progressing', 'True', 'FoundNewReplicaSet', `Found new replica set "${fresh.metadata.name}"`, cluster.clock.now())
  return { fresh, owner: await noteRevision(d, revisionOf(fresh), progress, cluster) }
}

async function makeNew(d: Deployment, old: readonly ReplicaSet[], revision: bigint, cluster: Cluster): Promise<{ fresh: ReplicaSet | undefined; owner: Deployment }> {
  const now = cluster.clock.now(), replicas = sizeOfNew(d, old, 0), wanted = newSetFor(d, revision, replicas), name = wanted.metadata.name ?? ''
  try {
    const fresh = await cluster.create(replicaSet, wanted)
    if (replicas > 0) cluster.events.record(deployment, d, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicas}`)
    const progress = hasDeadline(d) ? condition('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`, now) : undefined
    return { fresh, owner: await noteRevision(d, revision, progress, cluster) }
  } catch (error) {
    if (is(error, 'AlreadyExists')) return { fresh: undefined, owner: await takenName(d, name, cluster, error) }
    if (error instanceof ApiError && !error.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating')) {
      const message = `Failed to create new replica set "${name}": ${error.message}`
      cluster.events.record(deployment, d, 'Warning', 'ReplicaSetCreateError', message)
      if (hasDeadline(d)) await setConditions(d, withCondition(d.status.conditions ?? [], condition('Progressing', 'False', 'ReplicaSetCreateError', message, now)), cluster)
    }
    throw error
  }
}

/** The name is in use: by our own ReplicaSet that the cache has not shown yet (come again), or by another template (take another name). */
async function takenName(d: Deployment, name: string, cluster: Cluster, error: unknown): Promise<never> {
  const there = await cluster.client.get(replicaSet, { name, namespace: d.metadata.namespace })
  if (controllerOf(there)?.uid !== d.metadata.uid || !sameTemplate(there, d))
    await cluster.updateStatus(deployment, d, { ...d.status, collisionCount: (d.status.collisionCount ?? 0) + 1 })
  throw error
}

/** The Deployment remembers the revision it is at, and how it came there. */
async function noteRevision(d: Deployment, revision: bigint, progress: ReturnType<typeof condition> | undefined, cluster: Cluster): Promise<Deployment> {
  const annotations = { ...d.metadata.annotations, [revisionAnnotation]: String(revision) }
  const conditions = progress ? withCondition(d.status.conditions ?? [], progress) : d.status.conditions ?? []
  if (same(annotations, d.metadata.annotations ?? {}) && same(conditions, d.status.conditions ?? [])) return d
  const noted: Deployment = { ...d, metadata: { ...d.metadata, annotations }, status: { ...d.status, ...(conditions.length > 0 && { conditions: [...conditions] }) } }
  // Through /status, where annotations may change without a new generation.
  return cluster.update(deployment, noted, { subresource: 'status' })
}
const setConditions = (d: Deployment, conditions: readonly ReturnType<typeof condition>[], cluster: Cluster): Promise<Deployment> =>
  cluster.updateStatus(deployment, d, { ...d.status, conditions: [...conditions] } satisfies DeploymentStatus)

/** Gives ReplicaSets their sizes, each with an event; scaling also notes the size they were scaled for when it stays. */
async function resize(d: Deployment, steps: readonly Resize[], scaling: boolean, cluster: Cluster): Promise<void> {
  for (const { set, to } of steps) {
    const from = sizeOf(set), annotations = { ...set.metadata.annotations, ...sizeAnnotations(d) }
    if (from === to && (!scaling || same(annotations, set.metadata.annotations ?? {}))) continue
    await cluster.update(replicaSet, { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas: to } })
    if (from !== to) cluster.events.record(deployment, d, 'Normal', 'ScalingReplicaSet', `Scaled ${to > from ? 'up' : 'down'} replica set ${set.metadata.name} from ${from} to ${to}`)
  }
}

/** Old ReplicaSets without pods, beyond the history limit, are deleted: the oldest revisions first. */
async function forgetOld(d: Deployment, old: readonly ReplicaSet[], cluster: Cluster): Promise<void> {
  const limit = d.spec.revisionHistoryLimit
  if (limit === undefined || limit === 2 ** 31 - 1) return
  const candidates = old.filter((rs) => !rs.metadata.deletionTimestamp).toSorted((a, b) => byRevision(a, b) || byAge(a, b))
  for (const rs of candidates.slice(0, Math.max(0, candidates.length - limit))) {
    if (sizeOf(rs) > 0 || rs.status.replicas > 0 || (rs.metadata.generation ?? 0) > (rs.status.observedGeneration ?? 0)) continue
    await cluster.delete(replicaSet, rs)
  }
}

/** Pausing and resuming restart the progress deadline, and show in the Progressing condition. */
async function notePause(d: Deployment, cluster: Cluster): Promise<Deployment> {
  const progress = conditionOf(d.status.conditions, 'Progressing')
  if (!hasDeadline(d) || progress?.reason === 'ProgressDeadlineExceeded') return d
  const noted = progress?.reason === 'DeploymentPaused', now = cluster.clock.now()
  if (d.spec.paused && !noted)
    return setConditions(d, withCondition(d.status.conditions ?? [], condition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', now)), cluster)
  if (!d.spec.paused && noted)
    return setConditions(d, withCondition(d.status.conditions ?? [], condition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', now)), cluster)
  return d
}

async function selectsAll(d: Deployment, cluster: Cluster): Promise<void> {
  cluster.events.record(deployment, d, 'Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.')
  if ((d.status.observedGeneration ?? 0) < (d.metadata.generation ?? 0)) await cluster.updateStatus(deployment, d, { ...d.status, observedGeneration: d.metadata.generation ?? 0 })
}

function recreatingOwner(namespace: string | undefined, setName: string | undefined, cluster: Cluster) {
  const rs = setName === undefined ? undefined : cluster.get(replicaSet, { name: setName, namespace })
  const name = rs && controllerOf(rs)?.name, d = name === undefined ? undefined : cluster.get(deployment, { name, namespace })
  return d && !isRolling(d) ? [d.metadata] : []
}
