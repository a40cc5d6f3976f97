// What was made and deleted again leaves no series behind.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../contract-kit.ts'

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const definition = (group: string) => ({
  metadata: { name: `things.${group}` },
  spec: { group, scope: 'Cluster', names: { plural: 'things', kind: 'Thing' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } }] },
})
const flow = (name: string) => ({ metadata: { name }, spec: { priorityLevelConfiguration: { name: 'catch-all' }, matchingPrecedence: 50, rules: [{ subjects: [{ kind: 'User', user: { name } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }] } })

test('figures of a custom resource and of a flow are kept for two minutes after their deletion, and as long as they are there', async () => {
  const { ask, clock } = await start({ flowControl: {} })
  const made = async (group: string) => {
    await ask(`POST ${definitions}`, definition(group))
    for (let tries = 0; (await ask(`GET /apis/${group}/v1/things`)).status !== 200; tries++) if (tries > 100) assert.fail('it is never served')
    await ask(`POST /apis/${group}/v1/things`, { apiVersion: `${group}/v1`, kind: 'Thing', metadata: { name: 'a' } })
  }
  const ended = async (group: string) => {
    await ask(`DELETE ${definitions}/things.${group}`)
    for (let tries = 0; (await ask(`GET ${definitions}/things.${group}`)).status !== 404; tries++) if (tries > 100) assert.fail('it never goes')
  }
  const flows = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas'
  const mentioned = async () => { const { text } = await ask('GET /metrics'); return ['gone.example', 'back.example', 'stays.example', 'flow-gone', 'flow-stays'].filter((name) => text.includes(`"${name}"`)) }
  for (const group of ['gone.example', 'back.example', 'stays.example']) await made(group)
  for (const name of ['flow-gone', 'flow-stays']) assert.equal((await ask(`POST ${flows}`, flow(name))).status, 201)
  assert.deepEqual(await mentioned(), ['gone.example', 'back.example', 'stays.example', 'flow-gone', 'flow-stays'])
  await ended('gone.example')
  await ended('back.example')
  await ask(`DELETE ${flows}/flow-gone`)
  await made('back.example')
  assert.deepEqual(await mentioned(), ['gone.example', 'back.example', 'stays.example', 'flow-gone', 'flow-stays'])
  clock.pass(120_000)
  assert.deepEqual(await mentioned(), ['back.example', 'stays.example', 'flow-stays'])
})

test('figures of a priority level go with it, also where a flow that used it is still there', async () => {
  const { ask, clock } = await start({ flowControl: {} })
  const api = '/apis/flowcontrol.apiserver.k8s.io/v1', mentions = async () => /priority_level="level-gone"/.test((await ask('GET /metrics')).text)
  await ask(`POST ${api}/prioritylevelconfigurations`, { metadata: { name: 'level-gone' }, spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } } } })
  await ask(`POST ${api}/flowschemas`, { ...flow('moves'), spec: { ...flow('moves').spec, priorityLevelConfiguration: { name: 'level-gone' } } })
  assert.equal(await mentions(), true)
  await ask(`PATCH ${api}/flowschemas/moves`, { spec: { priorityLevelConfiguration: { name: 'catch-all' } } })
  await ask(`DELETE ${api}/prioritylevelconfigurations/level-gone`)
  assert.equal(await mentions(), true)
  clock.pass(120_000)
  assert.equal(await mentions(), false)
})
