import { type Again, type Cluster, type Controller } from '#client'
import { controllerRevision, persistentVolumeClaim, pod, statefulSet, type ControllerRevision, type Pod, type StatefulSet, type StatefulSetStatus } from '#kinds'
import { is, selectorFrom } from '#machinery'
import { claim } from './claim.ts'
import { isAvailable, isTerminating, untilAvailable } from './pod-state.ts'
import { candidates } from './replicas/candidates.ts'
import { dataOf, forgetRevisions, newestRevision, revisionsOf, templateOf } from './revisions/history.ts'
import { isHealthy, nameLabel, ordinalOf, plan, revisionLabel, type Step } from './statefulset/plan.ts'
import { claimOwners, claimsFor, podFor, podName } from './statefulset/pods.ts'
import { dataHash } from './template-hash/index.ts'

/** Keeps pods with names, places in an order, and storage of their own. */
export const statefulSetController: Controller<StatefulSet> = {
  name: 'statefulset', for: statefulSet, owns: [pod, controllerRevision], reads: [persistentVolumeClaim],

  async reconcile(set, cluster) {
    const selector = selectorFrom(set.spec.selector)
    if (selector.empty) return
    const all = await revisionsOf(statefulSet, set, set.spec.selector, cluster)
    const newest = await newestRevision({ kind: statefulSet, owner: set, template: set.spec.template, labels: set.spec.template.metadata?.labels ?? {}, annotations: set.metadata.annotations ?? {}, hashLabel: 'controller.kubernetes.io/hash', hash: dataHash(dataOf(set.spec.template), set.status.collisionCount ?? 0) }, all, cluster)
    if ('collided' in newest) {
      await cluster.updateStatus(statefulSet, set, { ...set.status, collisionCount: (set.status.collisionCount ?? 0) + 1 })
      return
    }
    const update = newest.revision, current = all.find((revision) => revision.metadata.name === set.status.currentRevision) ?? update
    const found = candidates(set, cluster).filter((p) => ordinalOf(set, p) !== undefined)
    const pods = await claim(statefulSet, set, pod, selector, found, cluster), now = cluster.clock.now()
    const status = statusOf(set, pods, current.metadata.name, update.metadata.name, now)
    let failure: unknown, replaced = 0
    if (!set.metadata.deletionTimestamp) {
      const steps = plan({ ...set, status }, pods, update.metadata.name, now)
      for (const step of steps) {
        try {
          await execute(set, step, current, update, cluster)
          if (step.act === 'delete' && step.isUpdate) replaced++
        } catch (error) { failure ??= error }
      }
      await keepClaims(set, pods, cluster)
    }
    await cluster.updateStatus(statefulSet, set, replaced > 0 ? fewerCurrent(status, replaced) : status)
    if (failure) throw failure
    const used = new Set([current.metadata.name, update.metadata.name, ...pods.map((p) => p.metadata.labels?.[revisionLabel])])
    await forgetRevisions(all, set.spec.revisionHistoryLimit ?? 10, (revision) => used.has(revision.metadata.name), cluster)
    return nextLook(pods, set.spec.minReadySeconds ?? 0, now)
  },
}

const nextLook = (pods: readonly Pod[], minReady: number, now: number): Again | void => {
  const wait = untilAvailable(pods, minReady, now)
  if (wait !== undefined) return { againIn: wait }
}

