// What the server counts of its requests, read back as a scraper reads it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '#machinery'
import type { AdmissionPlugin } from '../admission/admission.ts'
import { collect, map, maps, start } from '../contract-kit.ts'

/** The lines of /metrics that begin so, without what comes before the labels. */
const lines = (text: string, name: string): string[] => text.split('\n').filter((line) => line.startsWith(`${name}{`)).map((line) => line.slice(name.length))

test('requests are counted by what they ask for, in the reference\'s labels', async () => {
  const { ask } = await start()
  await ask(`POST ${maps}`, map('a'))
  await ask(`POST ${maps}?dryRun=All`, map('b'))
  await ask(`POST ${maps}`, map('a'))
  await ask(`GET ${maps}/a`)
  await ask(`GET ${maps}`)
  await ask('GET /api/v1/configmaps')
  await ask(`PATCH ${maps}/a`, { data: { a: 'b' } })
  await ask(`PATCH ${maps}/a?fieldManager=me`, map('a'), { 'content-type': 'application/apply-patch+yaml' })
  await ask(`DELETE ${maps}/a`)
  await ask(`DELETE ${maps}`)
  await ask('GET /healthz')
  await ask('GET /nothing')
  await ask('GET /api/v1/none')
  const { text, headers } = await ask('GET /metrics')
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4; charset=utf-8/)
  const of = (code: number, verb: string, scope: string, dryRun = '') => `{code="${code}",component="apiserver",dry_run="${dryRun}",group="",resource="configmaps",scope="${scope}",subresource="",system_client="",verb="${verb}",version="v1"} 1`
  assert.deepEqual(lines(text, 'apiserver_request_total').sort(), [
    of(200, 'APPLY', 'resource'), of(200, 'DELETE', 'namespace'), of(200, 'DELETE', 'resource'), of(200, 'GET', 'resource'), of(200, 'LIST', 'cluster'), of(200, 'LIST', 'namespace'), of(200, 'PATCH', 'resource'),
    of(201, 'POST', 'resource'), of(201, 'POST', 'resource', 'All'), of(409, 'POST', 'resource'), '{code="200",component="",dry_run="",group="",resource="",scope="",subresource="/healthz",system_client="",verb="GET",version=""} 1',
  ].sort())
  assert.match(text, /apiserver_request_duration_seconds_bucket\{component="apiserver",dry_run="",group="",resource="configmaps",scope="resource",subresource="",verb="POST",version="v1",le="\+Inf"\} 2\n/)
  assert.match(text, /apiserver_response_sizes_count\{component="apiserver",group="",resource="configmaps",scope="namespace",subresource="",verb="LIST",version="v1"\} 1\n/)
  assert.match(text, /authorization_attempts_total\{result="allowed"\} \d+\n/)
  assert.match(text, /# HELP apiserver_request_total \[STABLE\] /)
})

test('the cluster\'s own components are told apart by what they call themselves', async () => {
  const { ask } = await start()
  for (const agent of ['kube-scheduler/v1.36.2 (linux/amd64)', 'kube-proxy/v1', 'kube-scheduler', 'me/1']) await ask(`GET ${maps}`, undefined, { 'user-agent': agent })
  const counted = lines((await ask('GET /metrics')).text, 'apiserver_request_total').filter((line) => line.includes('verb="LIST"'))
  assert.deepEqual(counted.map((line) => [/system_client="([^"]*)"/.exec(line)![1], line.split(' ').at(-1)]), [['', '2'], ['kube-scheduler', '2']])
})

test('a watch is open until it ends, and is counted then', async () => {
  const { ask, send } = await start()
  const labels = 'component="apiserver",group="",resource="configmaps",scope="namespace",subresource="",verb="WATCH",version="v1"'
  const watch = collect(await send(`GET ${maps}?watch=1`))
  assert.deepEqual(lines((await ask('GET /metrics')).text, 'apiserver_longrunning_requests'), [`{${labels}} 1`])
  watch.stop()
  const { text } = await ask('GET /metrics')
  assert.deepEqual(lines(text, 'apiserver_longrunning_requests'), [`{${labels}} 0`])
  assert.match(text, /apiserver_request_total\{code="200",[^}]*verb="WATCH"[^}]*\} 1\n/)
})

test('admission is timed by plugin and step, apart by whether it refused', async () => {
  const plugin: AdmissionPlugin = { name: 'Picky', handles: () => true, mutate() {}, validate({ name }) { if (name === 'bad') throw new ApiError('Forbidden', 'no') } }
  const { ask } = await start({ admission: [plugin] })
  await ask(`POST ${maps}`, map('good'))
  await ask(`POST ${maps}`, map('bad'))
  const { text } = await ask('GET /metrics')
  assert.deepEqual(lines(text, 'apiserver_admission_controller_admission_duration_seconds_count'), [
    '{name="Picky",operation="CREATE",rejected="false",type="admit"} 2', '{name="Picky",operation="CREATE",rejected="true",type="admit"} 0',
    '{name="Picky",operation="CREATE",rejected="false",type="validate"} 1', '{name="Picky",operation="CREATE",rejected="true",type="validate"} 1'])
  assert.match(text, /apiserver_admission_step_admission_duration_seconds_count\{operation="CREATE",rejected="true",type="validate"\} 1\n/)
})

test('every answer over the wire carries an audit id, the client\'s own where it sends one', async () => {
  const { ask } = await start()
  assert.match(String((await ask(`GET ${maps}`)).headers['audit-id']), /^[0-9a-f-]{36}$/)
  const { headers } = await ask(`GET ${maps}/none`, undefined, { 'audit-id': 'mine, as it is' })
  assert.equal(headers['audit-id'], 'mine, as it is')
  assert.equal(headers['cache-control'], 'no-cache, private')
})
