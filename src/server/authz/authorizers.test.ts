import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { User } from '#machinery'
import { AuthorizerMetrics } from '../metrics/authorizers.ts'
import { Metrics } from '../metrics/metrics.ts'
import { HandClock, start } from '../contract-kit.ts'
import { readConfiguration, type Objects, type OutboundRequest } from '../index.ts'
import { AbacAuthorizer, parsePolicies } from './abac.ts'
import { checked, configuredAuthorizers, type AuthorizerParts } from './authorizers.ts'
import type { AuthorizationAttributes, Authorizer, Decision } from './authz.ts'
import { authorizationConfiguration, validateAuthorization } from './configuration.ts'
import { AuthorizationWebhook, type AuthorizationWebhookOptions } from './webhook.ts'

const user = (name: string, ...groups: string[]): User => ({ name, groups })
/** "get pods n/p" or "get /path", as somebody. */
function ask(text: string, who: User): AuthorizationAttributes {
  const [verb = '', what = '', where = '/'] = text.split(' ')
  if (what.startsWith('/')) return { user: who, verb, path: what }
  const [resource = '', group = ''] = what.split('.'), [namespace = '', name = ''] = where.split('/')
  return { user: who, verb, path: '', resource: { group, version: 'v1', resource, subresource: '', namespace, name } }
}
const verdict = async (authorizer: Authorizer, text: string, who: User) => (await authorizer.authorize(ask(text, who))).verdict

test('ABAC: one policy a line, of both forms', async () => {
  const v1 = (spec: object) => JSON.stringify({ apiVersion: 'abac.authorization.kubernetes.io/v1beta1', kind: 'Policy', spec })
  const lines = ['# everybody reads pods of n', v1({ group: 'readers', namespace: 'n', resource: 'pods', apiGroup: '', readonly: true }), '', v1({ user: 'al', nonResourcePath: '/logs*' }), v1({ user: '*', namespace: 'public', resource: '*', apiGroup: '*' }), '{"user":"old"}', '{"group":"g","resource":"secrets"}']
  const abac = new AbacAuthorizer(parsePolicies(lines.join('\n'), 'f'))
  const table: readonly (readonly [string, User, string])[] = [
    ['get pods n/p', user('x', 'readers'), 'allow'], ['delete pods n/p', user('x', 'readers'), 'none'], ['get pods m/p', user('x', 'readers'), 'none'], ['get secrets n/p', user('x', 'readers'), 'none'],
    ['get /logs/a', user('al'), 'allow'], ['get /log', user('al'), 'none'], ['delete deployments.apps public/d', user('x', 'system:authenticated'), 'allow'], ['delete deployments.apps public/d', user('x'), 'none'],
    ['delete deployments.apps n/d', user('old'), 'allow'], ['get /anything', user('old'), 'allow'], ['delete secrets n/s', user('x', 'g'), 'allow'], ['get /anything', user('x', 'g'), 'none'],
  ]
  for (const [text, who, expected] of table) assert.equal(await verdict(abac, text, who), expected, `${text} as ${who.name} ${who.groups.join()}`)
  assert.equal(((await abac.authorize(ask('get pods n/p', user('nobody')))) as Decision).reason, 'No policy matched.')
  assert.deepEqual(abac.rulesFor(user('x', 'readers'), 'n').resourceRules, [{ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['pods'] }])
  assert.throws(() => parsePolicies('{', 'file'), /error reading policy file file, line 1: \{/)
})

function webhook(answer: (body: { spec: Record<string, unknown>; apiVersion: string }) => object, more: Partial<AuthorizationWebhookOptions> = {}) {
  const clock = new HandClock(), asked: { spec: Record<string, unknown>; apiVersion: string }[] = []
  const outbound = async ({ body }: OutboundRequest) => {
    const review = JSON.parse(new TextDecoder().decode(body)) as (typeof asked)[0]
    asked.push(review)
    return { status: 200, headers: {}, body: new TextEncoder().encode(JSON.stringify({ kind: 'SubjectAccessReview', apiVersion: review.apiVersion, status: answer(review) })) }
  }
  return { clock, asked, authorizer: new AuthorizationWebhook({ target: { url: 'https://x/authorize', headers: {} }, version: 'v1', authorizedTtlMs: 10_000, unauthorizedTtlMs: 1_000, timeoutMs: 3000, onError: 'none', outbound, clock, ...more }) }
}

test('a webhook is sent the question in its version, and answers yes, no, or nothing', async () => {
  const answers: Record<string, object> = { yes: { allowed: true, reason: 'r' }, no: { allowed: false, denied: true, reason: 'never' }, none: { allowed: false, reason: 'who knows' }, both: { allowed: true, denied: true } }
  const { authorizer, asked } = webhook(({ spec }) => answers[spec['user'] as string]!)
  const said = async (who: string) => authorizer.authorize({ ...ask('list pods.apps n/', { name: who, uid: 'u', groups: ['g'], extra: { k: ['v'] } }), resource: { group: 'apps', version: 'v1', resource: 'pods', subresource: 'log', namespace: 'n', name: '', labelSelector: [{ key: 'a', operator: 'In', values: ['b'] }] } })
  assert.deepEqual([await said('yes'), await said('no'), await said('none')], [{ verdict: 'allow', reason: 'r' }, { verdict: 'deny', reason: 'never' }, { verdict: 'none', reason: 'who knows' }])
  assert.deepEqual(await said('both'), { verdict: 'deny', reason: '', error: 'webhook subject access review returned both allow and deny response' })
  assert.deepEqual(asked[0], { kind: 'SubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, status: { allowed: false }, spec: {
    resourceAttributes: { namespace: 'n', verb: 'list', group: 'apps', version: 'v1', resource: 'pods', subresource: 'log', labelSelector: { requirements: [{ key: 'a', operator: 'In', values: ['b'] }] } }, user: 'yes', groups: ['g'], extra: { k: ['v'] }, uid: 'u' } })
  const old = webhook(() => ({ allowed: true }), { version: 'v1beta1' })
  await old.authorizer.authorize(ask('get /x', user('a', 'g')))
  assert.deepEqual([old.asked[0]!.apiVersion, old.asked[0]!.spec], ['authorization.k8s.io/v1beta1', { nonResourceAttributes: { path: '/x', verb: 'get' }, user: 'a', group: ['g'] }])
})

