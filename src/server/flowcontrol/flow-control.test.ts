// Flow control on a whole server: who is let in, who waits, who is refused, and what clients and operators see of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { byPrecedence, flowSchema, priorityLevelConfiguration, type FlowSchema } from '#kinds'
import type { LooseObject, User } from '#machinery'
import type { AdmissionPlugin } from '../admission/admission.ts'
import { collect, map, maps, start, type Body } from '../contract-kit.ts'
import { requestInfo } from '../request.ts'
import { widthOf } from './estimate.ts'
import { danglingCondition, keepFlowControl, mended } from './keeper.ts'
import { bootstrapLevels, bootstrapSchemas } from './mandatory.ts'
import { RetryAfter } from './retry-after.ts'
import { matcherOf } from './schemas.ts'
import { silent } from '#machinery'

const flows = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas', levels = '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations'
const users: Readonly<Record<string, User>> = {
  admin: { name: 'admin', groups: ['system:masters'] }, jane: { name: 'jane', groups: ['devs'] }, joe: { name: 'joe', groups: ['devs'] }, node: { name: 'system:node:n', groups: ['system:nodes'] },
}
/** Holds every create of an object called `slow-...` until it is let go. */
function holding() {
  const held: (() => void)[] = []
  const plugin: AdmissionPlugin = { name: 'Hold', handles: (operation) => operation === 'CREATE', mutate: ({ name }) => (name.startsWith('slow') ? new Promise<void>((resolve) => { held.push(resolve) }) : undefined) }
  return { plugin, held, release: () => { for (const go of held.splice(0)) go() } }
}
const level = (name: string, limitResponse: object, shares = 1) => ({ metadata: { name }, spec: { type: 'Limited', limited: { nominalConcurrencyShares: shares, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse } } })
const schema = (name: string, to: string, user: string) => ({ metadata: { name }, spec: { matchingPrecedence: 50, priorityLevelConfiguration: { name: to }, distinguisherMethod: { type: 'ByUser' },
  rules: [{ subjects: [{ kind: 'User', user: { name: user } }], resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }] }] } })

test('requests belong to the schemas of a new cluster as in the reference', () => {
  const asked = bootstrapSchemas.map((one) => ({ name: one.metadata.name, matches: matcherOf(one), one })).sort((a, b) => byPrecedence(a.one, b.one))
  const of = (line: string, user: User) => { const [method, path] = line.split(' ') as ['GET', string]; return asked.find(({ matches }) => matches(requestInfo({ method, path, query: '' }), user))?.name }
  const account = (name: string): User => ({ name: `system:serviceaccount:${name}`, groups: ['system:serviceaccounts', 'system:authenticated'] })
  for (const [line, user, wanted] of [
    ['GET /api/v1/pods', { name: 'a', groups: ['system:masters', 'system:authenticated'] }, 'exempt'], ['GET /healthz', { name: 'system:anonymous', groups: ['system:unauthenticated'] }, 'probes'],
    ['GET /healthz/ping', { name: 'system:anonymous', groups: ['system:unauthenticated'] }, 'global-default'], ['PUT /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x', { name: 'system:kube-scheduler', groups: ['system:authenticated'] }, 'system-leader-election'],
    ['GET /api/v1/pods', { name: 'system:kube-scheduler', groups: ['system:authenticated'] }, 'kube-scheduler'], ['PATCH /api/v1/nodes/n/status', { name: 'system:node:n', groups: ['system:nodes', 'system:authenticated'] }, 'system-node-high'],
    ['GET /api/v1/pods', { name: 'system:node:n', groups: ['system:nodes', 'system:authenticated'] }, 'system-nodes'], ['GET /api/v1/pods', account('kube-system:x'), 'kube-system-service-accounts'],
    ['GET /api/v1/pods', account('default:x'), 'service-accounts'], ['GET /api/v1/pods', { name: 'jane', groups: ['system:authenticated'] }, 'global-default'], ['GET /api/v1/pods', { name: 'odd', groups: [] }, undefined],
  ] as const) assert.equal(of(line, user), wanted, `${line} by ${user.name}`)
})

