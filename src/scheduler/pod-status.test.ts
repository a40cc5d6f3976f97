import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cluster } from '#client'
import { ApiError, type Reason } from '#machinery'
import { FakeClock } from '#testing'
import { patchStatus } from './pod-status.ts'
import { podOf } from './still-cluster.ts'

for (const [why, refusals, expected, ms] of [
  ['a server that can, at once', [], 'written', 0], ['one that cannot, again', ['ServiceUnavailable', 'InternalError'], 'written', 60], ['but not for ever', ['InternalError', 'InternalError', 'InternalError', 'InternalError'], 'InternalError', 310],
  ['a pod that is gone, no more', ['NotFound'], 'NotFound', 0], ['another of its name, neither', ['Conflict'], 'Conflict', 0],
] as const) test(`a status is written: ${why}`, async () => {
  const clock = new FakeClock(), begun = clock.now(), left: Reason[] = [...refusals]
  const cluster = { clock, patch: async () => { const reason = left.shift(); if (reason) throw new ApiError(reason, 'no') } } as unknown as Cluster // allowed: nothing else is asked
  let came = '', at = 0
  const done = patchStatus(cluster, podOf({}), {}).then(() => { came = 'written' }, (error: ApiError) => { came = error.status.reason! }).then(() => { at = clock.now() - begun })
  await clock.advance(1_000)
  await done
  assert.deepEqual([came, at], [expected, ms])
})
