import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CelError, compile } from './index.ts'

const big = Array.from({ length: 100_000 }, (_, i) => i), text = 'x'.repeat(1_000_000)
const bigMap = Object.fromEntries(big.map((i) => [`k${i}`, i]))

test('no expression takes long, whatever it does with large values', () => {
  const doubling = (times: number, start: string, wrap: (name: string) => string) => Array.from({ length: times }, (_, i) => `.map(v${i}, ${wrap(`v${i}`)})`).reduce((e, part) => e + part, `[${start}]`) + '[0]'
  for (const source of [
    `${doubling(40, '[1, 2]', (v) => `${v} + ${v}`)}.sum()`, doubling(40, "'ab'", (v) => `${v} + ${v}`), `${doubling(40, '[1]', (v) => `[dyn(${v}), dyn(${v})]`)} == [1]`,
    `"%s".format([${doubling(40, '[dyn(1)]', (v) => `[dyn(${v}), dyn(${v})]`)}])`, 'sets.contains(big, big)', 'big.all(a, big.exists(b, b == -1))', 'lists.range(9999999).size()', 'big.all(i, bigMap.size() > 0)',
    "big.all(i, isURL(text))", 'big.all(i, text.size() > 0)', "big.map(i, text.replace('x', text))", 'big.distinct()', 'big.sort()', 'big.map(a, big)', 'big.all(i, bigMap == bigMap)', "text.matches('(x|xx|xxx)*y')",
    'big.all(a, text == text)', 'big.all(a, big == big)', 'big.all(a, a in big)',
  ]) {
    const compiled = compile(source, { variables: { big: { type: 'list', items: { type: 'int' } }, text: { type: 'string' }, bigMap: { type: 'map', keys: { type: 'string' }, values: { type: 'int' } } } })
    if (!compiled.ok) assert.fail(compiled.text)
    const begun = performance.now()
    try { compiled.program.evaluate({ big, text, bigMap }, { perCall: 1_000_000, left: 10_000_000 }).json() } catch (error) { assert.ok(error instanceof CelError, source) }
    const took = performance.now() - begun
    assert.ok(took < 10_000, `${source.slice(0, 60)} took ${Math.round(took)} ms`)
  }
})
