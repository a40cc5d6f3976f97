// Going back to an earlier revision because an annotation asks for it: what the rollback subresource of the first API versions leaves behind.
import type { Cluster } from '#client'
import { deployment, type Deployment, type ReplicaSet } from '#kinds'
import { byRevision, revisionIn, revisionOf, sameTemplate } from './revision.ts'

const asked = 'deprecated.deployment.rollback.to'
const hashLabel = 'pod-template-hash'

export const isRollingBack = (d: Deployment): boolean => d.metadata.annotations?.[asked] !== undefined

export type RollbackPlan = { readonly to: ReplicaSet } | { readonly warning: readonly [reason: string, message: string] }
/** Which ReplicaSet's template the deployment goes back to: the one of that revision; 0 is the newest but one. */
export function planRollback(d: Deployment, sets: readonly ReplicaSet[]): RollbackPlan {
  const revision = revisionIn(d.metadata.annotations?.[asked]) || ([...new Set(sets.toSorted(byRevision).map(revisionOf))].at(-2) ?? 0n)
  if (!revision) return { warning: ['DeploymentRollbackRevisionNotFound', 'Unable to find last revision.'] }
  const to = sets.find((rs) => revisionOf(rs) === revision)
  if (!to) return { warning: ['DeploymentRollbackRevisionNotFound', 'Unable to find the revision to rollback to.'] }
  if (sameTemplate(to, d)) return { warning: ['DeploymentRollbackTemplateUnchanged', `The rollback revision contains the same template as current deployment ${JSON.stringify(d.metadata.name)}`] }
  return { to }
}

/** Puts the old template in and forgets the wish, whatever came of it. */
export async function rollBack(d: Deployment, sets: readonly ReplicaSet[], cluster: Cluster): Promise<void> {
  const plan = planRollback(d, sets)
  const { [asked]: _, ...annotations } = d.metadata.annotations ?? {}
  const metadata = { ...d.metadata, annotations }
  if ('warning' in plan) {
    cluster.events.record(deployment, d, 'Warning', plan.warning[0], plan.warning[1])
    await cluster.update(deployment, { ...d, metadata })
    return
  }
  const { template } = plan.to.spec, { [hashLabel]: _hash, ...labels } = template?.metadata?.labels ?? {}
  await cluster.update(deployment, { ...d, metadata, spec: { ...d.spec, template: { ...template, metadata: { ...template?.metadata, labels } } as Deployment['spec']['template'] } })
  cluster.events.record(deployment, d, 'Normal', 'DeploymentRollback', `Rolled back deployment ${JSON.stringify(d.metadata.name)} to revision ${revisionOf(plan.to)}`)
}
