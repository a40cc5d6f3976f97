import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from './failure.ts'
import { choice, duration, files, flagName, integer, ipAddress, list, matching, network, parseFlag, portRange, settings, switches, text, type Flag } from './flag.ts'

const words = { description: '' }
const modes = list(words, ['Node', 'RBAC'], ['Node', 'RBAC', 'AlwaysAllow'])
const plugins = list(words)

function check(flag: Flag<unknown>, given: readonly string[], expected: unknown): void {
  const name = given.join(' then ')
  if (expected instanceof RegExp) {
    test(`${name} is refused: ${expected.source}`, () => {
      assert.throws(() => { given.reduce((before: unknown, one) => parseFlag('theFlag', flag, one, before), flag.default) },
        (error) => error instanceof Failure && error.exitCode === 2 && /^(?:--the-flag wants |invalid argument ".*" for "--the-flag" flag: )/.test(error.message) && expected.test(error.message) && !error.message.includes('\n'))
    })
  } else {
    test(`${name} is understood as ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(given.reduce((before: unknown, one) => parseFlag('theFlag', flag, one, before), flag.default), expected)
    })
  }
}

check(integer(words, [0, 9]), ['7'], 7)
check(integer(words, [0, 9]), ['10'], /from 0 to 9/)
check(integer(words, [0, 9]), ['-1'], /whole number/)
check(integer(words, [0, 9]), ['1.5'], /whole number/)
check(integer(words, [0, 9]), [''], /whole number/)
check(integer(words, [0, 9]), ['0x1'], /whole number/)
check(text(words), [''], /not empty/)
check(choice(words, ['a', 'b'], 'a'), ['b'], 'b')
check(choice(words, ['a', 'b'], 'a'), ['B'], /one of a, b/)
check(matching(words, /^[a-z]+$/, 'letters'), ['abc'], 'abc')
check(matching(words, /^[a-z]+$/, 'letters'), ['a\nb'], /letters/)
check(modes, ['RBAC'], ['RBAC'])
check(modes, ['RBAC,Node'], ['RBAC', 'Node'])
check(modes, ['RBAC', 'AlwaysAllow'], ['RBAC', 'AlwaysAllow'])
check(modes, ['RBAC,Webhook'], /Webhook is none of them/)
check(modes, ['RBAC,'], /separated by commas/)
check(plugins, ['A, B', 'C', 'A'], ['A', 'B', 'C'])
check(files(words), ['a.yaml', 'b'], ['a.yaml', 'b'])
check(settings(words), ['apps/v1=true, api/all = false', 'batch/v1,'], { 'apps/v1': 'true', 'api/all': 'false', 'batch/v1': '' })
check(switches(words), ['A=true,B=false', 'B=true'], { A: true, B: true })
check(switches(words), ['A'], /: missing bool value for A$/)
check(switches(words), ['A=yes'], /flag: invalid value of A=yes, err: strconv.ParseBool: parsing "yes": invalid syntax$/)
check(duration(words, 0, ''), ['90s'], 90_000)
check(duration(words, 0, ''), ['1h30m0.5s'], 5_400_500)
check(duration(words, 0, ''), ['250ms'], 250)
check(duration(words, 0, ''), ['0'], 0)
check(duration(words, 0, ''), ['90'], /duration such as/)
check(duration(words, 0, ''), ['-5s'], /duration such as/)
check(duration(words, 0, ''), ['9999h'], /at most 24 days/)
check(network(words, [12, 28], ''), ['10.0.0.0/16'], '10.0.0.0/16')
check(network(words, [12, 28], ''), ['10.0.77.5/16'], '10.0.0.0/16')
check(network(words, [12, 28], ''), ['255.255.255.255/12'], '255.240.0.0/12')
check(network(words, [12, 28], ''), ['10.0.0.0/8'], /prefix length from 12 to 28/)
check(network(words, [12, 28], ''), ['10.0.0.0'], /IPv4 network/)
check(network(words, [12, 28], ''), ['10.0.0/16'], /IPv4 network/)
check(network(words, [12, 28], ''), ['fd00::/108'], /IPv4 network/)
check(portRange(words, { from: 1, to: 2 }), ['30000-32767'], { from: 30000, to: 32767 })
check(portRange(words, { from: 1, to: 2 }), ['30000+100'], { from: 30000, to: 30100 })
check(portRange(words, { from: 1, to: 2 }), ['32767-30000'], /range of ports/)
check(portRange(words, { from: 1, to: 2 }), ['0-10'], /range of ports/)
check(portRange(words, { from: 1, to: 2 }), ['60000-70000'], /range of ports/)
check(ipAddress(words), ['0.0.0.0'], '0.0.0.0')
check(ipAddress(words), ['300.0.0.1'], /IPv4 address/)
check(ipAddress(words), ['localhost'], /IPv4 address/)

test('a flag is spelled as the reference spells it', () => {
  assert.deepEqual(['dataDir', 'tlsPrivateKeyFile', 'serviceClusterIpRange', 'v', 'clientCaFile'].map(flagName),
    ['data-dir', 'tls-private-key-file', 'service-cluster-ip-range', 'v', 'client-ca-file'])
})

test('what was typed is cut and quoted in the message, so that it stays one line', () => {
  assert.throws(() => parseFlag('x', integer(words, [0, 9]), `${'9'.repeat(500)}\n`, undefined), (error) => error instanceof Failure && error.message.length < 200 && !error.message.includes('\n'))
})
