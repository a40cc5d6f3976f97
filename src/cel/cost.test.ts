import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorizerValue, compile, type CelEnvironment, type CelType } from './index.ts'

const authorizer = { type: 'opaque', name: 'kubernetes.authorization.Authorizer' } as const
/** [expression, least, most, and what it costs when it runs if that is known]. The figures are the reference's. */
const costs: readonly (readonly [string, number, number, number?])[] = [
  ["ip('192.168.0.1')", 2, 2, 2], ["ip('2001:db8:3333:4444:5555:6666:7777:8888')", 4, 4, 4], ["ip('192.168.0.1').family()", 3, 3, 3], ["ip.isCanonical('192.168.0.1')", 3, 3, 3],
  ["ip.isCanonical('2001:db8:3333:4444:5555:6666:7777:8888')", 8, 8, 8], ["cidr('192.168.0.0/16')", 2, 2, 2], ["cidr('192.168.0.0/16').ip()", 3, 3, 3], ["cidr('192.168.0.0/16').containsCIDR(cidr('192.0.0.0/30'))", 7, 11, 7],
  ["cidr('192.168.0.0/16').containsCIDR('192.0.0.0/30')", 7, 11, 7], ["cidr('192.168.0.0/16').containsIP(ip('192.0.0.1'))", 4, 7, 4], ["cidr('192.168.0.0/16').containsIP('192.169.0.1')", 5, 8, 5],
  ["cidr('2001:db8::/32').containsCIDR('2001:db8::/126')", 7, 11, 7], ["cidr('2001:db8::/32').containsIP('2001:db8:3333:4444:5555:6666:7777:8888')", 7, 10, 7],
  ["'ABCDEFGHIJ abcdefghij'.lowerAscii()", 3, 3, 3], ["'ABCDEFGHIJ abcdefghij'.lowerAscii() == 'abcdefghij ABCDEFGHIJ'.lowerAscii()", 7, 9, 9], ["strings.quote('ABCDEFGHIJ abcdefghij')", 3, 3, 3],
  ["strings.quote('ABCDEFGHIJ abcdefghij') == strings.quote('ABCDEFGHIJ abcdefghij')", 7, 11, 9], ["'abc 123 def 123'.replace('123', '456')", 3, 3, 3], ["'abc 123 def 123'.replace('', 'x')", 3, 3, 3],
  ["'abc 123 def 123'.split(' ', 1)", 3, 3, 3], ["'abc 123 def 123'.substring(5, 8)", 2, 2, 2], ["'  abc 123 def 123  '.trim()", 2, 2, 2], ["'abc 123 def 123'.find('123')", 2, 2, 2], ["'abc 123 def 123'.findAll('123', 1)", 2, 2, 2],
  ["authorizer.path('/healthz')", 2, 2, 2], ["authorizer.group('apps').resource('deployments').subresource('status').namespace('test').name('backend')", 6, 6, 6],
  ["authorizer.path('/healthz').check('get').allowed()", 350_003, 350_003, 350_003], ["url('https:://kubernetes.io/').getScheme()", 4, 4, 4],
  ['quantity("12Mi")', 1, 1, 1], ['quantity("50M").isLessThan(quantity("50Mi"))', 3, 3, 3], ['quantity("200M").compareTo(quantity("0.2G")) > 0', 4, 4, 4], ['quantity("50k").add(20).sub(quantity("100k")).sub(-50000).asInteger() > 0', 7, 7, 7],
  ['quantity("200M") == quantity("200M")', 3, 3, 3], ['sets.contains([1], [1, 1])', 23, 23], ['!sets.contains([1], [2])', 23, 23], ['sets.equivalent([1], [1, 1])', 25, 25], ['sets.intersects([1, 1], [1])', 23, 23],
  ['[1, 2, 3, 4, 5].sum()', 15, 15], ['[uint(1), uint(2), uint(3), uint(4), uint(5)].max()', 20, 20], ["[1, 2, 3, 4, 5].indexOf(3)", 15, 15], ["'01234567890123456789012345678901234567890123456789'.indexOf('123')", 5, 5, 5],
]

test('calls are priced as the reference prices them', () => {
  const environment: CelEnvironment = { variables: { authorizer } }
  for (const [source, from, to, runs] of costs) {
    const compiled = compile(source, environment)
    assert.ok(compiled.ok, source)
    assert.deepEqual(compiled.program.cost, { least: from, most: to }, source)
    const budget = { perCall: 1_000_000, left: 10_000_000 }
    compiled.program.evaluate({ authorizer: authorizerValue(() => ({ allowed: true, reason: '' })) }, budget)
    if (runs !== undefined) assert.equal(10_000_000 - budget.left, runs, source)
  }
})

test('what loops cost at most follows from how many elements a request can hold', () => {
  const cost = (source: string, environment: CelEnvironment) => { const compiled = compile(source, environment); assert.ok(compiled.ok, source); return compiled.program.cost.most }
  const list = (items: 'int' | 'bool' | 'string', mostItems?: number): CelEnvironment => ({ variables: { self: { type: 'list', items: { type: items }, ...(mostItems !== undefined && { mostItems }) } } })
  assert.equal(cost('self.all(x, true)', list('int')), 4_718_591)
  assert.equal(cost('self.all(x, true)', list('int', 42)), 128)
  assert.equal(cost('self.all(x, true)', list('bool')), 1_887_437)
})

test('sizes follow from the schema of the rule, also where an expression does not start there', () => {
  const self: CelType = { type: 'object', name: 'Self', fields: { names: { of: { type: 'list', items: { type: 'string', mostLength: 10 }, mostItems: 5 } }, map: { of: { type: 'map', keys: { type: 'string', mostLength: 3 }, values: { type: 'string', mostLength: 10 }, mostEntries: 4 } } } }
  const cost = (source: string) => { const compiled = compile(source, { variables: { self, oldSelf: { type: 'optional', of: self } } }); assert.ok(compiled.ok, source); return compiled.program.cost.most }
  assert.equal(cost('self.names.all(n, n == n)'), 2 + 5 * (3 + 2 + 1) + 1)
  assert.equal(cost('oldSelf.value().names.all(n, true)'), 1 + 1 + 1 + 0 + 1, 'what is read of a call counts as the schema itself, which has no size')
  assert.equal(cost('self.map.all(k, k == k)'), 2 + 4 * (3 + 2 + 1) + 1)
  assert.ok(cost("self.map.x == self.map.y") > 1e15, 'the values behind keys that are written out have no bound')
})
