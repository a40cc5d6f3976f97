import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { AdmissionPlugin } from './admission/admission.ts'
import { collect, map, maps, start } from './contract-kit.ts'

test('a server ends in order: not ready, no new requests, those in flight, then the watches', async () => {
  let release = () => {}
  const plugin: AdmissionPlugin = { name: 'Hold', handles: (operation) => operation === 'CREATE', mutate: ({ name }) => (name === 'slow' ? new Promise<void>((resolve) => { release = resolve }) : undefined) }
  const { ask, send, api } = await start({ admission: [plugin] })
  const watch = collect(await send(`GET ${maps}?watch=1`))
  const slow = ask(`POST ${maps}`, map('slow'))
  await turn()
  api.lifecycle.beginShutdown()
  assert.equal((await ask('GET /readyz')).status, 500)
  assert.equal((await ask('GET /livez')).text, 'ok')
  assert.equal((await ask(`POST ${maps}`, map('during'))).status, 201)
  api.lifecycle.refuse()
  const refused = await ask(`POST ${maps}`, map('late'))
  assert.deepEqual([refused.status, refused.headers['retry-after'], refused.text], [429, '5', 'The apiserver is shutting down, please try again later.\n'])
  let drained = false
  const draining = api.lifecycle.drained(60_000).then(() => { drained = true })
  await turn()
  assert.equal(drained, false)
  release()
  assert.equal((await slow).status, 201)
  await draining
  assert.deepEqual([watch.isEnded(), watch.seen()], [false, ['ADDED during', 'ADDED slow']])
  api.close()
  assert.equal(watch.isEnded(), true)
  assert.equal((await ask(`GET ${maps}`)).status, 503)
})

test('what does not end is waited for only so long', async () => {
  const plugin: AdmissionPlugin = { name: 'Hold', handles: () => true, mutate: () => new Promise<void>(() => {}) }
  const { ask, api, clock } = await start({ admission: [plugin] })
  void ask(`POST ${maps}`, map('stuck'))
  await turn()
  const draining = api.lifecycle.drained(60_000)
  clock.pass(60_000)
  await draining
})