test('a webhook\'s answers are remembered, a yes longer than a no, and asked for once at a time', async () => {
  const { authorizer, asked, clock } = webhook(({ spec }) => ({ allowed: spec['user'] === 'yes' }))
  const both = () => Promise.all([authorizer.authorize(ask('get pods n/p', user('yes'))), authorizer.authorize(ask('get pods n/p', user('no'))), authorizer.authorize(ask('get pods n/p', user('yes')))])
  await both(); await both()
  assert.equal(asked.length, 2)
  clock.pass(1_500)
  await both()
  assert.deepEqual(asked.map(({ spec }) => spec['user']), ['yes', 'no', 'no'])
  clock.pass(10_000)
  await both()
  assert.equal(asked.length, 5)
  await authorizer.authorize(ask(`get pods n/${'x'.repeat(10_000)}`, user('yes')))
  await authorizer.authorize(ask(`get pods n/${'x'.repeat(10_000)}`, user('yes')))
  assert.equal(asked.length, 7)
})

test('a webhook that does not answer is tried again, and counts as nothing said or as no', async () => {
  let calls = 0
  const failing = (onError: 'deny' | 'none', message: string) => { calls = 0; return webhook(() => ({}), { onError, outbound: async () => { calls++; throw new Error(message) } }) }
  const refused = failing('deny', 'dial tcp 10.0.0.1:443: connect: connection refused')
  assert.deepEqual([await refused.authorizer.authorize(ask('get pods n/p', user('a'))), calls], [{ verdict: 'deny', reason: '', error: 'Post "https://x/authorize": dial tcp 10.0.0.1:443: connect: connection refused' }, 1])
  const late = failing('none', 'context deadline exceeded')
  let answer: Decision | undefined
  void Promise.resolve(late.authorizer.authorize(ask('get pods n/p', user('a')))).then((d) => { answer = d })
  while (!answer) { await new Promise(setImmediate); late.clock.pass(500) }
  assert.deepEqual([answer, calls], [{ verdict: 'none', reason: '', error: 'Post "https://x/authorize": context deadline exceeded' }, 5])
})

