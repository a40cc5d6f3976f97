// Lists: pages, moments, large answers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { map, maps, start, type Body } from './contract-kit.ts'

test('pages of a list show one moment, whatever happens meanwhile', async () => {
  const { ask } = await start()
  for (const name of ['a', 'b', 'c', 'd', 'e']) await ask(`POST ${maps}`, map(name))
  const first = await ask(`GET ${maps}?limit=2`)
  assert.equal(first.body.metadata.remainingItemCount, 3)
  await ask(`POST ${maps}`, map('bb'))
  await ask(`DELETE ${maps}/e`)
  const second = await ask(`GET ${maps}?limit=2&continue=${first.body.metadata.continue}`)
  const third = await ask(`GET ${maps}?limit=2&continue=${second.body.metadata.continue}`)
  assert.deepEqual([...first.body.items, ...second.body.items, ...third.body.items].map((i: Body) => i.metadata.name), ['a', 'b', 'c', 'd', 'e'])
  assert.equal(third.body.metadata.continue, undefined)
  assert.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion)
})

test('a continue token whose moment is compacted is answered 410 with one that goes on from now', async () => {
  const { ask, store } = await start()
  for (const name of ['a', 'b', 'c']) await ask(`POST ${maps}`, map(name))
  const first = await ask(`GET ${maps}?limit=1`)
  await ask(`POST ${maps}`, map('bb'))
  await store.compact(store.revision)
  const late = await ask(`GET ${maps}?limit=9&continue=${first.body.metadata.continue}`)
  assert.equal(late.status, 410)
  assert.equal(late.body.reason, 'Expired')
  const rest = await ask(`GET ${maps}?limit=9&continue=${late.body.metadata.continue}`)
  assert.deepEqual(rest.body.items.map((i: Body) => i.metadata.name), ['b', 'bb', 'c'])
})

test('the past can be listed exactly, the future not at all', async () => {
  const { ask } = await start()
  const { body: made } = await ask(`POST ${maps}`, { ...map('a'), data: { v: '1' } })
  await ask(`PATCH ${maps}/a`, { data: { v: '2' } })
  const { resourceVersion } = made.metadata
  assert.equal((await ask(`GET ${maps}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`)).body.items[0].data.v, '1')
  assert.equal((await ask(`GET ${maps}?resourceVersion=${resourceVersion}`)).body.items[0].data.v, '2')
  const ahead = await ask(`GET ${maps}?resourceVersion=999999`)
  assert.equal(ahead.status, 504)
  assert.equal(ahead.headers['retry-after'], '1')
})

test('items of lists carry no kind; a large list is the same as a small one', async () => {
  const { ask } = await start()
  for (let i = 0; i < 50; i++) await ask(`POST ${maps}`, { ...map(`m${i}`), data: { filler: 'äöü'.repeat(2000) } })
  const { body, text } = await ask(`GET ${maps}`)
  assert.equal(body.kind, 'ConfigMapList')
  assert.equal(body.items.length, 50)
  assert.ok(body.items.every((i: Body) => i.kind === undefined && i.metadata.resourceVersion !== undefined && i.data.filler.startsWith('äöü')))
  assert.ok(text.endsWith(']}\n'))
})

test('what selectors may not name is refused in the words of the kind', async () => {
  const { ask } = await start()
  const refusal = async (path: string) => { const { status, body } = await ask(`GET /${path}?fieldSelector=spec.size%3D1`); return `${status} ${body['message']}` }
  assert.equal(await refusal('apis/resource.k8s.io/v1/resourceslices'), '400 field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: spec.size')
  assert.equal(await refusal('apis/batch/v1/jobs'), '400 field label "spec.size" not supported for Job')
  assert.equal(await refusal('api/v1/pods'), '400 field label not supported: spec.size')
  assert.equal(await refusal('api/v1/configmaps'), '400 "spec.size" is not a known field selector: only "metadata.name", "metadata.namespace"')
})
