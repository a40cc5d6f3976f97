import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as names from './names.ts'

type Rule = (value: string) => string[]
const table = (rule: Rule, good: string[], bad: [value: string, ...beginnings: string[]][]) => {
  for (const value of good) assert.deepEqual(rule(value), [], JSON.stringify(value))
  for (const [value, ...beginnings] of bad) {
    const messages = rule(value)
    assert.equal(messages.length, beginnings.length, `${JSON.stringify(value)}: ${messages.join(' | ')}`)
    beginnings.forEach((beginning, i) => assert.ok(messages[i]!.startsWith(beginning), `${JSON.stringify(value)}: ${messages[i]}`))
  }
}
const long = (n: number) => 'a'.repeat(n)

test('labels and subdomains of DNS', () => {
  table(names.isDNS1123Label, ['a', 'a-b', '1a', long(63)], [['', 'a lowercase RFC 1123 label'], ['A', 'a lowercase'], ['a.b', 'must not contain dots'], ['-a', 'a lowercase'], [long(64), 'must be no more than 63 characters']])
  table(names.isDNS1123Subdomain, ['a', 'a.b-c.d', long(253)], [['a..b', 'a lowercase RFC 1123 subdomain'], ['a.', 'a lowercase'], [long(254), 'must be no more than 253 characters'], ['A'.repeat(254), 'must be no more than 253', 'a lowercase']])
  table(names.isDNS1035Label, ['a', 'a1'], [['1a', 'a DNS-1035 label must consist']])
  table(names.isWildcardDNS1123Subdomain, ['*.a.b'], [['a.b', 'a wildcard DNS-1123'], ['*a.b', 'a wildcard'], ['a.*.b', 'a wildcard']])
})

test('keys and values of labels', () => {
  table(names.isQualifiedName, ['a', 'A.b_c-1', 'x.example/y'], [
    ['', 'name part must be non-empty', 'name part must consist'], ['a b', 'name part must consist'], ['/x', 'prefix part must be non-empty'], ['X_/y', 'prefix part a lowercase RFC 1123 subdomain'],
    ['a/b/c', 'a valid label key must consist'], [`${long(254)}/x`, 'prefix part must be no more than 253 bytes'], [long(64), 'name part must be no more than 63 bytes'], ['a/', 'name part must be non-empty', 'name part must consist']])
  table(names.isLabelValue, ['', 'a', 'A_b.c', long(63)], [['a b', 'a valid label must be an empty string or consist'], ['-a', 'a valid label'], [long(64), 'must be no more than 63 bytes']])
})

test('keys of config maps, variables, ports', () => {
  table(names.isConfigMapKey, ['a', '.a', 'A_b-c', '..data'.slice(1)], [['', 'a valid config key'], ['/', 'a valid config key'], ['.', "must not be '.'"], ['..', "must not be '..'"], ['..a', "must not start with '..'"], [long(254), 'must be no more than 253']])
  table(names.isEnvVarName, ['A', 'a.b', '1 x'], [['', 'a valid environment variable name'], ['a=b', 'a valid environment variable name'], ['é', 'a valid environment']])
  table(names.isPortName, ['http', 'a-1'], [['1', 'must contain at least one letter'], ['a--b', 'must not contain consecutive hyphens'], ['-a', 'must not begin or end with a hyphen'], [long(16), 'must be no more than 15'], ['', 'must contain only', 'must contain at least one']])
  assert.deepEqual([names.isPortNumber(0), names.isPortNumber(65535)], [['must be between 1 and 65535, inclusive'], []])
})

test('names may be prefixes, names of roles may be nearly anything', () => {
  assert.deepEqual(names.nameIsDNSSubdomain('web-', true), [])
  assert.equal(names.nameIsDNSSubdomain('web-', false).length, 1)
  assert.deepEqual(names.nameIsPathSegment('system:node', false), [])
  assert.deepEqual(names.nameIsPathSegment('a/b%', false), ["may not contain '/'", "may not contain '%'"])
  assert.deepEqual(names.nameIsPathSegment('..', false), ["may not be '..'"])
})

test('messages carry examples and the expression', () => {
  assert.deepEqual(names.isPercent('x'), ["a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"])
  assert.equal(names.isDNS1123Subdomain('A')[0], "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")
})
