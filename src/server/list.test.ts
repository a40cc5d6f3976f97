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

test('a list that is made while it is sent is whole for each of its readers, who have until their time is over; a watch has no such time', async () => {
  const { ask, send } = await start()
  for (let i = 0; i < 18; i++) await ask(`POST ${maps}`, { ...map(`m${i}`), data: { filler: String(i).padStart(2, '0').repeat(500_000) } })
  const { body: listed } = await send(`GET ${maps}`), { body: again } = await send(`GET ${maps}`), { body: watched } = await send(`GET ${maps}?watch=1`)
  assert.ok(listed.type === 'stream' && again.type === 'stream' && watched.type === 'stream')
  assert.deepEqual([listed.bounded, again.bounded, watched.bounded], [true, true, undefined])
  /** Takes what it was given only when it asks for more, as late as can be. */
  const readers = [listed, again].map(({ open }) => {
    const decoder = new TextDecoder(), state = { text: '', chunk: undefined as Uint8Array | undefined, more: undefined as (() => void) | undefined }
    const take = () => { if (state.chunk) state.text += decoder.decode(state.chunk, { stream: true }); state.chunk = undefined }
    open({ write(chunk) { take(); state.chunk = chunk; return false }, end: take, drained(run) { state.more = run } })
    return { state, next() { take(); const { more } = state; state.more = undefined; more?.() } }
  })
  for (let turn = 0; turn < 12; turn++) readers[turn % 3 === 0 ? 0 : 1]!.next()
  for (let turn = 0; turn < 12; turn++) readers[0]!.next()
  for (const { state } of readers) {
    const { items } = JSON.parse(state.text) as { items: Body[] }
    assert.deepEqual(items.map((item) => [item.metadata.name, new Set(item.data.filler.match(/../g)).size, Number(item.data.filler.slice(0, 2))]).sort(), Array.from({ length: 18 }, (_, i) => [`m${i}`, 1, i]).sort())
  }
})

test('what selectors may not name is refused in the words of the kind', async () => {
  const { ask } = await start()
  const refusal = async (path: string) => { const { status, body } = await ask(`GET /${path}?fieldSelector=spec.size%3D1`); return `${status} ${body['message']}` }
  assert.equal(await refusal('apis/resource.k8s.io/v1/resourceslices'), '400 field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: spec.size')
  assert.equal(await refusal('apis/batch/v1/jobs'), '400 field label "spec.size" not supported for Job')
  assert.equal(await refusal('api/v1/pods'), '400 field label not supported: spec.size')
  assert.equal(await refusal('api/v1/configmaps'), '400 "spec.size" is not a known field selector: only "metadata.name", "metadata.namespace"')
})

test('a table of flow schemas is in the order they are asked', async () => {
  const { ask } = await start(), schemas = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas'
  const schema = (name: string, matchingPrecedence: number) => ({ apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema', metadata: { name }, spec: { matchingPrecedence, priorityLevelConfiguration: { name: 'l' } } })
  for (const [name, precedence] of [['a', 30], ['c', 20], ['b', 20], ['d', 10]] as const) await ask(`POST ${schemas}`, schema(name, precedence))
  const table = (await ask(`GET ${schemas}`, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })).body
  assert.deepEqual(table.rows.map((row: Body) => row.cells[0]).filter((name: string) => name.length === 1), ['d', 'b', 'c', 'a'])
  assert.deepEqual((await ask(`GET ${schemas}`)).body.items.map((i: Body) => i.metadata.name).filter((name: string) => name.length === 1), ['a', 'b', 'c', 'd'])
})
