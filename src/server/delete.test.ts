// Deleting objects, at once and in steps.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pod } from '#kinds'
import { map, maps, start, type Body } from './contract-kit.ts'

test('finalizers hold a deleted object until the last is gone', async () => {
  const { ask } = await start()
  await ask(`POST ${maps}`, map('a', { finalizers: ['x.example/one', 'x.example/two'] }))
  const deleted = await ask(`DELETE ${maps}/a`)
  assert.equal(deleted.body.kind, 'ConfigMap')
  assert.equal(deleted.body.metadata.deletionTimestamp, '2026-01-01T00:00:00Z')
  assert.equal(deleted.body.metadata.deletionGracePeriodSeconds, 0)
  assert.match((await ask(`PATCH ${maps}/a`, { metadata: { finalizers: ['x.example/one', 'x.example/two', 'x.example/new'] } })).body.message, /no new finalizers can be added if the object is being deleted/)
  assert.equal((await ask(`PATCH ${maps}/a`, { metadata: { finalizers: ['x.example/two'] } })).status, 200)
  assert.equal((await ask(`GET ${maps}/a`)).status, 200)
  assert.equal((await ask(`PATCH ${maps}/a`, { metadata: { finalizers: [] } })).status, 200)
  assert.equal((await ask(`GET ${maps}/a`)).status, 404)
})

for (const [policy, finalizers] of [['Orphan', ['orphan']], ['Foreground', ['foregroundDeletion']]] as const) {
  test(`deletion with propagationPolicy ${policy} leaves the object to the garbage collector`, async () => {
    const { ask } = await start()
    await ask(`POST ${maps}`, map('a'))
    assert.deepEqual((await ask(`DELETE ${maps}/a`, { propagationPolicy: policy })).body.metadata.finalizers, finalizers)
    assert.deepEqual((await ask(`GET ${maps}/a`)).body.metadata.finalizers, finalizers)
  })
}

test('a delete with preconditions deletes only what they name', async () => {
  const { ask } = await start()
  const { body: made } = await ask(`POST ${maps}`, map('a'))
  assert.match((await ask(`DELETE ${maps}/a`, { preconditions: { uid: 'other' } })).body.message, /the UID in the precondition \(other\) does not match the UID in record/)
  assert.match((await ask(`DELETE ${maps}/a`, { preconditions: { resourceVersion: '1' } })).body.message, /the ResourceVersion in the precondition \(1\) does not match/)
  const { uid, resourceVersion } = made.metadata
  assert.equal((await ask(`DELETE ${maps}/a`, { preconditions: { uid, resourceVersion } })).status, 200)
})

test('a pod on a node has time to end, one that is nowhere has not', async () => {
  const { ask } = await start()
  const pods = '/api/v1/namespaces/n/pods'
  const podOf = (name: string, nodeName?: string) => ({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }], ...(nodeName && { nodeName }) } })
  await ask(`POST ${pods}`, podOf('here', 'node'))
  await ask(`POST ${pods}`, podOf('nowhere'))
  const ending = await ask(`DELETE ${pods}/here`)
  assert.equal(ending.body.metadata.deletionGracePeriodSeconds, 30)
  assert.equal(ending.body.metadata.deletionTimestamp, '2026-01-01T00:00:30Z')
  assert.equal((await ask(`DELETE ${pods}/here`, { gracePeriodSeconds: 90 })).body.metadata.deletionGracePeriodSeconds, 30)
  assert.equal((await ask(`DELETE ${pods}/here?gracePeriodSeconds=5`)).body.metadata.deletionTimestamp, '2026-01-01T00:00:05Z')
  assert.equal((await ask(`DELETE ${pods}/here?gracePeriodSeconds=0`)).status, 200)
  assert.equal((await ask(`GET ${pods}/here`)).status, 404)
  await ask(`DELETE ${pods}/nowhere`)
  assert.equal((await ask(`GET ${pods}/nowhere`)).status, 404)
})

