import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storeContract } from '../engine.contract.ts'
import { openStore } from '../store.ts'
import { memoryEngine } from './memory.ts'
import { sealedEngine, type Sealing } from './sealed.ts'

const turned = (value: Uint8Array) => value.map((b) => b ^ 0xff)
const sealing: Sealing = {
  open: async (rows) => [...rows].map((row) => ({ ...row, value: turned(row.value) })),
  seal: (row) => ({ ...row, value: turned(row.value) }),
}
storeContract('sealed memory', () => {
  const engine = memoryEngine()
  return { open: async () => sealedEngine(engine, sealing), remove: async () => {} }
})

test('what is kept is sealed, what is read is not', async () => {
  const engine = memoryEngine(), store = await openStore({ engine: sealedEngine(engine, sealing), clock: { now: () => 0, after: () => () => {} } }), value = new TextEncoder().encode('open')
  await store.transaction([], [{ type: 'put', key: 'a', value }])
  assert.deepEqual(store.get('a')?.value, value)
  assert.deepEqual([...(await engine.load()).rows].map((row) => row.value), [turned(value)])
  await store.close()
})
