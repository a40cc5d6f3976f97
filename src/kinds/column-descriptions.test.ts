import assert from 'node:assert/strict'
import { test } from 'node:test'
import texts from './column-descriptions.json' with { type: 'json' }
import { columnDescription, kinds as standard, loadSwitchedOff } from './index.ts'

const kinds = [...standard, ...(await loadSwitchedOff()).furtherKinds]

test('every column of every kind describes itself', () => {
  const silent = kinds.flatMap((kind) => kind.columns.filter((c) => !c.undeclared && columnDescription(kind, c.name) === '').map((c) => `${kind.resource} ${c.name}`))
  // The reference looks these up where there are none.
  assert.deepEqual(silent, ['runtimeclasses Handler', 'leasecandidates BinaryVersion', 'leasecandidates EmulationVersion'])
})

test('no text is recorded for a column that is not there', () => {
  const known = new Set(kinds.flatMap((kind) => kind.columns.map((c) => `${kind.group}/${kind.resource} ${c.name}`)))
  const unused = Object.entries(texts).filter(([kind]) => kind !== '*' && kind !== 'autoscaling/scales').flatMap(([kind, columns]) => Object.keys(columns).map((column) => `${kind} ${column}`))
  assert.deepEqual(unused.filter((each) => !known.has(each)), [])
})
