import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfiguration } from '../../configuration-file.ts'
import { authenticationConfiguration, fromFlags } from './configuration.ts'
import { selects, validateAuthentication } from './validate.ts'

const around = { ownIssuers: ['https://own', 'https://another'],
  badAuthority: (pem: string) => (pem === 'bad' ? 'data does not contain any valid RSA or ECDSA certificates' : undefined) }
const issuer = { url: 'https://x', audiences: ['a'] }, claimMappings = { username: { claim: 'sub', prefix: '' } }
const file = (more: object) => JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', ...more })
const errors = (...jwt: object[]) => validateAuthentication(readConfiguration(file({ jwt }), authenticationConfiguration), around).errors.map((e) => `${e.field}: ${e.message}`)

for (const [what, more, expected] of [
  ['nothing wrong', {}, []],
  ['no URL', { issuer: { audiences: ['a'] } }, ['jwt[0].issuer.url: Required value']],
  ['a URL with everything', { issuer: { url: 'http://u:p@x/?q=1#f', audiences: ['a'] } },
    ['URL scheme must be https', 'URL must not contain a username or password', 'URL must not contain a query',
    'URL must not contain a fragment'].map((why) => `jwt[0].issuer.url: Invalid value: "http://u:p@x/?q=1#f": ${why}`)],
  ['our own issuer', { issuer: { ...issuer, url: 'https://own' } },
    ['jwt[0].issuer.url: Invalid value: "https://own": URL must not overlap with disallowed issuers: [https://another https://own]']],
  ['the same document', { issuer: { ...issuer, discoveryURL: 'https://x/' } },
    ['jwt[0].issuer.discoveryURL: Invalid value: "https://x/": discoveryURL must be different from URL']],
  ['no audiences', { issuer: { url: 'https://x' } }, ['jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required']],
  ['empty and double audiences', { issuer: { ...issuer, audiences: ['', 'a', 'a'], audienceMatchPolicy: 'MatchAny' } },
    ['jwt[0].issuer.audiences[0]: Required value', 'jwt[0].issuer.audiences[2]: Duplicate value: "a"']],
  ['several audiences without a policy', { issuer: { ...issuer, audiences: ['a', 'b'] } },
    ['jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences']],
  ['one audience with a wrong policy', { issuer: { ...issuer, audienceMatchPolicy: 'All' } },
    ['jwt[0].issuer.audienceMatchPolicy: Invalid value: "All": audienceMatchPolicy must be empty or MatchAny for single audience']],
  ['no authority', { issuer: { ...issuer, certificateAuthority: 'bad' } },
    ['jwt[0].issuer.certificateAuthority: Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates']],
  ['an unknown way out', { issuer: { ...issuer, egressSelectorType: 'etcd' } },
    ['jwt[0].issuer.egressSelectorType: Invalid value: "etcd": egress selector must be either controlplane or cluster']],
  ['no name', { claimMappings: {} }, ['jwt[0].claimMappings.username: Required value: claim or expression is required']],
  ['a name without a prefix', { claimMappings: { username: { claim: 'sub' } } },
    ['jwt[0].claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing']],
  ['two names', { claimMappings: { username: { claim: 'sub', expression: 'x' } } }, ['jwt[0].claimMappings.username: Invalid value: "": claim and expression can\'t both be set']],
  ['two ids', { claimMappings: { ...claimMappings, uid: { claim: 'sub', expression: 'x' } } },
    ['jwt[0].claimMappings.uid: Invalid value: "": claim and expression can\'t both be set']],
  ['rules', { claimValidationRules: [{}, { claim: 'a', message: 'm' }, { claim: 'a' }, { claim: 'a', expression: 'b' }] },
    ['jwt[0].claimValidationRules[0]: Required value: claim or expression is required',
    'jwt[0].claimValidationRules[1].message: Invalid value: "m": may not be specified when claim is set', 'jwt[0].claimValidationRules[2].claim: Duplicate value: "a"',
      'jwt[0].claimValidationRules[3]: Invalid value: "a": claim and expression can\'t both be set']],
  ['user rules', { userValidationRules: [{}] }, ['jwt[0].userValidationRules[0].expression: Required value']],
  ['extra keys', { claimMappings: { ...claimMappings, extra: [{ key: 'a' }, { key: 'X.io/Y' }, { key: 'sub.k8s.io/y' }, { key: 'kubernetes.io/y' }] } },
    ['jwt[0].claimMappings.extra[0].key: Invalid value: "a": must be a domain-prefixed path (such as "acme.io/foo")',
    'jwt[0].claimMappings.extra[0].valueExpression: Required value', /^jwt\[0\]\.claimMappings\.extra\[1\]\.key: Invalid value: "X\.io": a lowercase RFC 1123 subdomain/,
      'jwt[0].claimMappings.extra[1].key: Invalid value: "X.io/Y": must be lowercase',
    'jwt[0].claimMappings.extra[1].valueExpression: Required value',
      'jwt[0].claimMappings.extra[2].key: Invalid value: "sub.k8s.io/y": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use',
      'jwt[0].claimMappings.extra[2].valueExpression: Required value',
    'jwt[0].claimMappings.extra[3].key: Invalid value: "kubernetes.io/y": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use',
      'jwt[0].claimMappings.extra[3].valueExpression: Required value']],
] as const) test(`an authenticator with ${what}`, () => {
  const found = errors({ issuer, claimMappings, ...more })
  assert.equal(found.length, expected.length, found.join('\n'))
  expected.forEach((e, i) => { if (typeof e === 'string') assert.equal(found[i], e); else assert.match(found[i]!, e) })
})
test('two authenticators have different issuers and documents', () => {
  const one = { issuer: { ...issuer, discoveryURL: 'https://d' }, claimMappings }
  assert.deepEqual(errors(one, one), ['jwt[1].issuer.url: Duplicate value: "https://x"', 'jwt[1].issuer.discoveryURL: Duplicate value: "https://d"'])
  assert.deepEqual(errors(...Array.from({ length: 65 }, () => one)), ['jwt: Too many: 65: must have at most 64 items'])
})
test('conditions are for those who let anybody in', () => {
  const { errors: found } = validateAuthentication(readConfiguration(file({ anonymous: { enabled: false, conditions: [{ path: '/livez' }] } }), authenticationConfiguration),
    around)
  assert.deepEqual(found.map((e) => `${e.field}: ${e.message}`),
    ['anonymous.conditions: Invalid value: [{"path":"/livez"}]: enabled should be set to true when conditions are defined'])
})
for (const [what, text, message] of [
  ['an empty file', ' \n', 'empty config data'], ['another kind', 'apiVersion: v1\nkind: Config\n', /no kind "Config" is registered for version "v1"/],
    ['no kind', 'jwt: []\n', /Object 'Kind' is missing/],
  ['a field that nobody knows', file({ jwt: [{ issuer, claimMappings, foo: 1 }], bar: 2 }), 'strict decoding error: unknown field "jwt[0].foo", unknown field "bar"'],
    ['a wrong type', file({ jwt: [{ issuer: { url: 5 } }] }), /cannot unmarshal number/],
] as const) test(`a configuration is not read: ${what}`, () => {
  assert.throws(() => readConfiguration(text, authenticationConfiguration), typeof message === 'string' ? { message } : message)
})

const flags = { issuerUrl: 'https://x', clientId: 'c', usernameClaim: 'sub', usernamePrefix: '', groupsClaim: '', groupsPrefix: '', requiredClaims: {} }
for (const [more, prefix] of [[{}, 'https://x#'], [{ usernameClaim: 'email' }, ''], [{ usernamePrefix: '-' }, ''], [{ usernamePrefix: 'p:' }, 'p:'],
  [{ usernameClaim: 'email', usernamePrefix: 'p:' }, 'p:']] as const)
  test(`the prefix of names with ${JSON.stringify(more)} is ${JSON.stringify(prefix)}`,
    () => { assert.equal(fromFlags({ ...flags, ...more }).claimMappings.username?.prefix, prefix) })

for (const [expression, expected] of [['claims.email', true], ['claims.?email.orValue("x")', true], ['"x" + claims . email', true], ['has(claims.email)', true],
  ['claims["email"]', false], ['"claims.email"', false], ['claims.email_verified', false], ['other.claims.email', false], ['true // claims.email', false]] as const)
  test(`${expression} ${expected ? 'selects' : 'does not select'} the claim`, () => { assert.equal(selects(expression, 'email'), expected) })