test('answers say where they were counted; who is refused is told to try again, in the reference\'s words', async () => {
  const { plugin, release, held } = holding()
  const { ask, objects } = await start({ users, admission: [plugin], flowControl: { maxRequestsInFlight: 1, maxMutatingRequestsInFlight: 1 } })
  const made = await ask(`POST ${levels}`, level('one', { type: 'Reject' }, 100), { authorization: 'Bearer admin' })
  await ask(`POST ${flows}`, schema('janes', 'one', 'jane'), { authorization: 'Bearer admin' })
  const seats = 2
  const slow = Array.from({ length: seats }, (_, i) => ask(`POST ${maps}`, map(`slow-${i}`), { authorization: 'Bearer jane' }))
  await turn()
  assert.equal(held.length, seats)
  const refused = await ask(`POST ${maps}`, map('b'), { authorization: 'Bearer jane' })
  assert.deepEqual([refused.status, refused.text, refused.headers['retry-after'], refused.headers['content-type']], [429, 'Too many requests, please try again later.\n', '1', 'text/plain; charset=utf-8'])
  assert.equal(refused.headers['x-kubernetes-pf-prioritylevel-uid'], made.body.metadata.uid)
  assert.equal(refused.headers['x-kubernetes-pf-flowschema-uid'], objects.get(flowSchema, 'janes')!.metadata.uid)
  assert.equal((await ask(`GET ${maps}`, undefined, { authorization: 'Bearer joe' })).status, 200, 'others are not held up')
  release()
  assert.deepEqual((await Promise.all(slow)).map(({ status }) => status), [201, 201])
  assert.equal((await ask(`POST ${maps}`, map('b'), { authorization: 'Bearer jane' })).status, 201)
  const { text } = await ask('GET /metrics', undefined, { authorization: 'Bearer admin' })
  assert.match(text, /apiserver_flowcontrol_rejected_requests_total\{flow_schema="janes",priority_level="one",reason="concurrency-limit"\} 1\n/)
  assert.match(text, /apiserver_flowcontrol_dispatched_requests_total\{flow_schema="janes",priority_level="one"\} 3\n/)
  assert.match(text, /apiserver_request_terminations_total\{code="429",component="apiserver",group="",resource="configmaps",[^}]*\} 1\n/)
})

test('who waits is let in when there is room, or given up with the clock', async () => {
  const { plugin, release, held } = holding()
  const { ask, clock } = await start({ users, admission: [plugin], flowControl: { maxRequestsInFlight: 1, maxMutatingRequestsInFlight: 0 } })
  await ask(`POST ${levels}`, level('one', { type: 'Queue', queuing: { queues: 8, handSize: 2, queueLengthLimit: 5 } }, 100), { authorization: 'Bearer admin' })
  await ask(`POST ${flows}`, schema('janes', 'one', 'jane'), { authorization: 'Bearer admin' })
  const slow = ask(`POST ${maps}`, map('slow'), { authorization: 'Bearer jane' })
  await turn()
  assert.equal(held.length, 1)
  const waiting = ask(`GET ${maps}`, undefined, { authorization: 'Bearer jane' })
  await turn()
  const dump = (await ask('GET /debug/api_priority_and_fairness/dump_requests?includeRequestDetails=1', undefined, { authorization: 'Bearer admin' })).text
  assert.match(dump, /^PriorityLevelName, FlowSchemaName, QueueIndex, RequestIndexInQueue, FlowDistingsher, +ArriveTime, /)
  assert.match(dump, /\none, +janes, +\d, +0, +jane, .*0001-01-01T00:00:00Z, +jane, +list, +\/api\/v1\/namespaces\/n\/configmaps, /)
  assert.match((await ask('GET /debug/api_priority_and_fairness/dump_priority_levels', undefined, { authorization: 'Bearer admin' })).text, /\none, +1, +false, +false, +1, +1, +1, +0, +0, +0\n/)
  assert.match((await ask('GET /debug/api_priority_and_fairness/dump_queues', undefined, { authorization: 'Bearer admin' })).text, /\none, +\d, +1, +0, +0, +\d+\.\d{8}ss, +1, +1, +0\.00300000ss\n/)
  release()
  assert.deepEqual([(await slow).status, (await waiting).status], [201, 200])
  const again = ask(`POST ${maps}`, map('slow-2'), { authorization: 'Bearer jane' })
  await turn()
  const late = ask(`GET ${maps}`, undefined, { authorization: 'Bearer jane' })
  await turn()
  clock.pass(15_000)
  assert.equal((await late).status, 429)
  release()
  assert.equal((await again).status, 201)
})

