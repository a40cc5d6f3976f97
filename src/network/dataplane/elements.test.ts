import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { frontendKey, type Frontend } from './dataplane.ts'
import { arrange, diff, elementsOf, keyOf, place, type Element, type Placed } from './elements.ts'
import { chainsOf } from './ruleset.ts'

const frontend = (fields: Partial<Frontend> = {}): Frontend => ({
  service: 'demo/web:80', address: '10.96.0.1', protocol: 'TCP', port: 80, backends: [], whenEmpty: 'reject', masquerade: false, affinitySeconds: 0, ...fields,
})
const written = (fields: Partial<Frontend>) => elementsOf(place(frontend(fields))).map(({ map, key, value }) => `${map} { ${key}${value && ` : ${value}`} }`)
const [a, b] = ['10.0.0.1:8080', '10.0.0.2:8080'] as const

describe('elementsOf', () => {
  const cases: [string, Partial<Frontend>, string[]][] = [
    ['a service is one verdict and an endpoint per index', { backends: [a, b] }, [
      'services { 10.96.0.1 . tcp . 80 : goto pick-2 }', 'endpoints { 10.96.0.1 . tcp . 80 . 0 : 10.0.0.1 . 8080 }', 'endpoints { 10.96.0.1 . tcp . 80 . 1 : 10.0.0.2 . 8080 }']],
    ['without endpoints it refuses', { protocol: 'UDP' }, ['refused { 10.96.0.1 . udp . 80 : goto refuse }']],
    ['or drops', { whenEmpty: 'drop' }, ['services { 10.96.0.1 . tcp . 80 : drop }']],
    ['a node port has maps without addresses, and indices with the masquerade bit', { address: undefined, port: 30080, masquerade: true, backends: [a] }, [
      'node-services { tcp . 30080 : goto masquerade-node-pick-1 }', 'node-endpoints { tcp . 30080 . 65536 : 10.0.0.1 . 8080 }']],
    ['clients outside may have endpoints of their own', { address: undefined, port: 30080, backends: [a, b], outside: [b] }, [
      'node-services { tcp . 30080 : goto node-pick-2 }', 'node-endpoints { tcp . 30080 . 0 : 10.0.0.1 . 8080 }', 'node-endpoints { tcp . 30080 . 1 : 10.0.0.2 . 8080 }',
      'node-outside-services { tcp . 30080 : goto node-outside-pick-1 }', 'node-outside-endpoints { tcp . 30080 . 0 : 10.0.0.2 . 8080 }']],
    ['or none', { backends: [a], outside: [] }, ['services { 10.96.0.1 . tcp . 80 : goto pick-1 }', 'endpoints { 10.96.0.1 . tcp . 80 . 0 : 10.0.0.1 . 8080 }', 'outside-services { 10.96.0.1 . tcp . 80 : drop }']],
    ['a sticky one learns', { backends: [a], affinitySeconds: 60 }, [
      'services { 10.96.0.1 . tcp . 80 : goto sticky-pick-1 }', 'endpoints { 10.96.0.1 . tcp . 80 . 0 : 10.0.0.1 . 8080 }', 'learners { 10.96.0.1 . tcp . 80 : goto learn-60 }']],
    ['a guarded one admits', { sources: ['10.1.0.0/16'] }, [
      'refused { 10.96.0.1 . tcp . 80 : goto refuse }', 'guarded { 10.96.0.1 . tcp . 80 }', 'admitted { 10.96.0.1 . tcp . 80 . 10.1.0.0/16 }']],
  ]
  for (const [name, fields, expected] of cases) test(name, () => { assert.deepEqual(written(fields), expected) })

  test('every verdict names a chain that exists or can be made', () => {
    for (const masquerade of [true, false]) for (const affinitySeconds of [0, 5]) for (const address of ['10.96.0.1', undefined]) {
      for (const { value } of elementsOf(place(frontend({ masquerade, affinitySeconds, address, backends: [a, b], outside: [a] })))) {
        if (value.startsWith('goto ')) assert.equal(chainsOf(value.slice(5)).at(-1)?.name, value.slice(5))
      }
    }
  })
})

