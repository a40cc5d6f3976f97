import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readyNodes, type Reported } from './wait-for-nodes.ts'

const since = Date.UTC(2026, 0, 1, 12, 0, 0, 500)
const node = (name: string, created: string, status = 'True'): Reported => ({ kind: 'Node', metadata: { name, creationTimestamp: created }, status: { conditions: [{ type: 'MemoryPressure', status: 'False' }, { type: 'Ready', status }] } })
const lease = (name: string, renewTime: string): Reported => ({ kind: 'Lease', metadata: { name }, spec: { renewTime } })
const before = '2026-01-01T11:00:00Z', now = '2026-01-01T12:00:00Z'

for (const [what, reported, ready] of [
  ['nobody', [], 0], ['a new node', [node('a', now)], 1], ['a new node that is not ready', [node('a', now, 'False')], 0], ['a node of which nobody knows', [node('a', now, 'Unknown')], 0],
  ['a node that was ready in another run', [node('a', before), lease('a', '2026-01-01T12:00:00.400000Z')], 0], ['a node that is back', [node('a', before), lease('a', '2026-01-01T12:00:00.600000Z')], 1],
  ['a node whose neighbour is back', [node('a', before), node('b', before), lease('b', '2026-01-01T12:00:01.000000Z')], 1], ['a lease alone', [lease('a', '2026-01-01T12:00:01.000000Z')], 0],
] as const) test(`ready: ${what}`, () => { assert.equal(readyNodes(reported, since), ready) })
