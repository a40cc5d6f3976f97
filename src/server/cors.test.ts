import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from './contract-kit.ts'
import { allowedOrigins } from './cors.ts'

const cors = allowedOrigins(['^https://dash\\.example\\.com$', '//localhost(:|$)'])
for (const [origin, allowed] of [['https://dash.example.com', true], ['http://localhost:8080', true], ['http://localhost', true], ['http://localhost.evil.com', false], ['https://dash.example.com.evil.com', false], ['null', false]] as const)
  test(`the origin ${origin} is ${allowed ? '' : 'not '}allowed`, () => { assert.equal(cors(origin)?.['access-control-allow-origin'], allowed ? origin : undefined) })

test('patterns that pin no host, or are none, are refused', () => {
  for (const pattern of ['.*', 'example.com$', '^https']) assert.throws(() => allowedOrigins([pattern]), { message: '--cors-allowed-origins has an invalid regular expression: regular expression does not pin to start/end of host in the origin header' }, pattern)
  assert.throws(() => allowedOrigins(['^(.com$']), /--cors-allowed-origins has an invalid regular expression: .*missing (closing|argument)/)
})

test('browsers are told before anybody is asked who they are, also of errors; other origins are told nothing', async () => {
  const { ask } = await start({ cors }), origin = { origin: 'https://dash.example.com' }
  const before = await ask('OPTIONS /api/v1/pods', undefined, { ...origin, 'audit-id': 'x' })
  assert.deepEqual([before.status, before.text, before.headers['access-control-allow-methods'], before.headers['audit-id']], [204, '', 'POST, GET, OPTIONS, PUT, DELETE, PATCH', 'x'])
  assert.equal((await ask('GET /nothing', undefined, origin)).headers['access-control-allow-origin'], origin.origin)
  for (const headers of [{}, { origin: 'https://other.example.com' }]) {
    const answer = await ask('GET /version', undefined, headers)
    assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [200, undefined])
    assert.notEqual((await ask('OPTIONS /version', undefined, headers)).status, 204)
  }
})
