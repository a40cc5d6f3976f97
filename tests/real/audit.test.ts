// needs: kubectl
// minutes: 1
// What kubectl does stands in the audit log, as the policy wants it; a stream of the log is switched on while the server runs; a stop is an orderly one.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { ServerProcess } from './server-process.ts'

let home = '', server: ServerProcess
const log = () => join(home, 'audit.log')
interface Event { stage: string; verb: string; level: string; user: { username: string }; objectRef?: { resource: string; name?: string }; requestObject?: { kind: string }; responseObject?: object; responseStatus?: { code: number }; userAgent: string }
const events = (file = log()): Event[] => readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Event)
const run = (command: string, ...args: string[]) => spawnSync(command, args, { env: { ...process.env, PROA_HOME: home, HOME: home, KUBECONFIG: server.kubeconfig }, encoding: 'utf8', timeout: 30_000 })
const kubectl = (...args: string[]) => run(process.env['PROA_KUBECTL'] ?? 'kubectl', ...args)

before(async () => {
  home = mkdtempSync(join(tmpdir(), 'proa-audit-'))
  writeFileSync(join(home, 'policy.yaml'), `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: None, users: ["system:apiserver"]}
- {level: Metadata, resources: [{group: "", resources: [secrets]}]}
- {level: RequestResponse, resources: [{group: "", resources: [configmaps]}]}
- {level: None}
`)
  server = await ServerProcess.start(home, ['--audit-policy-file', join(home, 'policy.yaml'), '--audit-log-path', log(), '--etcd-cafile=unused'])
})
after(async () => {
  await server.stop()
  rmSync(home, { recursive: true, force: true })
})

test('kubectl\'s requests are written down as the policy says', () => {
  assert.equal(kubectl('create', 'configmap', 'one', '--from-literal=a=b').status, 0)
  assert.equal(kubectl('create', 'secret', 'generic', 'two', '--from-literal=a=b').status, 0)
  const made = events().filter(({ verb, userAgent }) => verb === 'create' && userAgent.startsWith('kubectl/'))
  const [map, secret] = ['configmaps', 'secrets'].map((resource) => made.find(({ objectRef }) => objectRef?.resource === resource))
  assert.deepEqual([map!.level, map!.user.username, map!.objectRef!.name, map!.requestObject!.kind, map!.responseStatus!.code], ['RequestResponse', 'kubernetes-admin', 'one', 'ConfigMap', 201])
  assert.deepEqual([secret!.level, secret!.objectRef!.name, secret!.requestObject, secret!.responseObject], ['Metadata', 'two', undefined, undefined])
  assert.ok(!readFileSync(log(), 'utf8').includes('"resource":"pods"'))
})

test('the audit stream of the log is switched on while the server runs', async () => {
  const proa = join(dirname(dirname(import.meta.dirname)), 'proa'), stream = join(server.folder, 'logs', 'audit.log')
  assert.match(run(proa, 'logs', '--name', 'server', '--enable', 'audit').stdout, /^audit +on$/m)
  // The file is watched: within a few requests the stream is there.
  for (let i = 0; i < 200; i++) {
    await server.ask('GET /api/v1/namespaces/default/configmaps/one')
    try { if (events(stream).length > 0) return } catch { /* not there yet */ }
  }
  assert.fail('nothing was written to the audit stream')
})

test('an open watch ends in order when the server stops', async () => {
  const watch = kubectl('get', 'configmaps', '--watch', '--request-timeout=1s')
  assert.ok(!/unexpected/i.test(watch.stderr), watch.stderr)
  await server.stop()
  assert.ok(events().every(({ stage }) => stage !== 'RequestReceived'))
})
