import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cachedTokens } from './cached-tokens.ts'

test('an answer is remembered for its time, for its audiences; errors are not; those who ask together ask once', async () => {
  let now = 0, asked = 0
  const inner = { name: 'i', authenticateToken: async (token: string) => { asked++; if (token === 'bad')
    throw new Error('no'); return token === 'nobody' ? undefined : { user: { name: token, groups: [] } } } }
  const count = async (...runs: (() => unknown)[]) => { asked = 0; await Promise.allSettled(runs.map((run) => run())); return asked }
  const tokens = cachedTokens(inner, { ttlMs: 100, clock: { now: () => now } }),
    ask = (token: string, audiences?: string[]) => () => tokens.authenticateToken(token, audiences ? { audiences } : {})
  assert.equal(await count(ask('a'), ask('a')), 1)
  now = 99
  assert.equal(await count(ask('a'), ask('a', ['x'])), 1)
  now = 100
  assert.equal(await count(ask('a')), 1)
  assert.equal(await count(ask('bad')) + await count(ask('bad')), 2)
  assert.equal(await count(ask('nobody')) + await count(ask('nobody')), 2)
  const strict = cachedTokens(inner, { ttlMs: 100, clock: { now: () => now }, also: 'nobody' })
  assert.equal(await count(() => strict.authenticateToken('nobody', {})) + await count(() => strict.authenticateToken('nobody', {})), 1)
})

test('what was asked before everything was forgotten is not remembered after it, and nobody is given it who asks later', async () => {
  const answers: ((name: string) => void)[] = []
  const inner = { name: 'i', authenticateToken: () => new Promise<{ user: { name: string; groups: string[] } }>((resolve) => { answers.push((name) => { resolve({ user: { name, groups: [] } }) }) }) }
  const tokens = cachedTokens(inner, { ttlMs: 100, clock: { now: () => 0 } }), ask = async () => (await tokens.authenticateToken('t', {}))?.user.name
  const before = ask()
  tokens.forget()
  const after = ask()
  answers[0]!('of old')
  assert.equal(await before, 'of old')
  answers[1]!('of new')
  assert.equal(await after, 'of new')
  assert.equal(await ask(), 'of new')
})
