import fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CelError, compile, type CelEnvironment } from './index.ts'

const environment: CelEnvironment = {
  variables: { self: { type: 'object', name: 'Self', fields: { n: { of: { type: 'int' } }, s: { of: { type: 'string' } }, l: { of: { type: 'list', items: { type: 'int' } } }, m: { of: { type: 'map', keys: { type: 'string' }, values: { type: 'dyn' } } } } }, x: { type: 'dyn' } },
  constructible: [{ type: 'object', name: 'Object', fields: {}, open: true }],
}
const given = { self: { n: 3, s: 'täxt', l: [3, 1, 2], m: { a: 1, b: 'c', d: [1.5, null] } }, x: { y: [1, { z: 'q' }], t: 'now' } }

/** Expressions of many forms; most fit no types, all that do are run. */
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof({ maxDepth: 5, depthSize: 'medium' },
    fc.constantFrom('1', '0', '-7', '2u', '1.5', "'a'", "b'\\xff'", 'true', 'false', 'null', 'self', 'self.n', 'self.s', 'self.l', 'self.m', 'x', 'x.y', 'v', '[]', '{}', 'int', "duration('1h')", "timestamp('2020-01-01T00:00:00Z')",
      "quantity('1Gi')", "ip('10.0.0.1')", "'1.2.3'", '9223372036854775807', "optional.of(1)", 'optional.none()'),
    fc.tuple(tie('expression'), fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '<', '<=', '>', '>=', '&&', '||', 'in'), tie('expression')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(fc.constantFrom('!', '-'), tie('expression')).map(([op, a]) => `${op}(${a})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `${a}[${b}]`),
    fc.tuple(tie('expression'), fc.constantFrom('.n', '.y', '.?a', '[?0]', '.size()', '.orValue(1)', '.hasValue()', '.sum()', '.max()', '.sort()', '.reverse()', '.distinct()', '.flatten()', '.first()', '.getHours()', '.sign()', '.family()', '.value()', '.lowerAscii()', '.join()')).map(([a, b]) => `${a}${b}`),
    fc.tuple(fc.constantFrom('size', 'string', 'int', 'uint', 'double', 'bool', 'bytes', 'type', 'dyn', 'duration', 'timestamp', 'has', 'optional.ofNonZeroValue', 'lists.range', 'isURL', 'semver', 'quantity', 'url'), tie('expression')).map(([f, a]) => `${f}(${a})`),
    fc.tuple(tie('expression'), fc.constantFrom('startsWith', 'matches', 'contains', 'split', 'find', 'findAll', 'indexOf', 'charAt', 'substring', 'format', 'or', 'compareTo', 'replace'), tie('expression')).map(([a, f, b]) => `${a}.${f}(${b})`),
    fc.tuple(tie('expression'), fc.constantFrom('all', 'exists', 'exists_one', 'map', 'filter', 'optMap', 'optFlatMap', 'sortBy'), tie('expression')).map(([a, f, b]) => `${a}.${f}(v, ${b})`),
    fc.tuple(tie('expression'), fc.constantFrom('all', 'exists', 'transformList', 'transformMap', 'transformMapEntry'), tie('expression')).map(([a, f, b]) => `${a}.${f}(k, v, ${b})`),
    fc.array(tie('expression'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc.array(fc.tuple(tie('expression'), tie('expression')), { maxLength: 2 }).map((entries) => `{${entries.map(([k, v]) => `${k}: ${v}`).join(', ')}}`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `Object{spec: ${a}, list: [${b}]}`),
  ),
}))

test('an expression gives a value or an error of its own, and never costs more than it may', () => {
  let ran = 0
  fc.assert(fc.property(expression, (source) => {
    const compiled = compile(source, environment)
    if (!compiled.ok) { assert.match(compiled.text, /^ERROR: <input>:/); return }
    const { program } = compiled, perCall = 2_000, budget = { perCall, left: 1e9 }
    assert.ok(program.cost.least <= program.cost.most)
    ran++
    try { program.evaluate(given, budget).json() } catch (error) { if (!(error instanceof CelError)) throw error; if (error.overBudget) return }
    assert.ok(1e9 - budget.left <= perCall, `${source} cost ${1e9 - budget.left}`)
  }), { numRuns: 1_000 })
  assert.ok(ran > 50, `only ${ran} of them fitted`)
})

test('no text makes the compiler fail', () => {
  const piece = fc.constantFrom('a', '1', '(', ')', '[', ']', '{', '}', '.', ',', '?', ':', '-', '!', '+', '==', '&&', '||', 'in', 'true', "'", '"', '`', '\\', '\n', ' ', 'é', '😀', '0x', 'u', 'b', 'r', '"""', '//', '@')
  fc.assert(fc.property(fc.oneof(fc.array(piece, { maxLength: 30 }).map((all) => all.join('')), fc.string({ unit: 'binary', maxLength: 40 })), (source) => {
    const compiled = compile(source, environment)
    if (compiled.ok) return
    assert.ok(compiled.issues.length > 0)
    assert.ok(!compiled.text.includes('cannot be read'), source)
  }), { numRuns: 1_000 })
})
