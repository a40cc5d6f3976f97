import { type Again, type Change, type Cluster, type Controller } from '#client'
import { controllerRevision, daemonSet, node, pod, type ControllerRevision, type DaemonSet, type DaemonSetStatus, type Node, type Pod } from '#kinds'
import { same, selectorFrom, type AnyObject, type New } from '#machinery'
import { claim } from './claim.ts'
import { belongs, eldestFirst, limitsOf, needed, rolling, tolerationsOf, type OnNode } from './daemonset/placement.ts'
import { isAvailable, isReady, untilAvailable } from './pod-state.ts'
import { slowStart } from './replicas/batches.ts'
import { candidates } from './replicas/candidates.ts'
import { isNamespaceTerminating, podFrom } from './replicas/reconcile.ts'
import { forgetRevisions, newestRevision, revisionsOf } from './revisions/history.ts'
import { templateHash } from './template-hash/index.ts'

const hashLabel = 'controller-revision-hash'
const generationLabel = 'pod-template-generation'
const generationAnnotation = 'deprecated.daemonset.template.generation'
/** At most so many pods are created or deleted in one turn. */
const burst = 250

/** A pod that fails again and again on a node is killed later and later. */
const firstKillMs = 1_000
const lastKillMs = 15 * 60_000

/** Runs a pod on every node that the set asks for. */
export function daemonSetController(): Controller<DaemonSet> {
  /** By set and node: how often pods have failed there, and when the next may be killed. */
  const failures = new Map<string, { readonly times: number; readonly next: number }>()
  return {
    name: 'daemonset', identity: 'daemon-set-controller', for: daemonSet, owns: [pod, controllerRevision], reads: [node],
    watches: [{ kind: node, map: setsTouched }],

    async reconcile(ds, cluster) {
      if (ds.metadata.deletionTimestamp) return
      const selector = selectorFrom(ds.spec.selector)
      if (selector.empty) {
        cluster.events.record(daemonSet, ds, 'Warning', 'SelectingAll', 'This daemon set is selecting all pods. A non-empty selector is required.')
        return
      }
      const revisions = await revisionsOf(daemonSet, ds, ds.spec.selector, cluster)
      const newest = await newestRevision({ kind: daemonSet, owner: ds, template: ds.spec.template, labels: ds.spec.template.metadata?.labels ?? {}, annotations: ds.metadata.annotations ?? {}, hashLabel, hash: templateHash(ds.spec.template, ds.status.collisionCount) }, revisions, cluster)
      if ('collided' in newest) {
        await cluster.updateStatus(daemonSet, ds, { ...ds.status, collisionCount: (ds.status.collisionCount ?? 0) + 1 })
        return
      }
      const hash = newest.revision.metadata.labels?.[hashLabel] ?? '', now = cluster.clock.now(), minReady = ds.spec.minReadySeconds ?? 0
      const pods = await claim(daemonSet, ds, pod, selector, candidates(ds, cluster), cluster)
      const nodes = placed(ds, pods, cluster), desired = nodes.filter(({ run }) => run).length, limits = limitsOf(ds, desired)
      const isRolling = ds.spec.updateStrategy.type === 'RollingUpdate'
      const need = needed(nodes, isRolling ? limits.surge : 0, hash, minReady, now)
      const failed = killable(ds, need.failed, now), ended = [...failed.now, ...need.succeeded]
      const settled = need.create.length + need.remove.length + ended.length === 0
      const step = settled && isRolling ? rolling(nodes, limits, hash, minReady, now) : { create: need.create, remove: [...need.remove, ...ended] }
      for (const p of ended) tellOfFailed(ds, p, cluster)
      const error = await execute(ds, step, hash, cluster)
      await forgetRevisions(revisions.filter((revision) => revision !== newest.revision), ds.spec.revisionHistoryLimit ?? 10, isInUse(pods), cluster)
      await cluster.updateStatus(daemonSet, ds, statusOf(ds, nodes, hash, now))
      if (error) throw error
      return nextLook(pods, minReady, now, failed.againIn)
    },
  }

  /** Of the failed pods those whose time has come, and how long until the next one's. */
  function killable(ds: DaemonSet, failed: readonly Pod[], now: number): { readonly now: readonly Pod[]; readonly againIn: number | undefined } {
    let soonest: number | undefined
    const due = failed.filter((p) => {
      const key = `${ds.metadata.uid}/${p.spec.nodeName ?? ''}`, before = failures.get(key)
      if (before && before.next > now) { soonest = Math.min(soonest ?? Infinity, before.next - now); return false }
      const times = before && now - before.next < 2 * lastKillMs ? before.times + 1 : 0
      failures.set(key, { times, next: now + Math.min(firstKillMs * 2 ** times, lastKillMs) })
      return true
    })
    if (failures.size > maxFailures) failures.clear()
    return { now: due, againIn: soonest }
  }
}
const maxFailures = 10_000

function nextLook(pods: readonly Pod[], minReady: number, now: number, kill: number | undefined): Again | void {
  const waits = [untilAvailable(pods, minReady, now), kill].filter((wait) => wait !== undefined)
  if (waits.length > 0) return { againIn: Math.min(...waits) }
}
const isInUse = (pods: readonly Pod[]) => (revision: ControllerRevision): boolean => pods.some((p) => p.metadata.labels?.[hashLabel] === revision.metadata.labels?.[hashLabel])

