// What every answer says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded } from '#machinery'
import { withHeaders } from './complete.ts'
import { RequestContext } from './context.ts'

test('where a request was counted is ours to say, whatever a server behind us says of itself', () => {
  const context = new RequestContext({ method: 'GET', path: '/apis/x.example/v1', query: '', headers: { 'audit-id': 'own' }, body: undefined }, { now: 0, stopwatch: () => 0, random: seeded(1), annotated: false })
  context.flow = { schema: 'ours', level: 'ours too' }
  const behind = { 'x-kubernetes-pf-flowschema-uid': 'theirs', 'x-kubernetes-pf-prioritylevel-uid': 'theirs', 'content-type': 'text/plain' }
  assert.deepEqual(withHeaders(context, { status: 200, headers: behind, body: { type: 'bytes', chunks: [] } }).headers, {
    'audit-id': 'own', 'cache-control': 'no-cache, private', 'content-type': 'text/plain', 'x-kubernetes-pf-flowschema-uid': 'ours', 'x-kubernetes-pf-prioritylevel-uid': 'ours too',
  })
})
