// What plugins keep of the objects that configure them holds from the moment those are stored, changes with them and goes with them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type Ask } from '../contract-kit.ts'
import { RbacAuthorizer, admissionPlugins } from '../index.ts'
import facts from '../../../tests/facts/admission-plugins.json' with { type: 'json' }

const pods = '/api/v1/namespaces/n/pods', container = { name: 'c', image: 'i' }
const only = async (name: string) => {
  const server = await start({ admission: (all) => admissionPlugins(all, { enable: [name], disable: facts.defaultOn.filter((one) => one !== name) }) })
  for (const place of ['n', 'other']) await server.ask('POST /api/v1/namespaces', { metadata: { name: place } })
  return server
}
let made = 0
/** A pod that is asked for and not kept. */
const tried = (ask: Ask, place = 'n', spec: object = {}) => ask(`POST ${pods.replace('/n/', `/${place}/`)}?dryRun=All`, { metadata: { name: `p${made++}` }, spec: { containers: [container], ...spec } })

test('a LimitRange gives defaults in its namespace from the moment it is there until it goes', async () => {
  const { ask } = await only('LimitRanger'), ranges = '/api/v1/namespaces/n/limitranges'
  const limit = async (place?: string) => (await tried(ask, place)).body.spec.containers[0].resources?.limits?.cpu
  assert.equal(await limit(), undefined)
  const range = (cpu: string) => ({ metadata: { name: 'r' }, spec: { limits: [{ type: 'Container', default: { cpu } }] } })
  const { body } = await ask(`POST ${ranges}`, range('1'))
  assert.deepEqual([await limit(), await limit('other')], ['1', undefined])
  await ask(`PUT ${ranges}/r`, { ...body, spec: range('2').spec })
  assert.equal(await limit(), '2')
  await ask(`DELETE ${ranges}/r`)
  assert.equal(await limit(), undefined)
})

test('a quota holds from the moment it is there until it goes', async () => {
  const { ask } = await only('ResourceQuota'), quotas = '/api/v1/namespaces/n/resourcequotas'
  const status = async (place?: string) => (await tried(ask, place)).status
  assert.equal(await status(), 201)
  const { body } = await ask(`POST ${quotas}`, { metadata: { name: 'q' }, spec: { hard: { pods: '0' } } })
  assert.deepEqual([(await ask(`PUT ${quotas}/q/status`, { ...body, status: { hard: { pods: '0' }, used: { pods: '0' } } })).status, await status(), await status('other')], [200, 403, 201])
  await ask(`DELETE ${quotas}/q`)
  assert.equal(await status(), 201)
})

test('the default priority class is the one of now', async () => {
  const { ask } = await only('Priority'), classes = '/apis/scheduling.k8s.io/v1/priorityclasses'
  const priority = async () => { const { spec } = (await tried(ask)).body; return [spec.priorityClassName, spec.priority] }
  assert.deepEqual(await priority(), [undefined, 0])
  await ask(`POST ${classes}`, { metadata: { name: 'a' }, value: 5, globalDefault: true })
  assert.deepEqual(await priority(), ['a', 5])
  assert.equal((await ask(`PATCH ${classes}/a`, { globalDefault: false })).status, 200)
  assert.deepEqual(await priority(), [undefined, 0])
  await ask(`POST ${classes}`, { metadata: { name: 'b' }, value: 7, globalDefault: true })
  assert.deepEqual(await priority(), ['b', 7])
  await ask(`DELETE ${classes}/b`)
  assert.deepEqual(await priority(), [undefined, 0])
})

test('what a namespace says of the security of its pods counts as it is now', async () => {
  const { ask } = await only('PodSecurity')
  const status = async () => (await tried(ask, 'n', { hostNetwork: true })).status
  const say = (level: string | null) => ask('PATCH /api/v1/namespaces/n', { metadata: { labels: { 'pod-security.kubernetes.io/enforce': level } } })
  const seen = [await status()]
  for (const level of ['baseline', 'privileged', 'restricted', null]) { await say(level); seen.push(await status()) }
  assert.deepEqual(seen, [201, 403, 201, 403, 201])
})

test('a policy holds while it is there and bound', async () => {
  const { ask } = await only('ValidatingAdmissionPolicy'), policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic'
  const status = async () => (await tried(ask)).status
  const seen = [await status()], step = async (line: string, body?: object) => { const { status: done, text } = await ask(line, body); assert.ok(done < 300, text); seen.push(await status()) }
  await step(`POST ${policies}ies`, { metadata: { name: 'v' }, spec: { matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }] }, validations: [{ expression: 'false' }] } })
  await step(`POST ${policies}ybindings`, { metadata: { name: 'v' }, spec: { policyName: 'v', validationActions: ['Deny'] } })
  await step(`PATCH ${policies}ies/v`, { spec: { validations: [{ expression: 'true' }] } })
  await step(`PATCH ${policies}ies/v`, { spec: { validations: [{ expression: 'object.spec.containers.size() > 1' }] } })
  await step(`DELETE ${policies}ybindings/v`)
  assert.deepEqual(seen, [201, 201, 422, 201, 422, 201])
})

test('a right holds from the moment it is bound until its role or its binding goes', async () => {
  const { ask } = await start({ authorizer: (objects) => { const rbac = new RbacAuthorizer(objects); return { authorize: (attributes) => (attributes.user.name === 'root' ? { verdict: 'allow', reason: '' } : rbac.authorize(attributes)) } } })
  const root = { name: 'root', groups: [] }, eve = { name: 'eve', groups: ['g'] }, api = '/apis/rbac.authorization.k8s.io/v1'
  const may = async () => (await ask('GET /api/v1/namespaces/n/pods', undefined, {}, eve)).status
  const seen = [await may()], step = async (line: string, body?: object) => { const { status, text } = await ask(line, body, {}, root); assert.ok(status < 300, text); seen.push(await may()) }
  const role = { metadata: { name: 'r' }, rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }] }
  const binding = { metadata: { name: 'b' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' }, subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'g' }] }
  await step(`POST ${api}/clusterrolebindings`, binding)
  await step(`POST ${api}/clusterroles`, role)
  await step(`PATCH ${api}/clusterroles/r`, { rules: [{ ...role.rules[0], verbs: ['get'] }] })
  await step(`PATCH ${api}/clusterroles/r`, { rules: role.rules })
  await step(`DELETE ${api}/clusterroles/r`)
  await step(`POST ${api}/clusterroles`, role)
  await step(`DELETE ${api}/clusterrolebindings/b`)
  assert.deepEqual(seen, [403, 403, 200, 403, 200, 403, 200, 403])
})
