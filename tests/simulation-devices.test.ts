// Devices under faults: late caches, conflicts, lost answers, crashes between writes. By seeds, as in simulation.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceClass, deviceResourceClaim, pod, resourceClaimTemplate, resourceSlice } from '#kinds'
import { is, seeded, type AnyObject, type Kind, type New } from '#machinery'
import { TestCluster } from '#testing'

const seeds = process.env['SEED'] ? [Number(process.env['SEED'])] : Array.from({ length: Number(process.env['SEEDS'] ?? 5) }, (_, i) => i + 1)
const made = <T extends AnyObject>(_: Kind<T>, object: object) => object as unknown as New<T> // allowed: the rest has defaults
const namespace = 'default', driver = 'd.example.com', devices = 3

for (const seed of seeds)
  test(`a device has one user at a time and none is lost, whatever goes wrong (SEED=${seed})`, async () => {
    const dice = seeded(seed * 15485863), roll = (below: number) => Math.floor(dice() * below)
    await using cluster = await TestCluster.start({ seed, nodes: 2, faults: { lateMs: roll(800), brokenWatches: dice() * 0.05, conflicts: dice() * 0.2, failures: dice() * 0.05, lostAnswers: dice() * 0.1, diesAtWrite: dice() < 0.5 ? 1 + roll(60) : 0 } })
    const { client } = cluster
    await client.create(deviceClass, made(deviceClass, { metadata: { name: 'any' }, spec: {} }))
    await client.create(resourceSlice, made(resourceSlice, { metadata: { name: 's' }, spec: { driver, allNodes: true, pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, devices: Array.from({ length: devices }, (_, i) => ({ name: `d${i}` })) } }))
    await client.create(resourceClaimTemplate, made(resourceClaimTemplate, { metadata: { name: 't', namespace }, spec: { spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'any' } }] } } } }))
    await cluster.clock.advance(60_000) // pods wait for the service account
    let count = 0
    const check = async () => {
      const given = (await client.list(deviceResourceClaim)).items.flatMap(({ status }) => status.allocation?.devices.results ?? []).map(({ device }) => device)
      assert.equal(new Set(given).size, given.length, `given twice: ${given.join(' ')}`)
      const claims = new Map((await client.list(deviceResourceClaim)).items.map((claim) => [claim.metadata.name, claim]))
      for (const p of (await client.list(pod)).items) {
        if (!p.spec.nodeName || p.metadata.deletionTimestamp || p.status.phase === 'Succeeded') continue
        const claim = claims.get(p.status.resourceClaimStatuses?.[0]?.resourceClaimName ?? '')
        assert.ok(claim?.status.allocation, `${p.metadata.name} has a node, but no device`)
      }
    }
    for (let round = 0; round < 30; round++) {
      if (dice() < 0.6) await client.create(pod, made(pod, { metadata: { name: `p${++count}`, namespace }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }], resourceClaims: [{ name: 'r', resourceClaimTemplateName: 't' }] } }))
      for (const p of (await client.list(pod)).items) {
        if (p.status.phase !== 'Running' || dice() < 0.7) continue
        if (dice() < 0.5) await client.patch(pod, p.metadata, 'merge', { status: { phase: 'Succeeded' } }, { subresource: 'status' })
        else await client.delete(pod, p.metadata).catch((error: unknown) => { if (!is(error, 'NotFound')) throw error })
      }
      if (dice() < 0.05) cluster.crash()
      await cluster.clock.advance(500 + roll(20_000))
      await check()
    }
    await cluster.settle(60_000)
    for (let left = (await client.list(pod)).items; left.length > 0; left = (await client.list(pod)).items) {
      for (const p of left) await client.delete(pod, p.metadata)
      await cluster.settle(60_000)
      await check()
    }
    assert.deepEqual((await client.list(deviceResourceClaim)).items.map(({ metadata, status }) => [metadata.name, status]), [], 'nothing is left')
  })