test('a watch holds its seat until it has shown what there is, and then none', async () => {
  const { ask, send } = await start({ users, flowControl: { maxRequestsInFlight: 1, maxMutatingRequestsInFlight: 0 } })
  await ask(`POST ${levels}`, level('one', { type: 'Reject' }, 100), { authorization: 'Bearer admin' })
  await ask(`POST ${flows}`, schema('janes', 'one', 'jane'), { authorization: 'Bearer admin' })
  const watches = []
  for (let i = 0; i < 3; i++) watches.push(collect(await send(`GET ${maps}?watch=1`, undefined, { authorization: 'Bearer jane' })))
  assert.equal((await ask(`GET ${maps}`, undefined, { authorization: 'Bearer jane' })).status, 200)
  for (const watch of watches) watch.stop()
})

test('a level that is made anew tells its clients nothing of what the one before it has seen', async () => {
  const { plugin, release, held } = holding()
  const { ask, clock } = await start({ users, admission: [plugin], flowControl: { maxRequestsInFlight: 1, maxMutatingRequestsInFlight: 1 } })
  const asAdmin = { authorization: 'Bearer admin' }, one = level('one', { type: 'Reject' }, 100)
  const refusals = async (count: number) => {
    const slow = Array.from({ length: 2 }, (_, i) => ask(`POST ${maps}`, map(`slow-${clock.now()}-${i}`), { authorization: 'Bearer jane' }))
    await turn()
    assert.equal(held.length, 2)
    let told: unknown
    for (let i = 0; i < count; i++) told = (await ask(`POST ${maps}`, map('b'), { authorization: 'Bearer jane' })).headers['retry-after']
    release()
    await Promise.all(slow)
    return told
  }
  await ask(`POST ${levels}`, one, asAdmin)
  await ask(`POST ${flows}`, schema('janes', 'one', 'jane'), asAdmin)
  await refusals(5)
  clock.pass(1_000)
  assert.equal(await refusals(1), '2')
  await ask(`DELETE ${levels}/one`, undefined, asAdmin)
  assert.equal((await ask(`GET ${maps}`, undefined, asAdmin)).status, 200)
  await ask(`POST ${levels}`, one, asAdmin)
  clock.pass(1_000)
  assert.equal(await refusals(1), '1')
})

test('without priority and fairness there are two numbers, and administrators pass', async () => {
  const { plugin, release } = holding()
  const { ask } = await start({ users, admission: [plugin], flowControl: { enabled: false, maxRequestsInFlight: 1, maxMutatingRequestsInFlight: 1 } })
  const slow = ask(`POST ${maps}`, map('slow'), { authorization: 'Bearer jane' })
  await turn()
  const refused = await ask(`POST ${maps}`, map('b'), { authorization: 'Bearer joe' })
  assert.deepEqual([refused.status, refused.text, refused.headers['x-kubernetes-pf-flowschema-uid']], [429, 'Too many requests, please try again later.\n', undefined])
  assert.equal((await ask(`GET ${maps}`, undefined, { authorization: 'Bearer joe' })).status, 200)
  assert.equal((await ask(`POST ${maps}`, map('c'), { authorization: 'Bearer admin' })).status, 201)
  release()
  assert.equal((await slow).status, 201)
})

test('what was removed or changed and is mandatory comes back; a status says whether the level exists', async () => {
  const { ask, objects, handler, clock } = await start()
  const stop = keepFlowControl({ objects, handler, clock, log: silent })
  const settled = async (until: () => boolean) => { for (let i = 0; i < 200 && !until(); i++) await turn(); assert.ok(until()) }
  const dangling = (name: string) => objects.get(flowSchema, name)?.status.conditions?.[0]
  await settled(() => dangling('workload-low' as never) === undefined && dangling('catch-all')?.status === 'False')
  await ask(`DELETE ${flows}/exempt`)
  await settled(() => objects.get(flowSchema, 'exempt') !== undefined)
  await ask(`PATCH ${flows}/catch-all`, { spec: { matchingPrecedence: 9999 } })
  await settled(() => objects.get(flowSchema, 'catch-all')!.spec.matchingPrecedence === 10_000)
  await ask(`POST ${flows}`, schema('mine', 'later', 'jane'))
  await settled(() => dangling('mine')?.status === 'True')
  assert.equal(dangling('mine')!.message, 'This FlowSchema references the PriorityLevelConfiguration object named "later" but there is no such object')
  await ask(`POST ${levels}`, level('later', { type: 'Reject' }))
  await settled(() => dangling('mine')?.status === 'False')
  const { body } = await ask(`GET ${flows}/mine`)
  assert.deepEqual(body.metadata.managedFields.map((f: Body) => [f.manager, f.operation, f.subresource])[0], ['api-priority-and-fairness-config-consumer-v1', 'Apply', 'status'])
  stop()
})

