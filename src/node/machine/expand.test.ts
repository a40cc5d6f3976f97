import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expand } from './expand.ts'

const values: Readonly<Record<string, string>> = { A: 'a', B: '$(A)', EMPTY: '' }
const cases: [text: string, expanded: string][] = [
  ['', ''], ['plain', 'plain'], ['$(A)', 'a'], ['x$(A)y$(A)z', 'xayaz'], ['$(B)', '$(A)'], ['[$(EMPTY)]', '[]'],
  ['$(NONE)', '$(NONE)'], ['$$(A)', '$(A)'], ['$$$(A)', '$a'], ['$$$$(A)', '$$(A)'], ['$', '$'], ['$A ${A}', '$A ${A}'], ['$(A', '$(A'], ['$()', '$()'], ['a$$', 'a$'], ['$(A)$(NONE)$$', 'a$(NONE)$'],
]
for (const [text, expanded] of cases)
  test(`${JSON.stringify(text)} becomes ${JSON.stringify(expanded)}`, () => assert.equal(expand(text, (name) => values[name]), expanded))
