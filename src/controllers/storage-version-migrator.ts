// Writes all objects of a resource again, unchanged: the server keeps them as it would keep them today (KEP-4192).
import { discover, type Client, type Cluster, type Controller } from '#client'
import type { StorageVersionMigration } from '#kinds'
import { ApiError, formatTime, is, type AnyObject, type Kind } from '#machinery'

const name = 'storage-version-migrator', manager = `${name}-controller`, pageSize = 500
type Conditions = NonNullable<StorageVersionMigration['status']['conditions']>
const isTrue = ({ status: { conditions = [] } }: StorageVersionMigration, wanted: string) => conditions.some(({ type, status }) => type === wanted && status === 'True')

export const storageVersionMigrator = (kind: Kind<StorageVersionMigration>): Controller<StorageVersionMigration> => ({
  name, for: kind, workers: 1,
  async reconcile(migration, cluster) {
    if (isTrue(migration, 'Succeeded') || isTrue(migration, 'Failed')) return
    const { group, resource } = migration.spec.resource
    const end = (now: StorageVersionMigration, type: 'Succeeded' | 'Failed', message = '') => cluster.updateStatus(kind, now, { ...now.status, conditions: withTrue(now, type, message, cluster) })
    const what = (await discover(cluster.client)).kinds.find((one) => one.resource === resource && one.group === group)
    if (!what) { await end(migration, 'Failed', 'resource not found'); return }
    let running = migration
    try {
      const resourceVersion = migration.status.resourceVersion ?? (await cluster.client.list(what, { limit: 1 })).resourceVersion
      running = await cluster.updateStatus(kind, migration, { resourceVersion, conditions: withTrue(migration, 'Running', '', cluster) })
      await rewriteAll(what, cluster.client)
    } catch (error) {
      if (!(error instanceof ApiError) || passing.some((reason) => is(error, reason))) throw error
      await end(running, 'Failed', error.message)
      return
    }
    await end(running, 'Succeeded')
  },
})
/** What may go better the next time. */
const passing = ['Conflict', 'TooManyRequests', 'InternalError', 'ServiceUnavailable', 'Timeout', 'ServerTimeout'] as const

async function rewriteAll(kind: Kind<AnyObject>, client: Client): Promise<void> {
  let next: string | undefined
  do {
    const page = await client.list(kind, { limit: pageSize, ...(next && { continue: next }) })
    for (const { metadata: { name, namespace, uid, resourceVersion } } of page.items) {
      const identity = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name, ...(namespace && { namespace }), uid, resourceVersion } }
      try { await client.patch(kind, { name, namespace }, 'apply', identity, { fieldManager: manager }) } catch (error) {
        // Somebody else has just written it, or it is gone.
        if (!is(error, 'Conflict') && !is(error, 'NotFound')) throw error
      }
    }
    next = page.continue
  } while (next)
}

/** Its conditions, with this one true; what is over runs no more. */
function withTrue({ status: { conditions = [] } }: StorageVersionMigration, type: 'Running' | 'Succeeded' | 'Failed', message: string, { clock }: Cluster): Conditions {
  if (conditions.some((one) => one.type === type && one.status === 'True')) return conditions
  const lastTransitionTime = formatTime(clock.now()), reason = `StorageVersionMigration${type === 'Running' ? 'InProgress' : type}`
  return [...conditions.filter((one) => one.type !== type).map((one) => (one.type === 'Running' ? { ...one, status: 'False' as const, lastTransitionTime } : one)), { type, status: 'True', reason, message, lastTransitionTime }]
}