/** A node that comes, goes, or is labelled or tainted otherwise concerns the sets for which that makes a difference. */
function setsTouched({ type, object, old }: Change<AnyObject>, cluster: Cluster) {
  const now = object as Node, before = old as Node | undefined
  if (type === 'MODIFIED' && before && same(now.metadata.labels, before.metadata.labels) && same(now.spec.taints, before.spec.taints)) return []
  return cluster.list(daemonSet).filter((ds) => type !== 'MODIFIED' || !before || !same(belongs(ds, now), belongs(ds, before))).map((ds) => ds.metadata)
}

/** Every node with the set's pods on it: by where they run, or where they are meant to. */
function placed(ds: DaemonSet, pods: readonly Pod[], cluster: Cluster): OnNode[] {
  const byNode = new Map<string, Pod[]>()
  for (const p of pods) {
    const name = p.spec.nodeName || targetOf(p)
    if (name === undefined) continue
    const there = byNode.get(name)
    if (there) there.push(p)
    else byNode.set(name, [p])
  }
  const nodes = cluster.list(node)
  // Pods bound to nodes that are gone are the pod garbage collector's; those only meant for one can never be placed.
  return nodes.map((n) => ({ node: n.metadata.name, ...belongs(ds, n), pods: byNode.get(n.metadata.name) ?? [] }))
    .concat([...byNode].filter(([name, there]) => !nodes.some((n) => n.metadata.name === name) && there.some((p) => !p.spec.nodeName))
      .map(([name, there]) => ({ node: name, run: false, stay: false, pods: there.filter((p) => !p.spec.nodeName) })))
}
function targetOf(p: Pod): string | undefined {
  const terms = p.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return terms.flatMap((term) => term.matchFields ?? []).find((field) => field.key === 'metadata.name')?.values?.[0]
}

async function execute(ds: DaemonSet, { create, remove }: { readonly create: readonly string[]; readonly remove: readonly Pod[] }, hash: string, cluster: Cluster): Promise<unknown> {
  const { events } = cluster, targets = create.slice(0, burst)
  let at = 0
  const { error } = await slowStart(targets.length, async () => {
    const name = targets[at++] ?? ''
    try {
      const made = await cluster.create(pod, podFor(ds, name, hash))
      events.record(daemonSet, ds, 'Normal', 'SuccessfulCreate', `Created pod: ${made.metadata.name}`)
    } catch (failure) {
      if (isNamespaceTerminating(failure)) return
      events.record(daemonSet, ds, 'Warning', 'FailedCreate', `Error creating: ${failure instanceof Error ? failure.message : String(failure)}`)
      throw failure
    }
  })
  const deleted = await Promise.allSettled(remove.slice(0, burst).map(async (victim) => {
    try {
      await cluster.delete(pod, victim)
      events.record(daemonSet, ds, 'Normal', 'SuccessfulDelete', `Deleted pod: ${victim.metadata.name}`)
    } catch (failure) {
      events.record(daemonSet, ds, 'Warning', 'FailedDelete', `Error deleting: ${failure instanceof Error ? failure.message : String(failure)}`)
      throw failure
    }
  }))
  return error ?? deleted.find((result) => result.status === 'rejected')?.reason
}

function podFor(ds: DaemonSet, nodeName: string, hash: string): New<Pod> {
  const { template } = ds.spec, { metadata, spec } = podFrom({ kind: daemonSet, object: ds, template }), generation = ds.metadata.annotations?.[generationAnnotation]
  const affinity = template.spec.affinity ?? {}, required = { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }] }
  return {
    metadata: { ...metadata, labels: { ...metadata.labels, ...(generation !== undefined && { [generationLabel]: generation }), [hashLabel]: hash } },
    spec: { ...spec, tolerations: tolerationsOf(template), affinity: { ...affinity, nodeAffinity: { ...affinity.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required } } },
  }
}

function tellOfFailed(ds: DaemonSet, p: Pod, cluster: Cluster): void {
  const name = `${p.metadata.namespace ?? ''}/${p.metadata.name}`, where = p.spec.nodeName ?? ''
  if (p.status.phase === 'Failed') cluster.events.record(daemonSet, ds, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${name} on node ${where}, will try to kill it`)
  else cluster.events.record(daemonSet, ds, 'Normal', 'SucceededDaemonPod', `Found succeeded daemon pod ${name} on node ${where}, will try to delete it`)
}

/** Zero counts are left out where the server does. */
function statusOf(ds: DaemonSet, nodes: readonly OnNode[], hash: string, now: number): DaemonSetStatus {
  let desired = 0, current = 0, misscheduled = 0, ready = 0, updated = 0, available = 0
  for (const { run, pods } of nodes) {
    if (!run) { if (pods.length > 0) misscheduled++; continue }
    desired++
    const [p] = eldestFirst(pods)
    if (!p) continue
    current++
    if (isReady(p)) { ready++; if (isAvailable(p, ds.spec.minReadySeconds ?? 0, now)) available++ }
    if (p.metadata.labels?.[hashLabel] === hash) updated++
  }
  const unavailable = desired - available
  return {
    currentNumberScheduled: current, desiredNumberScheduled: desired, numberMisscheduled: misscheduled, numberReady: ready,
    ...(available > 0 && { numberAvailable: available }), ...(unavailable > 0 && { numberUnavailable: unavailable }), ...(updated > 0 && { updatedNumberScheduled: updated }),
    ...(ds.metadata.generation && { observedGeneration: ds.metadata.generation }),
    ...(ds.status.collisionCount !== undefined && { collisionCount: ds.status.collisionCount }), ...(ds.status.conditions && { conditions: ds.status.conditions }),
  }
}