const file = (authorizers: string) => checked(readConfiguration(`apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n${authorizers}`, authorizationConfiguration))
const hook = (conditions: string, more = '') => `- type: Webhook\n  name: w\n  webhook:\n    timeout: 3s\n    authorizedTTL: 1m\n    unauthorizedTTL: 1s\n    subjectAccessReviewVersion: v1\n    matchConditionSubjectAccessReviewVersion: v1\n    failurePolicy: Deny\n    connectionInfo: { type: KubeConfigFile, kubeConfigFile: /kc }${more}\n    matchConditions: ${conditions}\n`
const kubeconfig = 'current-context: a\ncontexts: [{ name: a, context: { cluster: a } }]\nclusters: [{ name: a, cluster: { server: https://x } }]'

test('a file says who decides in which order; conditions say which questions a webhook is asked; another file takes its place', async () => {
  const { objects } = await start(), asked: string[] = []
  const parts: AuthorizerParts = { objects: objects as Objects, clock: new HandClock(), read: () => kubeconfig, outbound: async ({ body }) => {
    const { apiVersion, spec } = JSON.parse(new TextDecoder().decode(body)) as { apiVersion: string; spec: { user: string } }
    asked.push(spec.user)
    return { status: 200, headers: {}, body: new TextEncoder().encode(JSON.stringify({ kind: 'SubjectAccessReview', apiVersion, status: { denied: true, reason: 'the webhook says no' } })) }
  } }
  const configured = configuredAuthorizers(file(hook('[{ expression: "has(request.resourceAttributes)" }, { expression: "request.resourceAttributes.namespace == \'n\'" }, { expression: "!(\'free\' in request.groups)" }]') + '- { type: AlwaysAllow, name: rest }\n'), parts)
  const { authorizer } = configured
  assert.deepEqual([await verdict(authorizer, 'get pods n/p', user('a')), await verdict(authorizer, 'get pods m/p', user('b')), await verdict(authorizer, 'get /x', user('c')), await verdict(authorizer, 'get pods n/p', user('d', 'free'))], ['deny', 'allow', 'allow', 'allow'])
  assert.equal(await verdict(authorizer, 'get pods n/p', user('m', 'system:masters')), 'allow')
  assert.deepEqual(asked, ['a'])
  const failing = configuredAuthorizers(file(hook('[{ expression: "request.extra[\'k\'][0] == \'v\'" }]') + '- { type: AlwaysAllow, name: rest }\n'), parts)
  const decision = await failing.authorizer.authorize(ask('get pods n/p', user('a')))
  assert.equal(decision.verdict, 'deny')
  assert.match(decision.error!, /^cel evaluation error: expression 'request.extra\['k'\]\[0\] == 'v'' resulted in error: no such key: /)
  configured.replace(file('- { type: AlwaysDeny, name: a }\n'))
  assert.deepEqual(await authorizer.authorize(ask('get /x', user('c'))), { verdict: 'none', reason: 'Everything is forbidden.' })
  assert.throws(() => configured.replace({ authorizers: [] }), /at least one authorization mode must be defined/)
  assert.equal(await verdict(authorizer, 'get /x', user('m', 'system:masters')), 'allow')
})

