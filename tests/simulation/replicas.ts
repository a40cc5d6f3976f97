import { pod, replicaSet, replicationController, type Pod } from '#kinds'
import type { AnyObject, Kind, New } from '#machinery'
import { isActive, isReady, ownerOf, template } from './pods.ts'
import type { Scenario } from './stage.ts'

const target = { name: 'web', namespace: 'default' }
const labels = { app: 'web' }

export const replicas: Scenario = {
  name: 'replicas',
  promise: 'a ReplicaSet or ReplicationController makes no pod too many, and lets go of none that is another\'s',
  async play(stage) {
    const { cluster } = stage, { client } = cluster, isSet = stage.chance(0.5), kind: Kind = isSet ? replicaSet as Kind : replicationController as Kind
    let wanted = 1 + stage.roll(6), most = wanted, uid = '', strangers = 0
    const pods = stage.follow(pod, ({ now, before }) => {
      const p = now ?? before!
      stage.note(`${p.metadata.name} of ${ownerOf(p) ?? 'nobody'} ${!now ? 'gone' : !before ? 'made' : ''} ${p.metadata.deletionTimestamp ? 'leaving' : ''} ${p.status.phase ?? ''} ${p.metadata.labels?.['app'] ?? ''}`)
      const mine = [...pods.values()].filter((one) => ownerOf(one) === uid && isActive(one) && one.metadata.labels?.['app'] === 'web')
      if (now && !before && ownerOf(now) === uid) stage.expect(mine.length <= most, `${mine.length} pods where there were never more than ${most} asked for`)
      if (now && before && isActive(before) && now.metadata.deletionTimestamp && ownerOf(before) === undefined && !now.metadata.name.startsWith('bare')) stage.complain(`${now.metadata.name} is nobody's and is deleted`)
    })
    const made = await client.create(kind, { metadata: target, spec: { replicas: wanted, selector: isSet ? { matchLabels: labels } : labels, template: template(labels) } } as New<AnyObject>)
    uid = made.metadata.uid
    const mine = (p: Pod) => ownerOf(p) === uid
    for (let round = 0; round < 3; round++) {
      for (let n = 1 + stage.roll(5); n > 0; n--) {
        const all = [...pods.values()], one = all[stage.roll(all.length)], what = stage.roll(5)
        stage.note(`the user does ${what}`)
        if (what === 0) { wanted = stage.roll(8); most = Math.max(most, wanted); await client.patch(kind, target, 'merge', { spec: { replicas: wanted } }) }
        else if (what === 1 && one && mine(one)) await stage.attempt(client.delete(pod, one.metadata))
        // Released, or given back.
        else if (what === 2 && one) await stage.attempt(client.patch(pod, one.metadata, 'merge', { metadata: { uid: one.metadata.uid, labels: { app: one.metadata.labels?.['app'] === 'web' ? 'other' : 'web' } } }))
        else if (what === 3) await client.create(pod, { metadata: { name: `bare-${strangers++}`, namespace: 'default', labels }, spec: template(labels).spec } as New<Pod>)
        else if (one) await stage.attempt(client.patch(pod, one.metadata, 'merge', { metadata: { uid: one.metadata.uid }, status: { phase: 'Failed' } }, { subresource: 'status' }))
        await stage.pass(4_000)
      }
      await cluster.settle(10_000)
      const here = [...pods.values()].filter((p) => mine(p) && isActive(p)), { status } = await client.get(kind, target) as AnyObject & { status: { replicas: number; readyReplicas?: number } }
      const said = `${[...pods.values()].map((p) => `${p.metadata.name} ${mine(p) ? 'mine' : ''} ${p.status.phase}`).join(', ')}; ${JSON.stringify(status)}`
      stage.expect(here.length === wanted && here.every(isReady) && here.every((p) => p.metadata.labels?.['app'] === 'web'), `${wanted} at rest: ${said}`)
      stage.expect(status.replicas === wanted && (status.readyReplicas ?? 0) === wanted, `the status says so: ${said}`)
      for (const p of pods.values()) stage.expect(p.metadata.labels?.['app'] !== 'web' || !isActive(p) || mine(p), `${p.metadata.name} is adopted: ${said}`)
    }
    const propagationPolicy = stage.chance(0.5) ? 'Orphan' : 'Foreground', before = [...pods.values()].filter((p) => mine(p) && isActive(p)).length
    await client.delete(kind, target, { propagationPolicy })
    await cluster.settle(10_000)
    const left = [...pods.values()]
    stage.expect(left.every((p) => !mine(p)), 'nobody is owned by what is gone')
    if (propagationPolicy === 'Orphan') stage.expect(left.filter((p) => isActive(p) && p.metadata.labels?.['app'] === 'web').length === before, `${before} orphans stay`)
  },
}
