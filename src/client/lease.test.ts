import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lease } from '#kinds'
import { FaultyLine, TestCluster } from '#testing'
import { campaign } from './lease.ts'

/** Candidates that note when they lead. */
async function electorate() {
  const cluster = await TestCluster.start({ scheduler: false, controllers: [] })
  const leading = new Set<string>()
  let most = 0
  const lines = new Map<string, FaultyLine>(), stops: (() => Promise<void>)[] = []
  const enter = (identity: string) => {
    const line = new FaultyLine(cluster.plane.handler, {}, cluster)
    lines.set(identity, line)
    const stop = campaign(cluster.clientAs({ name: 'kubernetes-admin', groups: ['system:masters'] }, line.handler), { name: 'job', identity,
      elected: () => { leading.add(identity); most = Math.max(most, leading.size) }, lost: () => leading.delete(identity) })
    stops.push(stop)
    return stop
  }
  return { cluster, leading, enter, most: () => most, cutOff: (identity: string) => { leading.delete(identity); lines.get(identity)!.kill() }, [Symbol.asyncDispose]: () => cluster.stop() }
}

test('one of several leads, and another takes over only when the leader has been silent for the whole lease', async () => {
  await using t = await electorate()
  t.enter('a')
  await t.cluster.clock.advance('1s')
  t.enter('b')
  await t.cluster.clock.advance('1m')
  assert.deepEqual([...t.leading], ['a'])
  t.cutOff('a')
  await t.cluster.clock.advance('12s')
  assert.deepEqual([...t.leading], [])
  await t.cluster.clock.advance('8s')
  assert.deepEqual([...t.leading], ['b'])
  const { spec } = await t.cluster.client.get(lease, { name: 'job', namespace: 'kube-system' })
  assert.deepEqual([spec?.holderIdentity, spec?.leaseTransitions], ['b', 1])
  assert.equal(t.most(), 1)
})

test('a leader that stops gives the lease back, and the next need not wait it out', async () => {
  await using t = await electorate()
  const stop = t.enter('a')
  await t.cluster.clock.advance('1s')
  t.enter('b')
  await t.cluster.clock.advance('10s')
  await stop()
  await t.cluster.clock.advance('3s')
  assert.deepEqual([...t.leading], ['b'])
})
