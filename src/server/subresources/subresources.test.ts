// Subresources that do something.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { pod } from '#kinds'
import { memoryEngine } from '#store'
import { start } from '../contract-kit.ts'

test('a pod is bound once', async () => {
  const { ask, objects } = await start()
  const pods = '/api/v1/namespaces/n/pods'
  await ask(`POST ${pods}`, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } })
  await ask(`PATCH ${pods}/p/status`, { status: { nominatedNodeName: 'one' } })
  assert.equal((await ask(`POST ${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'one' } })).status, 201)
  const bound = objects.get(pod, 'p', 'n')!
  assert.deepEqual([bound.spec.nodeName, bound.status.nominatedNodeName], ['one', undefined])
  assert.equal(bound.status.conditions?.find((c) => c.type === 'PodScheduled')?.status, 'True')
  assert.equal((await ask(`POST ${pods}/p/binding`, { metadata: { name: 'p' }, target: { name: 'two' } })).body.message, 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "one"')
})

test('an eviction takes from the budget, and is refused when there is none left', async () => {
  const { ask, objects } = await start()
  const pods = '/api/v1/namespaces/n/pods', budgets = '/apis/policy/v1/namespaces/n/poddisruptionbudgets'
  for (const name of ['a', 'b']) {
    await ask(`POST ${pods}`, { metadata: { name, labels: { app: 'x' } }, spec: { nodeName: 'm', containers: [{ name: 'c', image: 'i' }] } })
    await ask(`PATCH ${pods}/${name}/status`, { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } })
  }
  await ask(`POST ${budgets}`, { metadata: { name: 'pdb' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } } })
  await ask(`PATCH ${budgets}/pdb/status`, { status: { observedGeneration: 1, disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 } })
  const evict = (name: string) => ask(`POST ${pods}/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } })
  for (const metadata of [{}, { name: 'b' }]) assert.equal((await ask(`POST ${pods}/a/eviction`, { metadata })).body.message, 'name in URL does not match name in Eviction object')
  assert.equal((await evict('a')).status, 201)
  const a = objects.get(pod, 'a', 'n')!
  assert.ok(a.metadata.deletionTimestamp)
  assert.equal(a.status.conditions?.find((c) => c.type === 'DisruptionTarget')?.reason, 'EvictionByEvictionAPI')
  const refused = await evict('b')
  assert.equal(refused.status, 429)
  const cause = (message: string) => [{ reason: 'DisruptionBudget', message: `The disruption budget pdb ${message}` }]
  assert.deepEqual(refused.body.details.causes, cause('does not allow evicting pods currently'))
  assert.deepEqual((await ask(`GET ${budgets}/pdb`)).body.status.conditions.map((c: { reason: string; observedGeneration: number }) => [c.reason, c.observedGeneration]), [['InsufficientPods', 1]])
  const condition = { type: 'DisruptionAllowed', status: 'False', reason: 'Tired', message: 'later', lastTransitionTime: '2026-01-01T00:00:00Z' }
  for (const [status, message] of [
    [{ conditions: [condition] }, 'does not allow evicting pods currently (Tired): later'],
    [{ currentHealthy: 1 }, 'needs 1 healthy pods and has 1 currently'],
    [{ conditions: [{ ...condition, reason: 'SyncFailed' }] }, 'does not allow evicting pods currently because it failed sync: later'],
    [{ observedGeneration: 0 }, 'is still being processed by the server.'],
  ] as const) {
    await ask(`PATCH ${budgets}/pdb/status`, { status })
    assert.deepEqual((await evict('b')).body.details.causes, cause(message))
  }
  await ask(`PATCH ${budgets}/pdb/status`, { status: { observedGeneration: 1, disruptedPods: Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [`p${i}`, condition.lastTransitionTime])) } })
  assert.equal((await evict('b')).body.message, 'poddisruptionbudget.policy "pdb" is forbidden: DisruptedPods map too big - too many evictions not confirmed by PDB controller')
})

test('an eviction is answered from what is on its way to the disk', async () => {
  let held: (() => void)[] | undefined
  const { ask } = await start({ engine: { ...memoryEngine(), soon(commit) { if (held) held.push(commit); else queueMicrotask(commit) } } })
  const pods = '/api/v1/namespaces/n/pods', budgets = '/apis/policy/v1/namespaces/n/poddisruptionbudgets'
  await ask(`POST ${pods}`, { metadata: { name: 'a', labels: { app: 'x' } }, spec: { nodeName: 'm', containers: [{ name: 'c', image: 'i' }] } })
  await ask(`PATCH ${pods}/a/status`, { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } })
  await ask(`POST ${budgets}`, { metadata: { name: 'pdb' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } } })
  await ask(`PATCH ${budgets}/pdb/status`, { status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 } })
  held = []
  const counted = ask(`PATCH ${budgets}/pdb/status`, { status: { currentHealthy: 1 } })
  await turn()
  const evicted = ask(`POST ${pods}/a/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a' } })
  await turn()
  assert.equal(held.length, 1, 'the count is on its way')
  held[0]!()
  assert.equal((await counted).status, 200)
  assert.deepEqual((await evicted).body.details.causes, [{ reason: 'DisruptionBudget', message: 'The disruption budget pdb needs 1 healthy pods and has 1 currently' }])
})

test('resizing takes sizes only; what else was asked for is noted all the same', async () => {
  const { ask } = await start()
  const pods = '/api/v1/namespaces/n/pods', sized = (cpu: string) => ({ name: 'c', image: 'i', resources: { requests: { cpu } } })
  await ask(`POST ${pods}`, { metadata: { name: 'p' }, spec: { containers: [sized('1')] } })
  const { status, body } = await ask(`PATCH ${pods}/p/resize`, { spec: { containers: [{ ...sized('2'), image: 'j' }] } })
  assert.equal(status, 200)
  assert.deepEqual([body.spec.containers[0].image, body.spec.containers[0].resources.requests], ['i', { cpu: '2' }])
  assert.deepEqual(body.metadata.managedFields.map((e: { subresource?: string }) => e.subresource), [undefined, 'resize'])
  assert.equal((await ask(`PATCH ${pods}/p/resize`, { spec: { containers: [sized('1'), { ...sized('1'), name: 'd' }] } })).body.details.causes[0].message, 'Forbidden: containers may not be added or removed on resize')
})

test('the agent of a node that names no port listens on the usual one', async () => {
  const { ask, send } = await start()
  await ask('POST /api/v1/nodes', { metadata: { name: 'x' }, status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] } })
  await ask('POST /api/v1/namespaces/n/pods', { metadata: { name: 'p' }, spec: { nodeName: 'x', containers: [{ name: 'c', image: 'i' }] } })
  const { body } = await send('POST /api/v1/namespaces/n/pods/p/exec?command=sh&stdin=true', undefined, { upgrade: 'websocket' })
  assert.deepEqual(body.type === 'upgrade' && [body.target.host, body.target.port], ['192.0.2.1', 10250])
})
