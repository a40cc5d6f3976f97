// extensions/v1beta1, apps/v1beta1 and apps/v1beta2: the workloads before apps/v1. Selectors were made from the template's labels and could
// be changed; old revisions were kept for ever; nothing happened by itself to daemons and stateful sets.
import { s, type FieldError, type Fields, type Kind, type LabelSelector, type Rules, type ServedVersion } from '#machinery'
import { controllerRevision } from '../apps/controllerrevision.ts'
import { daemonSet, type DaemonSet } from '../apps/daemonset.ts'
import { deployment, type Deployment } from '../apps/deployment.ts'
import { replicaSet, type ReplicaSet } from '../apps/replicaset.ts'
import { statefulSet, type StatefulSet } from '../apps/statefulset.ts'
import { replicationController } from '../core/replicationcontroller.ts'
import { annotated, former, inOrder, type Former } from './former.ts'

const extensions = { group: 'extensions', version: 'v1beta1', names: 'io.k8s.api.extensions.v1beta1' }
const beta1 = { version: 'v1beta1', names: 'io.k8s.api.apps.v1beta1' }
const beta2 = { version: 'v1beta2', names: 'io.k8s.api.apps.v1beta2' }

/** As if there were no limit: what int32 can hold. */
const unlimited = 2 ** 31 - 1

interface Workload { metadata: { labels?: Record<string, string> }; spec: { selector?: LabelSelector; template: { metadata?: { labels?: Record<string, string> } } } }
/** A selector and labels that nobody gave are those of the template. */
function fromTemplate(object: Workload): void {
  const { metadata, spec } = object, labels = spec.template.metadata?.labels
  if (!labels || Object.keys(labels).length === 0) return
  spec.selector ??= { matchLabels: { ...labels } }
  if (!metadata.labels || Object.keys(metadata.labels).length === 0) metadata.labels = { ...labels }
}
/** Selectors could be changed then. */
const mutableSelector = (kind: Kind): Rules<any> => ({ // allowed: objects of any workload
  validate: (object, old, subresource) => (kind.rules.validate?.(object, old, subresource) ?? []).filter((e: FieldError) => !(e.field === 'spec.selector' && e.message.includes('field is immutable'))),
})
const then = <T>(kind: Kind, first: (object: T) => void) => (object: T): void => { first(object); kind.rules.defaults?.(object as never) }

const rollbackKey = 'deprecated.deployment.rollback.to'
const rollbackTo = (names: string) => (fields: Fields): Fields => inOrder({ ...fields, rollbackTo: s.object(`${names}.RollbackConfig`, { revision: s.int64() }) })
type WithRollback = Deployment & { spec: { rollbackTo?: { revision?: number } } }
/** A rollback that was asked for travels as an annotation. */
const rollback: Pick<Former, 'from' | 'to'> = {
  from: (o: WithRollback) => {
    const { rollbackTo: asked, ...spec } = o.spec
    return asked ? { ...annotated(o, { [rollbackKey]: String(asked.revision ?? 0) }), spec } : o
  },
  to: (o: Deployment) => {
    const revision = o.metadata.annotations?.[rollbackKey]
    return revision === undefined ? o : { ...annotated(o, { [rollbackKey]: undefined }), spec: { ...o.spec, rollbackTo: { ...(Number(revision) !== 0 && { revision: Number(revision) }) } } }
  },
}
function deploymentThen(amount: number | string, kept: number, deadline: number) {
  return then<Deployment>(deployment, (o) => {
    fromTemplate(o as Workload)
    const { spec } = o
    spec.strategy.type ||= 'RollingUpdate'
    if (spec.strategy.type === 'RollingUpdate') {
      const rolling = (spec.strategy.rollingUpdate ??= {})
      rolling.maxUnavailable ??= amount
      rolling.maxSurge ??= amount
    }
    spec.revisionHistoryLimit ??= kept
    spec.progressDeadlineSeconds ??= deadline
  })
}

const generationKey = 'deprecated.daemonset.template.generation'
type WithGeneration = DaemonSet & { spec: { templateGeneration?: number } }

export const formerDeployments: readonly ServedVersion<any>[] = [ // allowed: one list for versions of many shapes
  former(deployment, { ...beta2, parts: { scale: true }, deprecated: [9, 16] }),
  former(deployment, { ...beta1, orphans: true, parts: { scale: true, rollback: true }, deprecated: [8, 16], differences: { DeploymentSpec: rollbackTo(beta1.names) }, ...rollback, rules: mutableSelector(deployment), defaults: deploymentThen('25%', 2, 600) }),
  former(deployment, { ...extensions, orphans: true, parts: { scale: true, rollback: true }, deprecated: [9, 16], differences: { DeploymentSpec: rollbackTo(extensions.names) }, ...rollback, rules: mutableSelector(deployment),
    defaults: deploymentThen(1, unlimited, unlimited) }),
]
export const formerReplicaSets: readonly ServedVersion<any>[] = [ // allowed: as above
  former(replicaSet, { ...beta2, orphans: true, parts: { scale: true }, deprecated: [9, 16] }),
  former(replicaSet, { ...extensions, orphans: true, parts: { scale: true }, deprecated: [9, 16], rules: mutableSelector(replicaSet), defaults: then<ReplicaSet>(replicaSet, (o) => fromTemplate(o as Workload)) }),
]
export const formerDaemonSets: readonly ServedVersion<any>[] = [ // allowed: as above
  former(daemonSet, { ...beta2, orphans: true, deprecated: [9, 16] }),
  former(daemonSet, {
    ...extensions, orphans: true, deprecated: [9, 16], rules: mutableSelector(daemonSet), differences: { DaemonSetSpec: (fields) => inOrder({ ...fields, templateGeneration: s.int64() }) },
    defaults: then<DaemonSet>(daemonSet, (o) => { fromTemplate(o as Workload); o.spec.updateStrategy.type ||= 'OnDelete' }),
    from: (o: WithGeneration) => {
      const { templateGeneration = 0, ...spec } = o.spec
      return { ...annotated(o, { [generationKey]: String(templateGeneration) }), spec }
    },
    to: (o: DaemonSet) => ({ ...annotated(o, { [generationKey]: undefined }), spec: { ...o.spec, ...(Number(o.metadata.annotations?.[generationKey] ?? 0) !== 0 && { templateGeneration: Number(o.metadata.annotations?.[generationKey]) }) } }),
  }),
]
export const formerStatefulSets: readonly ServedVersion<any>[] = [ // allowed: as above
  former(statefulSet, { ...beta2, orphans: true, parts: { scale: true }, deprecated: [9, 16] }),
  former(statefulSet, { ...beta1, orphans: true, parts: { scale: true }, deprecated: [8, 16], defaults: then<StatefulSet>(statefulSet, (o) => {
    fromTemplate(o as Workload)
    const { updateStrategy } = o.spec
    updateStrategy.type ||= 'OnDelete'
    if (updateStrategy.type === 'RollingUpdate') updateStrategy.rollingUpdate ??= {}
  }) }),
]
/** Nothing but a place for the scale of the real ones. */
export const formerReplicationControllers: readonly ServedVersion<any>[] = [ // allowed: as above
  former(replicationController, { ...extensions, kind: 'ReplicationControllerDummy', verbs: [], parts: { scale: true, onlyParts: true }, deprecated: [9, 16], shared: ['ReplicationController'] }),
]
export const formerControllerRevisions: readonly ServedVersion<any>[] = [ // allowed: as above
  former(controllerRevision, { ...beta2, deprecated: [9, 16] }), former(controllerRevision, { ...beta1, deprecated: [8, 16] }),
]
