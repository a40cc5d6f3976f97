import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JwtAuthenticatorConfig } from './configuration.ts'
import { userOf } from './mapping.ts'

const programs = { extra: [], claimRules: [], userRules: [] }
const config = (claimMappings: object, claimValidationRules: object[] = []) => ({ issuer: {}, claimMappings, claimValidationRules }) as JwtAuthenticatorConfig
const sub = { username: { claim: 'sub', prefix: 'p:' } }, email = { username: { claim: 'email', prefix: '' } }, groups = { ...sub, groups: { claim: 'g', prefix: 'o:' } }
for (const [what, claims, mappings, expected, rules] of [
  ['a name', { sub: 's' }, sub, { name: 'p:s', groups: [] }], ['no name', {}, sub, 'oidc: parse username claims "sub": claim not present'],
    ['a name that is none', { sub: 5 }, sub, 'oidc: parse username claims "sub": json: cannot unmarshal number into Go value of type string'],
  ['an inherited name', {}, { username: { claim: 'toString', prefix: '' } }, 'oidc: parse username claims "toString": claim not present'],
  ['an address', { email: 'e' }, email, { name: 'e', groups: [] }], ['a verified address', { email: 'e', email_verified: true }, email, { name: 'e', groups: [] }],
    ['an address that is not verified', { email: 'e', email_verified: false }, email, 'oidc: email not verified'],
  ['an address that is perhaps verified', { email: 'e', email_verified: 'yes' }, email,
    "oidc: parse 'email_verified' claim: json: cannot unmarshal string into Go value of type bool"],
  ['groups', { sub: 's', g: ['a', 'b'] }, groups, { name: 'p:s', groups: ['o:a', 'o:b'] }], ['one group', { sub: 's', g: 'a' }, groups, { name: 'p:s', groups: ['o:a'] }],
    ['no groups', { sub: 's' }, groups, { name: 'p:s', groups: [] }],
  ['groups that are none', { sub: 's', g: [1] }, groups, 'oidc: parse groups claim "g": json: cannot unmarshal array into Go value of type string'],
    ['a uid', { sub: 's', i: 'x' }, { ...sub, uid: { claim: 'i' } }, { name: 'p:s', uid: 'x', groups: [] }],
  ['no uid', { sub: 's' }, { ...sub, uid: { claim: 'i' } }, 'oidc: parse uid claim "i": claim not present'],
  ['what is required', { sub: 's', r: 'v' }, sub, { name: 'p:s', groups: [] }, [{ claim: 'r', requiredValue: 'v' }]],
    ['another value', { sub: 's', r: 'w' }, sub, 'oidc: required claim r value does not match. Got = w, want = v', [{ claim: 'r', requiredValue: 'v' }]],
  ['a required list', { sub: 's', r: ['v'] }, sub, 'oidc: parse claim r: json: cannot unmarshal array into Go value of type string', [{ claim: 'r', requiredValue: 'v' }]],
] as [string, object, object, object | string, object[]?][]) test(`claims with ${what}`, () => {
  const read = () => userOf(claims as Record<string, unknown>, config(mappings, rules), programs)
  if (typeof expected === 'string') assert.throws(read, { message: expected })
  else assert.deepEqual(read(), expected)
})