async function execute(set: StatefulSet, step: Step, current: ControllerRevision, update: ControllerRevision, cluster: Cluster): Promise<void> {
  const say = (type: 'Normal' | 'Warning', reason: string, message: string) => cluster.events.record(statefulSet, set, type, reason, message)
  const whole = `StatefulSet ${set.metadata.name}`
  if (step.act === 'claim') return makeClaims(set, step.ordinal, say, cluster)
  if (step.act === 'name') {
    const { name } = step.pod.metadata
    await cluster.patch(pod, step.pod.metadata, 'merge', { metadata: { labels: { [nameLabel]: name } } })
    say('Normal', 'SuccessfulUpdate', `update Pod ${name} in ${whole} successful`)
    return
  }
  const name = step.act === 'create' ? podName(set, step.ordinal) : step.pod.metadata.name, verb = step.act
  try {
    if (step.act === 'create') {
      await makeClaims(set, step.ordinal, say, cluster)
      const revision = step.revision === 'current' ? current : update
      await cluster.create(pod, podFor(set, step.ordinal, revision === update ? set.spec.template : templateOf<StatefulSet['spec']['template']>(revision) ?? set.spec.template, revision.metadata.name))
    } else await cluster.delete(pod, step.pod)
    say('Normal', verb === 'create' ? 'SuccessfulCreate' : 'SuccessfulDelete', `${verb} Pod ${name} in ${whole} successful`)
  } catch (error) {
    say('Warning', verb === 'create' ? 'FailedCreate' : 'FailedDelete', `${verb} Pod ${name} in ${whole} failed error: ${error instanceof Error ? error.message : String(error)}`)
    throw error
  }
}

async function makeClaims(set: StatefulSet, ordinal: number, say: (type: 'Normal' | 'Warning', reason: string, message: string) => void, cluster: Cluster): Promise<void> {
  for (const wanted of claimsFor(set, ordinal)) {
    const { name = '', namespace } = wanted.metadata, there = cluster.get(persistentVolumeClaim, { name, namespace })
    if (there?.metadata.deletionTimestamp) throw new Error(`pvc ${name} is being deleted`)
    if (there) continue
    try {
      await cluster.create(persistentVolumeClaim, wanted)
      say('Normal', 'SuccessfulCreate', `create Claim ${name} Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name} success`)
    } catch (error) {
      if (is(error, 'AlreadyExists')) continue
      say('Warning', 'FailedCreate', `create Claim ${name} for Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name} failed error: ${error instanceof Error ? error.message : String(error)}`)
      throw error
    }
  }
}

/** Claims outlive their pods, unless the set says that they go with it, or with the pods it scales away. */
async function keepClaims(set: StatefulSet, pods: readonly Pod[], cluster: Cluster): Promise<void> {
  for (const p of pods) for (const { metadata: { name = '', namespace } } of claimsFor(set, ordinalOf(set, p) ?? 0)) {
    const there = cluster.get(persistentVolumeClaim, { name, namespace }), owners = there && claimOwners(set, p, there.metadata.ownerReferences ?? [])
    if (there && owners) await cluster.update(persistentVolumeClaim, { ...there, metadata: { ...there.metadata, ownerReferences: [...owners] } })
  }
}

/** What has just been told to go for an update is current no more. */
function fewerCurrent({ currentReplicas = 0, ...status }: StatefulSetStatus, by: number): StatefulSetStatus {
  return currentReplicas > by ? { ...status, currentReplicas: currentReplicas - by } : status
}

/** Zero counts are left out where the server does. */
function statusOf(set: StatefulSet, pods: readonly Pod[], currentRevision: string, updateRevision: string, now: number): StatefulSetStatus {
  const minReady = set.spec.minReadySeconds ?? 0, replicas = set.spec.replicas ?? 1
  const isUp = (p: Pod) => isHealthy(p) || (p.status.phase === 'Running' && isTerminating(p) && isAvailable(p, 0, now))
  const ready = pods.filter(isUp).length, available = pods.filter((p) => isUp(p) && isAvailable(p, minReady, now)).length
  const of = (revision: string) => pods.filter((p) => !isTerminating(p) && p.metadata.labels?.[revisionLabel] === revision).length
  const updated = of(updateRevision)
  // The update is through: what was new is now what is current.
  const through = set.spec.updateStrategy.type === 'RollingUpdate' && updated === replicas && ready === replicas && pods.length === replicas
  const current = through ? updated : of(currentRevision)
  return {
    replicas: pods.length, availableReplicas: available, currentRevision: through ? updateRevision : currentRevision, updateRevision,
    ...(ready > 0 && { readyReplicas: ready }), ...(current > 0 && { currentReplicas: current }), ...(updated > 0 && { updatedReplicas: updated }),
    ...(set.metadata.generation && { observedGeneration: set.metadata.generation }),
    collisionCount: set.status.collisionCount ?? 0, ...(set.status.conditions && { conditions: set.status.conditions }),
  }
}
