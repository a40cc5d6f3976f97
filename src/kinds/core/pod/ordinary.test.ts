import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OrdinarySpecs } from './ordinary.ts'
import type { PodSpec } from './spec.ts'

const spec = (volume: string, more: object = {}): PodSpec => ({
  containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: volume, mountPath: '/t' }] }], volumes: [{ name: volume, projected: { sources: [] } }], ...more,
} as unknown as PodSpec) // allowed: only what is looked at

/** Looks at specs one after the other: which were checked, and which are silent. */
function looked(specs: readonly PodSpec[], faults: (spec: PodSpec) => readonly string[] = () => [], silent: (spec: PodSpec) => boolean = () => true) {
  const ordinary = new OrdinarySpecs()
  return specs.map((one) => {
    let checked = false
    const found = ordinary.check(one, () => { checked = true; return faults(one) }, () => silent(one))
    return [checked, found.length, ordinary.isSilent(one)]
  })
}

test('a spec like one before is not checked again, whatever its token volume is called', () => {
  assert.deepEqual(looked([spec('kube-api-access-abcde'), spec('kube-api-access-fghij'), spec('kube-api-access-fghij')]), [[true, 0, true], [false, 0, true], [false, 0, true]])
})
for (const [what, ...specs] of [
  ['another name is another spec', spec('a'), spec('b')],
  ['a name that is not made by admission', spec('kube-api-access-abcde'), spec('kube-api-access-ABCDE')],
  ['a token volume whose name somebody else has too', spec('kube-api-access-abcde', { hostname: 'kube-api-access-fghij' }), spec('kube-api-access-fghij', { hostname: 'kube-api-access-fghij' })],
  ['claims that are named after the pod', spec('a', { volumes: [{ name: 'a', ephemeral: {} }] }), spec('a', { volumes: [{ name: 'a', ephemeral: {} }] })],
  ['a long one', spec('a', { hostname: 'x'.repeat(9000) }), spec('a', { hostname: 'x'.repeat(9000) })],
] as const) test(`each is checked: ${what}`, () => { assert.deepEqual(looked(specs).map(([checked]) => checked), [true, true]) })

test('what is wrong is said each time, and what is to be warned about is not silent', () => {
  assert.deepEqual(looked([spec('a'), spec('a')], () => ['wrong']), [[true, 1, false], [true, 1, false]])
  assert.deepEqual(looked([spec('a'), spec('a')], undefined, () => false), [[true, 0, false], [false, 0, false]])
})
test('only the spec that was looked at last is silent', () => {
  const ordinary = new OrdinarySpecs(), one = spec('a')
  ordinary.check(one, () => [], () => true)
  assert.equal(ordinary.isSilent({ ...one }), false)
  ordinary.check(spec('b'), () => ['wrong'], () => true)
  assert.equal(ordinary.isSilent(one), false)
})

test('only what has the same text but for the token volume is like one before', () => {
  const leaf = fc.constantFrom<unknown>('kube-api-access-abcde', 'kube-api-access-fghij', 'x', '', 0, 1, true, false, null, undefined)
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(fc.constantFrom('a', 'b', 'kube-api-access-abcde', 'kube-api-access-fghij'), tie('value'), { maxKeys: 3, noNullPrototype: true })),
  }))
  const one = fc.record({ volume: fc.constantFrom('kube-api-access-abcde', 'kube-api-access-fghij', 'other'), more: value })
  /** The text of a spec with its token volume called otherwise. */
  const textAs = (text: string, ours: string, theirs: string): string =>
    (ours === theirs || ours === 'other' || theirs === 'other' ? text : text.includes(`"${theirs}"`) ? 'somebody else is called so' : text.replaceAll(`"${ours}"`, `"${theirs}"`))
  fc.assert(fc.property(one, one, fc.boolean(), (a, b, same) => {
    const first = () => spec(a.volume, { more: a.more }), then = spec(b.volume, { more: same ? a.more : b.more })
    const [, second, third, last] = looked([first(), first(), first(), then])
    assert.deepEqual([second![0], third![0]], [false, false])
    if (last![0] === false) assert.equal(textAs(JSON.stringify(then), b.volume, a.volume), JSON.stringify(first()))
    if (JSON.stringify(then) === JSON.stringify(first())) assert.equal(last![0], false)
  }), { numRuns: 2000 })
})
