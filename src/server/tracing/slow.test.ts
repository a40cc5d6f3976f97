import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Log } from '#machinery'
import type { AdmissionPlugin } from '../admission/admission.ts'
import { map, maps, start } from '../contract-kit.ts'
import { Auditor } from '../audit/auditor.ts'
import { uniformPolicy } from '../audit/policy.ts'
import { Metrics } from '../metrics/metrics.ts'
import type { AuditEvent } from '../audit/event.ts'

test('a slow request says in one block where its time went, and so does its audit event', async () => {
  let release = () => {}
  const plugin: AdmissionPlugin = { name: 'MutatingAdmissionWebhook', handles: (operation) => operation === 'CREATE', mutate: ({ name }) => (name === 'slow' ? new Promise<void>((resolve) => { release = resolve }) : undefined) }
  const told: string[] = [], events: AuditEvent[] = [], metrics = new Metrics(), auditor = new Auditor(uniformPolicy('Metadata'), metrics)
  const log: Log = { debug() {}, info(text) { told.push(text) }, warn() {}, error() {}, named: () => log }
  auditor.add({ name: 'log', process: (event) => { events.push(event); return true }, close: async () => {} })
  const { ask, clock } = await start({ admission: [plugin], auditor, metrics, log })
  await ask(`POST ${maps}`, map('fast'))
  const slow = ask(`POST ${maps}`, map('slow'), { 'audit-id': 'a1', accept: 'application/json' })
  await turn()
  clock.pass(1234)
  release()
  assert.equal((await slow).status, 201)
  assert.equal(told.length, 1)
  assert.match(told[0]!, new RegExp(String.raw`^Trace\[\d+\]: "Create" accept:application/json,audit-id:a1,client:192\.0\.2\.7,api-group:,api-version:v1,name:,subresource:,namespace:n,resource:configmaps,scope:resource,url:${maps},user-agent:test/1,verb:POST \(01-Jan-2026 00:00:00\.000\) \(total time: 1234ms\):\nTrace\[\d+\]: ---"Mutating admission done" 1234ms \(00:00:01\.234\)\nTrace\[\d+\]: \[1\.234s\] \[1\.234s\] END$`))
  assert.deepEqual([...events.at(-1)!.annotations!].filter(([key]) => key.startsWith('apiserver.latency')), [['apiserver.latency.k8s.io/mutating-webhook', '1.234s'], ['apiserver.latency.k8s.io/total', '1.234s']])
})
