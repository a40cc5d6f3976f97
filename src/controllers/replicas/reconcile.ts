// What ReplicaSets and ReplicationControllers have in common: keep so many pods of a template.
import { controlledBy, type Again, type Cluster } from '#client'
import { pod, type Pod, type ReplicaSetStatus } from '#kinds'
import { ApiError, formatTime, selectorFrom, type AnyObject, type Kind, type LabelSelector, type New } from '#machinery'
import { isActive, isAvailable, isFinished, isReady, isTerminating, untilAvailable } from '../pod-state.ts'
import { claim } from '../claim.ts'
import { slowStart } from './batches.ts'
import { candidates } from './candidates.ts'
import { plan } from './plan.ts'

/** An object that asks for replicas of a pod. */
export interface Replicated {
  readonly kind: Kind
  readonly object: AnyObject
  readonly replicas: number
  readonly minReadySeconds: number
  readonly selector: LabelSelector
  readonly template: Template
  /** Active pods that count when asking how crowded a node is; asked for only when some must go. */
  readonly related: () => readonly Pod[]
}
export interface Template { readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>>; readonly finalizers?: readonly string[] }; readonly spec?: Pod['spec'] }

export interface Outcome { readonly status: ReplicaSetStatus; readonly again: Again | undefined; readonly error: unknown }

/** Claims, creates and deletes pods; the status says what was found before that, and whether it failed. Never throws for a refused pod. */
export async function reconcileReplicas(wanted: Replicated, old: ReplicaSetStatus, cluster: Cluster): Promise<Outcome> {
  const { object, kind } = wanted, now = cluster.clock.now()
  const selector = selectorFrom(wanted.selector), found = candidates(object, cluster)
  const active = await claim(kind, object, pod, selector, found.filter(isActive), cluster)
  const terminating = found.filter((p) => isTerminating(p) && !isFinished(p) && selector.matches(p.metadata.labels) && p.metadata.ownerReferences?.some((o) => o.uid === object.metadata.uid))
  const steps = plan(wanted.replicas, active, active.length > wanted.replicas ? wanted.related() : [], now)
  const error = object.metadata.deletionTimestamp ? undefined : await execute(wanted, steps, cluster)
  const failure = error === undefined ? undefined : steps.create > 0 ? { reason: 'FailedCreate', message: messageOf(error) } : { reason: 'FailedDelete', message: `unable to delete pods: ${messageOf(error)}` }
  const status = statusOf(wanted, active, terminating.length, old, failure, now)
  const wait = untilAvailable(active, wanted.minReadySeconds, now)
  return { status, again: wait === undefined ? undefined : { againIn: wait }, error }
}

async function execute(wanted: Replicated, steps: ReturnType<typeof plan>, cluster: Cluster): Promise<unknown> {
  const { kind, object } = wanted, { events } = cluster
  if (steps.create > 0) {
    const { error } = await slowStart(steps.create, async () => {
      try {
        const made = await cluster.create(pod, podFrom(wanted))
        events.record(kind, object, 'Normal', 'SuccessfulCreate', `Created pod: ${made.metadata.name}`)
      } catch (error) {
        // Its namespace goes: there is nothing to be done, and no failure to be told of.
        if (isNamespaceTerminating(error)) return
        events.record(kind, object, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`)
        throw error
      }
    })
    return error
  }
  const results = await Promise.allSettled(steps.remove.map(async (victim) => {
    try {
      await cluster.delete(pod, victim)
      events.record(kind, object, 'Normal', 'SuccessfulDelete', `Deleted pod: ${victim.metadata.name}`)
    } catch (error) {
      events.record(kind, object, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`)
      throw error
    }
  }))
  return results.find((result) => result.status === 'rejected')?.reason
}

/** The pod that a template describes, owned by `object`. */
export function podFrom({ kind, object, template }: Pick<Replicated, 'kind' | 'object' | 'template'>): New<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  return {
    metadata: { generateName: `${object.metadata.name}-`, namespace: object.metadata.namespace ?? '', ownerReferences: [controlledBy(kind, object)],
      ...(labels && { labels: { ...labels } }), ...(annotations && { annotations: { ...annotations } }), ...(finalizers && { finalizers: [...finalizers] }) },
    spec: template.spec ?? {},
  }
}

/** Zero counts are left out, as the server does. */
export function statusOf(wanted: Replicated, active: readonly Pod[], terminating: number, old: ReplicaSetStatus, failure: { reason: string; message: string } | undefined, now: number): ReplicaSetStatus {
  const labels = Object.entries(wanted.template.metadata?.labels ?? {})
  const count = (holds: (p: Pod) => boolean) => active.reduce((sum, p) => sum + Number(holds(p)), 0)
  const labelled = count((p) => labels.every(([key, value]) => p.metadata.labels?.[key] === value))
  const ready = count(isReady), available = count((p) => isAvailable(p, wanted.minReadySeconds, now))
  const others = (old.conditions ?? []).filter((c) => c.type !== 'ReplicaFailure')
  const before = old.conditions?.find((c) => c.type === 'ReplicaFailure')
  const conditions = failure
    ? [...others, before ?? { type: 'ReplicaFailure', status: 'True', reason: failure.reason, message: failure.message, lastTransitionTime: formatTime(now) }]
    : others
  return {
    replicas: active.length, terminatingReplicas: terminating,
    ...(wanted.object.metadata.generation && { observedGeneration: wanted.object.metadata.generation }),
    ...(labelled > 0 && { fullyLabeledReplicas: labelled }), ...(ready > 0 && { readyReplicas: ready }), ...(available > 0 && { availableReplicas: available }),
    ...(conditions.length > 0 && { conditions }),
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
/** Whether something was refused since its namespace is going away: then nobody need hear of it. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  error instanceof ApiError && (error.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false)