test('decisions are counted by who made them, calls of webhooks by what came of them', async () => {
  const { objects } = await start(), metrics = new Metrics()
  let fails = false
  const parts: AuthorizerParts = { objects: objects as Objects, clock: new HandClock(), read: () => kubeconfig, metrics: new AuthorizerMetrics(metrics, () => 0), outbound: async ({ body }) => {
    const { apiVersion, spec } = JSON.parse(new TextDecoder().decode(body)) as { apiVersion: string; spec: { user: string } }
    if (fails) throw new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)')
    return { status: 200, headers: {}, body: new TextEncoder().encode(JSON.stringify({ kind: 'SubjectAccessReview', apiVersion, status: spec.user === 'yes' ? { allowed: true } : { denied: spec.user === 'no' } })) }
  } }
  const open = hook('[{ expression: "has(request.resourceAttributes)" }, { expression: "request.extra[\'k\'][0] == \'v\' || request.user != \'odd\'" }]').replace('failurePolicy: Deny', 'failurePolicy: NoOpinion')
  const { authorizer } = configuredAuthorizers(file(`${open}- { type: AlwaysAllow, name: rest }\n`), parts)
  for (const [line, name] of [['get pods n/p', 'yes'], ['get pods n/p', 'no'], ['get pods n/p', 'other'], ['get /x', 'yes'], ['get pods n/p', 'odd']] as const) await authorizer.authorize(ask(line, user(name)))
  await authorizer.authorize(ask('get pods n/p', user('a', 'system:masters')))
  fails = true
  const late = Promise.resolve(authorizer.authorize(ask('get pods n/p', user('late'))))
  for (let turn = 0; turn < 40; turn++) { await new Promise(setImmediate); (parts.clock as HandClock).pass(2_000) }
  await late
  const lines = metrics.text((name) => name.startsWith('apiserver_authorization_')).split('\n').filter((line) => /_(total|seconds_count)\{/.test(line)).map((line) => line.replace('apiserver_authorization_', ''))
  assert.deepEqual(lines.sort(), [
    'decisions_total{decision="allowed",name="rest",type="AlwaysAllow"} 4', 'decisions_total{decision="allowed",name="w",type="Webhook"} 1', 'decisions_total{decision="denied",name="rest",type="AlwaysAllow"} 0', 'decisions_total{decision="denied",name="w",type="Webhook"} 1',
    'match_condition_evaluation_errors_total{name="w",type="Webhook"} 1', 'match_condition_evaluation_seconds_count{name="w",type="Webhook"} 6', 'match_condition_exclusions_total{name="w",type="Webhook"} 1',
    'webhook_duration_seconds_count{name="w",result="success"} 3', 'webhook_duration_seconds_count{name="w",result="timeout"} 1', 'webhook_evaluations_fail_open_total{name="w",result="timeout"} 1',
    'webhook_evaluations_total{name="w",result="success"} 3', 'webhook_evaluations_total{name="w",result="timeout"} 1',
  ])
})

test('a webhook may be the cluster that this server runs in', async () => {
  const { objects } = await start(), asked: { url: string; ca: unknown; headers: unknown }[] = []
  const parts: AuthorizerParts = { objects: objects as Objects, clock: new HandClock(), read: (path) => `text of ${path}`, environment: { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }, outbound: async ({ url, ca, headers, body }) => {
    asked.push({ url, ca, headers })
    const { apiVersion } = JSON.parse(new TextDecoder().decode(body)) as { apiVersion: string }
    return { status: 200, headers: {}, body: new TextEncoder().encode(JSON.stringify({ kind: 'SubjectAccessReview', apiVersion, status: { allowed: true } })) }
  } }
  const configuration = file(hook('[]').replace('{ type: KubeConfigFile, kubeConfigFile: /kc }', '{ type: InClusterConfig }'))
  assert.equal(await verdict(configuredAuthorizers(configuration, parts).authorizer, 'get pods n/p', user('a')), 'allow')
  const folder = '/var/run/secrets/kubernetes.io/serviceaccount'
  assert.match(asked[0]!.url, /^https:\/\/\[fd00::1\]:443\b/)
  assert.deepEqual([asked[0]!.ca, (asked[0]!.headers as Record<string, string>)['authorization']], [`text of ${folder}/ca.crt`, `Bearer text of ${folder}/token`])
  assert.throws(() => configuredAuthorizers(configuration, { ...parts, environment: {} }), /unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined/)
})