for (const [seconds, shortened, timestamp] of [[20, 20, '2026-01-01T00:00:20Z'], [15, 15, '2026-01-01T00:00:15Z'], [5, 1, '2026-01-01T00:00:15Z']] as const) {
  test(`time to end that is shortened to ${seconds} seconds after 15 is not over in the past`, async () => {
    const { ask, clock } = await start(), pods = '/api/v1/namespaces/n/pods'
    await ask(`POST ${pods}`, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }], nodeName: 'node' } })
    await ask(`DELETE ${pods}/p`)
    clock.pass(15_000)
    const { body: { metadata } } = await ask(`DELETE ${pods}/p?gracePeriodSeconds=${seconds}`)
    assert.deepEqual([metadata.deletionGracePeriodSeconds, metadata.deletionTimestamp], [shortened, timestamp])
  })
}

for (const [what, again] of [['', false], [' and makes another one of that name, which stays', true]] as const) {
  test(`a pod that somebody else removes once it is marked${what}: the delete has done its work`, async () => {
    const { ask, objects } = await start(), pods = '/api/v1/namespaces/n/pods'
    const { body: { metadata: { uid } } } = await ask(`POST ${pods}`, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } })
    const stop = objects.follow(pod, ({ object }) => {
      if (!object?.metadata.deletionTimestamp) return
      void objects.remove(objects.find(pod, 'n', 'p')!)
      if (again) void objects.create(pod, { ...object, metadata: { name: 'p', namespace: 'n', uid: 'another' } } as never)
    })
    const deleted = await ask(`DELETE ${pods}/p`)
    stop()
    assert.deepEqual([deleted.status, deleted.body.metadata.uid], [200, uid])
    assert.equal(objects.get(pod, 'p', 'n')?.metadata.uid, again ? 'another' : undefined)
  })
}

test('a deleted namespace stays until its finalizers are taken from its spec', async () => {
  const { ask } = await start()
  await ask('POST /api/v1/namespaces', { metadata: { name: 'n' } })
  assert.equal((await ask('DELETE /api/v1/namespaces/n')).body.status.phase, 'Terminating')
  assert.equal((await ask('GET /api/v1/namespaces/n')).status, 200)
  assert.equal((await ask('PUT /api/v1/namespaces/n/finalize', { metadata: { name: 'n' }, spec: { finalizers: [] } })).status, 200)
  assert.equal((await ask('GET /api/v1/namespaces/n')).status, 404)
})

test('a collection is deleted as far as its selectors reach', async () => {
  const { ask } = await start()
  for (const [name, l] of [['a', 'x'], ['b', 'y'], ['c', 'x']] as const) await ask(`POST ${maps}`, map(name, { labels: { l } }))
  assert.deepEqual((await ask(`DELETE ${maps}?labelSelector=l=x`)).body.items.map((i: Body) => i.metadata.name), ['a', 'c'])
  assert.deepEqual((await ask(`GET ${maps}`)).body.items.map((i: Body) => i.metadata.name), ['b'])
})

for (const [ttlSeconds, leaseSeconds] of [[undefined, 3660], [7200, 7260], [0, undefined]] as const) test(`events go by themselves after ${ttlSeconds === 0 ? 'no time at all' : `${ttlSeconds ?? 'an hour\'s'} seconds`}`, async () => {
  const { ask, store, clock } = await start(ttlSeconds === undefined ? {} : { ttlSeconds })
  const events = '/api/v1/namespaces/n/events'
  const made = await ask(`POST ${events}`, { metadata: { name: 'e' }, involvedObject: { kind: 'Pod', namespace: 'n', name: 'p' }, reason: 'Test', message: 'm', type: 'Normal', source: { component: 't' } })
  assert.equal(made.status, 201, made.text)
  const [lease] = store.leases()
  assert.equal(lease?.ttlSeconds, leaseSeconds)
  clock.pass(((leaseSeconds ?? 100_000) + 1) * 1000)
  await new Promise((resolve) => { setImmediate(resolve) })
  assert.equal((await ask(`GET ${events}/e`)).status, leaseSeconds === undefined ? 200 : 404)
})