describe('arrange', () => {
  const cases: [string, string, string, string][] = [
    ['what is new goes to the end', 'abc', 'abcd', 'abcd'], ['the last one fills a gap', 'abcd', 'acd', 'adc'], ['a new one fills a gap', 'abcd', 'axcd', 'axcd'],
    ['several gaps', 'abcdef', 'bdf', 'fbd'], ['none left', 'ab', '', ''], ['the order of what is wanted does not matter', 'abc', 'cba', 'abc'],
  ]
  for (const [name, before, wanted, expected] of cases) test(name, () => { assert.equal(arrange([...wanted], [...before]).join(''), expected) })

  test('it holds what is wanted, each once, and moves at most as many as have gone', () => {
    const backends = fc.uniqueArray(fc.integer({ min: 1, max: 12 }).map(String), { maxLength: 12 })
    fc.assert(fc.property(backends, backends, (before, wanted) => {
      const after = arrange(wanted, before)
      assert.deepEqual([...after].sort(), [...wanted].sort())
      const moved = after.filter((backend, i) => before.includes(backend) && before[i] !== backend).length
      assert.ok(moved <= before.filter((backend) => !wanted.includes(backend)).length)
    }))
  })
})

describe('diff', () => {
  const anyFrontend = fc.record({
    address: fc.constantFrom('10.96.0.1', '10.96.0.2', undefined), protocol: fc.constantFrom('TCP' as const, 'UDP' as const), port: fc.constantFrom(80, 81),
    backends: fc.uniqueArray(fc.constantFrom('10.0.0.1:1', '10.0.0.2:1', '10.0.0.3:1', '10.0.0.4:2'), { maxLength: 4 }), whenEmpty: fc.constantFrom('reject' as const, 'drop' as const),
    masquerade: fc.boolean(), affinitySeconds: fc.constantFrom(0, 60), outside: fc.option(fc.subarray(['10.0.0.1:1', '10.0.0.2:1']), { nil: undefined }),
  }).map(({ outside, ...fields }) => frontend({ ...fields, ...outside ? { outside } : {} }))
  const anyState = fc.array(anyFrontend, { maxLength: 6 }).map((list) => new Map(list.map((item) => [frontendKey(item), item])))

  test('from any state to any other, the elements taken away are there, those added are not, and what results is the whole', () => {
    fc.assert(fc.property(fc.array(anyState, { maxLength: 5 }), (states) => {
      const placed = new Map<string, Placed>()
      const kernel = new Map<string, string>()
      const name = ({ map, key }: Element) => `${map} ${key}`
      for (const state of states) {
        const change = diff(placed, state)
        for (const element of change.removed) {
          assert.equal(kernel.get(name(element)), element.value)
          kernel.delete(name(element))
        }
        for (const element of change.added) {
          assert.ok(!kernel.has(name(element)), name(element))
          kernel.set(name(element), element.value)
        }
        for (const key of change.gone) placed.delete(key)
        for (const item of change.placed) placed.set(keyOf(item), item)
        assert.deepEqual(new Map([...placed.values()].flatMap(elementsOf).map((element) => [name(element), element.value])), kernel)
        for (const [key, wanted] of state) assert.deepEqual([...placed.get(key)!.inside].sort(), [...wanted.backends].sort())
        assert.equal(placed.size, state.size)
      }
    }))
  })

  test('one endpoint more or less is a verdict and one or two endpoints, however many there are', () => {
    const many = Array.from({ length: 500 }, (_, i) => `10.0.${i >> 8}.${i & 255}:1`)
    const before = new Map([['x', place(frontend({ backends: many }))]])
    const sizes = (backends: string[]) => { const change = diff(before, new Map([['x', frontend({ backends })]])); return [change.removed.length, change.added.length] }
    assert.deepEqual(sizes([...many, '10.9.9.9:1']), [1, 2])
    assert.deepEqual(sizes(many.slice(1)), [3, 2])
  })

  test('the same value is no change, and is not looked at', () => {
    const same = frontend({ backends: [a] })
    const { removed, added, placed } = diff(new Map([['x', place(same)]]), new Map([['x', same]]))
    assert.deepEqual([removed, added, placed], [[], [], []])
  })

  test('it says which UDP flows and which clients must find another way', () => {
    const udp = frontend({ protocol: 'UDP', backends: [a, b] })
    const stray = (before: Frontend | undefined, now: Frontend | undefined) =>
      diff(new Map(before ? [['x', place(before)]] : []), new Map(now ? [['x', now]] : [])).strayUdp.map(({ inside }) => inside)
    assert.deepEqual(stray(udp, { ...udp, backends: [b] }), [[b]])
    assert.deepEqual(stray(udp, undefined), [[]])
    assert.deepEqual(stray(undefined, udp), [[a, b]])
    assert.deepEqual(stray({ ...udp, backends: [] }, udp), [[a, b]])
    assert.deepEqual(stray({ ...udp, backends: [a] }, udp), [])
    assert.deepEqual(stray(undefined, frontend({ backends: [a] })), [])
    const sticky = frontend({ affinitySeconds: 60, backends: [a, b] })
    assert.deepEqual(diff(new Map([['x', place(sticky)]]), new Map([['x', { ...sticky, backends: [b] }]])).lostSticky, [{ frontend: sticky, backends: [a] }])
  })
})
