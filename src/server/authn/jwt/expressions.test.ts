// Configurations with expressions: what they are refused for, and the users they make of claims.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfiguration } from '../../configuration-file.ts'
import { authenticationConfiguration, type JwtAuthenticatorConfig } from './configuration.ts'
import { userOf } from './mapping.ts'
import { validateAuthentication } from './validate.ts'

const issuer = { url: 'https://x', audiences: ['a'] }, name = { username: { expression: 'claims.sub' } }
function check(more: object) {
  const configuration = readConfiguration(JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration',
    jwt: [{ issuer, claimMappings: name, ...more }] }), authenticationConfiguration)
  const { errors, programs } = validateAuthentication(configuration, { ownIssuers: [], badAuthority: () => undefined })
  return { errors: errors.map((e) => `${e.field}: ${e.message}`), config: configuration.jwt![0] as JwtAuthenticatorConfig, programs: programs[0]! }
}
for (const [what, more, expected] of [
  ['nothing wrong', {}, []],
  ['a name that nobody knows', { claimMappings: { username: { expression: 'foo.bar' } } },
    [/^jwt\[0\]\.claimMappings\.username\.expression: Invalid value: "foo\.bar": compilation failed: ERROR: <input>:1:1: undeclared reference to 'foo' \(in container ''\)/]],
  ['a prefix beside an expression', { claimMappings: { username: { expression: 'claims.sub', prefix: 'x' } } },
    [/^jwt\[0\]\.claimMappings\.username\.prefix: Invalid value: "x": may not be specified when expression is set$/]],
  ['a rule that is no condition', { claimValidationRules: [{ expression: '"text"' }] },
    [/^jwt\[0\]\.claimValidationRules\[0\]\.expression: Invalid value: "\\"text\\"": must evaluate to bool$/]],
  ['a rule that may be anything', { claimValidationRules: [{ expression: 'claims.ok' }] }, [/must evaluate to bool$/]],
  ['a value beside a rule', { claimValidationRules: [{ expression: 'claims.hd == "x"', requiredValue: 'x' }] },
    [/^jwt\[0\]\.claimValidationRules\[0\]\.requiredValue: Invalid value: "x": may not be specified when expression is set$/]],
  ['a rule twice', { userValidationRules: [{ expression: 'user.username != ""' }, { expression: 'user.username != ""' }] },
    [/^jwt\[0\]\.userValidationRules\[1\]\.expression: Duplicate value: "user\.username != \\"\\""$/]],
  ['a user\'s field that is not there', { userValidationRules: [{ expression: 'user.name == ""' }] }, [/undefined field 'name'/]],
  ['an address that nobody has verified', { claimMappings: { username: { expression: 'claims.email' } } },
    [/^jwt\[0\]\.claimMappings\.username\.expression: Invalid value: "claims\.email": claims\.email_verified must be used in claimMappings\.username\.expression or /]],
  ['an address that a rule verifies', { claimMappings: { username: { expression: 'claims.email' } },
    claimValidationRules: [{ expression: 'claims.?email_verified.orValue(true) == true' }] }, []],
  ['an address verified where it is read', { claimMappings: { username: { expression: 'claims.email_verified ? claims.email : ""' } } }, []],
] as const) test(`expressions: ${what}`, () => {
  const { errors } = check(more)
  assert.equal(errors.length, expected.length, errors.join('\n'))
  expected.forEach((pattern, i) => { assert.match(errors[i]!, pattern) })
})

for (const [what, mappings, claims, expected, rules] of [
  ['a name made of two claims', { username: { expression: 'claims.sub + "@" + claims.tenant' } }, { sub: 's', tenant: 't' }, { name: 's@t', groups: [] }],
  ['a name that is no text', { username: { expression: 'claims.sub' } }, { sub: 5 },
    'oidc: error evaluating username claim expression: username claim expression must return a string'],
  ['a claim that is missing', name, {}, "oidc: error evaluating username claim expression: expression 'claims.sub' resulted in error: no such key: sub"],
  ['groups from a nested list', { ...name, groups: { expression: 'claims.realm.roles.map(r, "role:" + r)' } }, { sub: 's', realm: { roles: ['a', 'b'] } },
    { name: 's', groups: ['role:a', 'role:b'] }],
  ['one group, empty ones left out', { ...name, groups: { expression: '[claims.a, claims.b]' } }, { sub: 's', a: '', b: 'x' }, { name: 's', groups: ['x'] }],
    ['no groups', { ...name, groups: { expression: 'claims.a' } }, { sub: 's', a: null }, { name: 's', groups: [] }],
  ['groups that are none', { ...name, groups: { expression: 'claims.a' } }, { sub: 's', a: 5 },
    'oidc: error evaluating group claim expression: expression must return a string or a list of strings'],
  ['uid and extra values', { ...name, uid: { expression: 'string(claims.id)' },
    extra: [{ key: 'example.com/team', valueExpression: 'claims.team' }, { key: 'example.com/none', valueExpression: '""' }] }, { sub: 's', id: 7, team: ['x', 'y'] },
    { name: 's', uid: '7', groups: [], extra: { 'example.com/team': ['x', 'y'] } }],
  ['a rule that holds', name, { sub: 's', hd: 'example.com' }, { name: 's', groups: [] },
    { claimValidationRules: [{ expression: 'claims.hd == "example.com"', message: 'the wrong domain' }] }],
  ['a rule that does not', name, { sub: 's', hd: 'evil.example' },
    "oidc: error evaluating claim validation expression: validation expression 'claims.hd == \"example.com\"' failed: the wrong domain",
    { claimValidationRules: [{ expression: 'claims.hd == "example.com"', message: 'the wrong domain' }] }],
  ['a token that lives too long', name, { sub: 's', exp: 200000, nbf: 100 },
    "oidc: error evaluating claim validation expression: validation expression 'claims.exp - claims.nbf <= 86400' failed: too long",
    { claimValidationRules: [{ expression: 'claims.exp - claims.nbf <= 86400', message: 'too long' }] }],
  ['a user that may not be', name, { sub: 'system:admin' },
    "oidc: error evaluating user info validation rule: validation expression '!user.username.startsWith(\"system:\")' failed: reserved",
    { userValidationRules: [{ expression: '!user.username.startsWith("system:")', message: 'reserved' }] }],
  ['a user with groups and nothing else', { ...name, groups: { claim: 'g', prefix: '' } }, { sub: 's', g: ['a'] }, { name: 's', groups: ['a'] },
    { userValidationRules: [{ expression: 'user.groups.all(g, !g.startsWith("system:")) && user.uid == "" && user.extra.size() == 0' }] }],
] as const) test(`claims with ${what}`, () => {
  const { errors, config, programs } = check({ claimMappings: mappings, ...rules })
  assert.deepEqual(errors, [])
  if (typeof expected === 'string') assert.throws(() => userOf(claims, config, programs), { message: expected })
  else assert.deepEqual(userOf(claims, config, programs), expected)
})