for (const [text, said] of [
  ['- { type: Other, name: a }\n', 'authorizers[0].type: Unsupported value: "Other": supported values: "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"'],
  ['- { type: RBAC }\n- { type: RBAC, name: b }\n- { type: Node, name: B_ }\n', 'authorizers[0].name: Required value|authorizers[1].type: Duplicate value: "RBAC"|authorizers[2].name: Invalid value: "B_": authorizer name is invalid: '],
  ['- { type: Webhook, name: a }\n', 'authorizers[0].webhook: Required value: required when type=Webhook'],
  ['- { type: Webhook, name: a, webhook: { timeout: 1m, subjectAccessReviewVersion: v2 } }\n',
    'authorizers[0].timeout: Invalid value: "1m": must be > 0s and <= 30s|authorizers[0].subjectAccessReviewVersion: Unsupported value: "v2": supported values: "v1", "v1beta1"|authorizers[0].failurePolicy: Required value|authorizers[0].connectionInfo.type: Required value'],
  [hook('[{ expression: "1 +" }]'), 'authorizers[0].matchConditions[0].expression: Invalid value: "1 +": compilation failed: ERROR: <input>:1:4: '],
  [hook('[{ expression: "request.nothing" }]'), 'authorizers[0].matchConditions[0].expression: Invalid value: "request.nothing": compilation failed: ERROR: <input>:1:8: undefined field \'nothing\''],
  [hook('[{ expression: "1" }, { expression: "true" }, { expression: "true" }]'), 'authorizers[0].matchConditions[0].expression: Invalid value: "1": must evaluate to bool|authorizers[0].matchConditions[2].expression: Duplicate value: "true"'],
] as const) test(`a file is refused: ${said.slice(0, 80)}`, () => {
  const errors = validateAuthorization(readConfiguration(`apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n${text}`, authorizationConfiguration)).map(({ field, message }) => `${field}: ${message}`)
  assert.deepEqual(errors.map((e, i) => e.slice(0, said.split('|')[i]?.length)), said.split('|'))
})

test('where nobody allows and somebody failed, the answer is a server error in plain text; reasons of all are told', async () => {
  const undecided: Authorizer = { authorize: () => ({ verdict: 'none', reason: 'one', error: 'broken' }) }, other: Authorizer = { authorize: () => Promise.resolve({ verdict: 'none', reason: 'two' }) }
  const { authorizerUnion } = await import('./authz.ts')
  assert.deepEqual(await authorizerUnion([undecided, other, undecided]).authorize(ask('get /x', user('a'))), { verdict: 'none', reason: 'one\ntwo\none', error: 'broken' })
  const { ask: send } = await start({ authorizer: () => authorizerUnion([other, undecided]) })
  const answer = await send('GET /api/v1/pods?limit=1')
  assert.deepEqual([answer.status, answer.text, answer.headers['content-type']], [500, 'Internal Server Error: "/api/v1/pods?limit=1": broken\n', 'text/plain; charset=utf-8'])
})

test('a binding to a role that is not there is told to whom it names; the super user needs none', async () => {
  const { ask: send } = await start({ authorizer: (objects) => configuredAuthorizers({ authorizers: [{ type: 'RBAC', name: 'r' }] }, { objects, clock: new HandClock(), read: () => '', outbound: async () => { throw new Error('unused') }, superUser: 'root' }).authorizer })
  const root = user('root'), al = user('al'), rbac = '/apis/rbac.authorization.k8s.io/v1'
  const binding = (name: string, kind: string, role: string) => ({ metadata: { name }, subjects: [{ kind: 'User', name: 'al', apiGroup: 'rbac.authorization.k8s.io' }], roleRef: { kind, name: role, apiGroup: 'rbac.authorization.k8s.io' } })
  await send(`POST ${rbac}/clusterroles`, { metadata: { name: 'a' }, rules: [] }, {}, root)
  for (const [path, b] of [['clusterrolebindings', binding('a', 'ClusterRole', 'a')], ['namespaces/n/rolebindings', binding('b', 'Role', 'gone')]] as const) assert.equal((await send(`POST ${rbac}/${path}`, b, {}, root)).status, path.includes('/') ? 201 : 201)
  await send(`DELETE ${rbac}/clusterroles/a`, undefined, {}, root)
  assert.equal((await send('GET /api/v1/pods', undefined, {}, al)).body.message, 'pods is forbidden: User "al" cannot list resource "pods" in API group "" at the cluster scope: RBAC: clusterrole.rbac.authorization.k8s.io "a" not found')
  assert.equal((await send('GET /api/v1/namespaces/n/pods', undefined, {}, al)).body.message,
    'pods is forbidden: User "al" cannot list resource "pods" in API group "" in the namespace "n": RBAC: [clusterrole.rbac.authorization.k8s.io "a" not found, role.rbac.authorization.k8s.io "gone" not found]')
})