test('jobs and replication controllers leave their pods behind; of jobs it is said', async () => {
  const { ask } = await start()
  const template = { metadata: { labels: { a: 'b' } }, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }
  for (const [path, spec, warned] of [
    ['/apis/batch/v1/namespaces/n/jobs', { template }, true],
    ['/api/v1/namespaces/n/replicationcontrollers', { template: { ...template, spec: { ...template.spec, restartPolicy: 'Always' } } }, false],
  ] as const) {
    await ask(`POST ${path}`, { metadata: { name: 'x' }, spec })
    const { body, headers } = await ask(`DELETE ${path}/x`)
    assert.deepEqual([body.metadata.finalizers, JSON.stringify(headers.warning ?? []).includes('child pods are preserved by default when jobs are deleted')], [['orphan'], warned])
  }
})

test('who wants dependents to go too is told that it takes a while, where it does', async () => {
  const { ask } = await start()
  for (const [query, options, wanted] of [['?orphanDependents=false', undefined, 202], ['', { orphanDependents: false }, 202], ['', { orphanDependents: true }, 200], ['?propagationPolicy=Background', undefined, 200], ['', undefined, 200]] as const) {
    await ask(`POST ${maps}`, map('held', { finalizers: ['x.example/y'] }))
    assert.equal((await ask(`DELETE ${maps}/held${query}`, options)).status, wanted, query + JSON.stringify(options))
    await ask(`PATCH ${maps}/held`, { metadata: { finalizers: null } })
  }
  await ask(`POST ${maps}`, map('free'))
  assert.equal((await ask(`DELETE ${maps}/free?orphanDependents=false`)).status, 200)
})
test('events have no dependents, whatever a deletion wants', async () => {
  const { ask } = await start(), events = '/api/v1/namespaces/n/events'
  for (const policy of ['Orphan', 'Foreground']) {
    await ask(`POST ${events}`, { metadata: { name: 'e', finalizers: ['x.example/y'] }, involvedObject: { namespace: 'n' } })
    assert.deepEqual((await ask(`DELETE ${events}/e?propagationPolicy=${policy}`)).body.metadata.finalizers, ['x.example/y'])
    await ask(`PATCH ${events}/e`, { metadata: { finalizers: null } })
  }
})

test('priority classes of the system are not deleted, there or not; a collection of them is', async () => {
  const { ask } = await start()
  const classes = '/apis/scheduling.k8s.io/v1/priorityclasses'
  const refused = await ask(`DELETE ${classes}/system-node-critical`)
  const message = 'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a system priority class and cannot be deleted'
  assert.deepEqual([refused.status, refused.body.message], [403, message])
  await ask(`POST ${classes}`, { metadata: { name: 'system-node-critical' }, value: 2_000_001_000 })
  assert.equal((await ask(`DELETE ${classes}/system-node-critical?dryRun=All`)).body.message, message)
  assert.equal((await ask(`DELETE ${classes}`)).status, 200)
  assert.equal((await ask(`GET ${classes}/system-node-critical`)).status, 404)
})

for (const [promise, body, message] of [
  ['a field of another type', '{"gracePeriodSeconds":"x"}', 'json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64'],
  ['what is no JSON', '{', "couldn't get version/kind; json parse error: unexpected end of JSON input"],
  ['a kind that is no text', '{"kind":5}', "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string"],
  ['a list', '[]', "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }"],
  ['another kind', '{"kind":"Pod","apiVersion":"v1"}', 'no kind "Pod" is registered for version "v1" in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"'],
  ['another kind of no version', '{"kind":"Pod"}', 'no kind "Pod" is registered for version "meta.k8s.io/v1" in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"'],
  ['another kind of every version', '{"kind":"Status","apiVersion":"v1"}', 'converting (v1.Status) to (v1.DeleteOptions): unknown conversion'],
] as const)
  test(`options of a delete that are none: ${promise}`, async () => {
    const { ask } = await start()
    await ask(`POST ${maps}`, map('a'))
    for (const path of [`${maps}/a`, maps]) {
      const refused = await ask(`DELETE ${path}`, new TextEncoder().encode(body))
      assert.deepEqual([refused.status, refused.body.reason, refused.body.message], [400, 'BadRequest', message])
    }
  })
test('options of a delete may say that they are those of any group', async () => {
  const { ask } = await start()
  await ask(`POST ${maps}`, map('a'))
  assert.equal((await ask(`DELETE ${maps}/a`, { kind: 'DeleteOptions', apiVersion: 'apps/v1' })).status, 200)
})
