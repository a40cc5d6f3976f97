import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutboundAnswer, OutboundRequest } from '../outbound.ts'
import { webhookTokens } from './webhook-tokens.ts'

type Reply = object | number | Error | string
/** A webhook that answers with these, the last one again and again. */
function webhook(replies: readonly Reply[], version = 'v1') {
  const asked: Record<string, any>[] = [], waits: number[] = [] // allowed: whatever JSON was sent
  const outbound = async ({ body }: OutboundRequest): Promise<OutboundAnswer> => {
    asked.push(JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>)
    const reply = replies[Math.min(asked.length, replies.length) - 1]!
    if (reply instanceof Error) throw reply
    const status = typeof reply === 'number' ? reply : 200,
      text = typeof reply === 'string' ? reply : typeof reply === 'number' ? ''
      : JSON.stringify({ kind: 'TokenReview', apiVersion: `authentication.k8s.io/${version}`, status: reply })
    return { status, headers: {}, body: new TextEncoder().encode(text) }
  }
  const clock = { now: () => 0, after: (ms: number, run: () => void) => { waits.push(ms); queueMicrotask(run); return () => {} } }
  const tokens = webhookTokens({ target: { url: 'https://w/authenticate', headers: {} }, version, ttlMs: 1000, audiences: ['api'], outbound, clock })
  return { asked, waits, ask: async (audiences?: string[], token = 't') => tokens.authenticateToken(token, audiences ? { audiences } : {}) }
}
const jane = { authenticated: true, user: { username: 'jane', uid: '7', groups: ['g'], extra: { 'acme.com/x': ['y'] } } }
const user = { name: 'jane', uid: '7', groups: ['g'], extra: { 'acme.com/x': ['y'] } }

for (const version of ['v1', 'v1beta1']) test(`a webhook that speaks ${version} is told the token and whom it should be for`, async () => {
  const { asked, ask } = webhook([jane], version)
  assert.deepEqual(await ask(['api', 'x']), { user, audiences: ['api'] })
  assert.deepEqual([asked[0]!['apiVersion'], asked[0]!['spec']], [`authentication.k8s.io/${version}`, { token: 't', audiences: ['api', 'x'] }])
})
for (const [what, status, wanted, expected] of [
  ['names no audiences: it is for this server', jane, ['api'], { user, audiences: ['api'] }], ['names no audiences, and others were asked for', jane, ['vault'], undefined],
  ['names those asked for', { ...jane, audiences: ['vault', 'x'] }, ['vault'], { user, audiences: ['vault'] }],
    ['names others', { ...jane, audiences: ['x'] }, ['vault'], undefined],
  ['is not asked about audiences', jane, undefined, { user }], ['does not know the token', { authenticated: false }, ['api'], undefined], ['says nothing', {}, ['api'], undefined],
] as const) test(`a webhook that ${what}`, async () => { assert.deepEqual(await webhook([status]).ask(wanted && [...wanted]), expected) })

test('answers are remembered, those about nobody too; errors are not', async () => {
  for (const [reply, times] of [[jane, 1], [{ authenticated: false }, 1], [{ authenticated: false, error: 'too old' }, 2]] as const) {
    const { asked, ask } = webhook([reply])
    for (const _ of [1, 2]) await ask(['api']).catch((error: Error) => { assert.equal(error.message, 'too old') })
    assert.equal(asked.length, times)
  }
})
test('a webhook that stumbles is asked again; one that cannot be reached is not', async () => {
  const stumbles = webhook([500, new Error('EOF'), jane])
  assert.ok(await stumbles.ask(['api']))
  assert.deepEqual(stumbles.waits, [500, 750])
  const down = webhook([new Error('dial tcp 10.0.0.9:443: connect: connection refused')])
  await assert.rejects(down.ask(['api']), { message: 'Post "https://w/authenticate": dial tcp 10.0.0.9:443: connect: connection refused' })
  assert.equal(down.asked.length, 1)
  const never = webhook([500])
  await assert.rejects(never.ask(['api']), { message: 'the webhook answered 500' })
  assert.equal(never.asked.length, 5)
})
for (const [what, reply, message] of [['refuses', 403, 'the webhook answered 403'], ['answers nonsense', 'x', 'the webhook answered what is not JSON'],
  ['answers another kind', '{"kind":"Status","apiVersion":"v1"}', 'the webhook answered "Status" of "v1"; expected TokenReview of authentication.k8s.io/v1']] as const)
  test(`a webhook that ${what} is an error`, async () => { await assert.rejects(webhook([reply]).ask(['api']), { message }) })