test('suggested objects follow this version unless somebody made them his own', () => {
  const stored = (name: string, generation: number, annotation: string | undefined, spec: object = {}): LooseObject => {
    const wanted = bootstrapLevels.find((l) => l.metadata.name === name)!
    return { apiVersion: 'x', kind: 'x', metadata: { name, generation, ...(annotation && { annotations: { 'apf.kubernetes.io/autoupdate-spec': annotation } }) }, spec: { ...wanted.spec, ...spec } } as object as LooseObject
  }
  const wanted = (name: string) => bootstrapLevels.find((l) => l.metadata.name === name) as unknown as LooseObject // allowed: facts
  const changed = { limited: { nominalConcurrencyShares: 7 } }
  assert.equal(mended(undefined, wanted('system')), wanted('system'))
  assert.equal(mended(stored('system', 1, 'true'), wanted('system')), undefined)
  assert.deepEqual(mended(stored('system', 2, 'true', changed), wanted('system'))!['spec'], wanted('system')['spec'])
  assert.equal(mended(stored('system', 2, 'false', changed), wanted('system')), undefined)
  assert.equal(mended(stored('system', 2, undefined, changed), wanted('system'))!.metadata.annotations!['apf.kubernetes.io/autoupdate-spec'], 'false')
  assert.deepEqual(mended(stored('catch-all', 9, 'false', changed), wanted('catch-all'))!['spec'], wanted('catch-all')['spec'])
  assert.equal(mended(stored('exempt', 2, 'true', { exempt: { lendablePercent: 30, nominalConcurrencyShares: 1 } }), wanted('exempt')), undefined)
  const fs = { spec: { priorityLevelConfiguration: { name: 'x' } }, status: {} } as FlowSchema
  assert.deepEqual(danglingCondition(fs, false, 'T'), { type: 'Dangling', lastTransitionTime: 'T', status: 'True', reason: 'NotFound', message: 'This FlowSchema references the PriorityLevelConfiguration object named "x" but there is no such object' })
  assert.equal(priorityLevelConfiguration.resource, 'prioritylevelconfigurations')
})

test('lists are as wide as what they look at, writes as what they stir up', () => {
  const of = (line: string, stored: number | undefined, watchers = 0, most = 10) => {
    const [method, url] = line.split(' ') as ['GET', string], [path, query = ''] = url.split('?') as [string, string?]
    return widthOf(requestInfo({ method, path, query }), most, { count: () => stored, watchers: () => watchers })
  }
  for (const [width, wanted] of [
    [of('GET /api/v1/pods', 950), { seats: 10, extraMs: 0 }], [of('GET /api/v1/pods', 101), { seats: 2, extraMs: 0 }], [of('GET /api/v1/pods', 5000, 0, 4), { seats: 4, extraMs: 0 }], [of('GET /api/v1/pods', undefined), { seats: 1, extraMs: 0 }],
    [of('GET /api/v1/namespaces/n/pods/a', 5000), { seats: 1, extraMs: 0 }], [of('GET /api/v1/pods?watch=1', 5000), { seats: 1, extraMs: 0 }], [of('GET /api/v1/pods?watch=1&sendInitialEvents=true', 350), { seats: 4, extraMs: 0 }],
    [of('POST /api/v1/namespaces/n/pods', 1, 9), { seats: 1, extraMs: 0 }], [of('POST /api/v1/namespaces/n/pods', 1, 45), { seats: 5, extraMs: 5 }], [of('POST /api/v1/namespaces/n/pods', 1, 400), { seats: 10, extraMs: 20 }],
    [of('POST /api/v1/namespaces/n/serviceaccounts/a/token', 1, 400), { seats: 1, extraMs: 0 }],
  ] as const) assert.deepEqual(width, wanted)
})

test('whoever is refused again and again is told to wait longer, and shorter again later', () => {
  const retry = new RetryAfter()
  const second = (n: number, times: number) => { let last = 0; for (let i = 0; i < times; i++) last = retry.refused(n * 1000); return last }
  assert.equal(second(100, 5), 1)
  assert.equal(second(101, 10), 2)
  assert.equal(second(102, 10), 2)
  assert.equal(second(103, 10), 4)
  assert.equal(second(200, 1), 3)
  assert.equal(second(210, 1), 2)
})

test('what a cluster begins with is what its kinds demand of it', () => {
  for (const schema of bootstrapSchemas) assert.deepEqual(flowSchema.rules.validate!({ ...structuredClone(schema), status: {} }), [])
  for (const level of bootstrapLevels) assert.deepEqual(priorityLevelConfiguration.rules.validate!({ ...structuredClone(level), status: {} }), [])
})
