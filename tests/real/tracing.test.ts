// minutes: 1
// A server that is told to follow requests sends their spans to a collector, within those of its clients.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { OtlpCollector } from '#testing'
import { ServerProcess } from './server-process.ts'

let home = '', server: ServerProcess, collector: OtlpCollector
before(async () => {
  home = mkdtempSync(join(tmpdir(), 'proa-tracing-'))
  collector = await OtlpCollector.start()
  writeFileSync(join(home, 'tokens.csv'), 'admintoken,admin,1,system:masters\nothertoken,ann,2\n')
  writeFileSync(join(home, 'tracing.yaml'), `apiVersion: apiserver.config.k8s.io/v1\nkind: TracingConfiguration\nendpoint: 127.0.0.1:${collector.port}\n`)
  server = await ServerProcess.start(home, ['--tracing-config-file', join(home, 'tracing.yaml'), '--token-auth-file', join(home, 'tokens.csv')])
})
after(async () => {
  await server?.stop()
  collector.close()
  rmSync(home, { recursive: true, force: true })
})

test('an administrator\'s request is followed as its client asks, anybody else\'s is not', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c', headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` }, path = '/api/v1/namespaces/default/configmaps'
  assert.equal((await server.ask(`GET ${path}`, { token: 'othertoken', headers })).status, 403)
  const { status, headers: answered } = await server.ask(`POST ${path}`, { token: 'admintoken', headers, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } })
  assert.equal(status, 201)
  await collector.until(() => collector.spans.some(({ parentId }) => parentId === 'b7ad6b7169203331'))
  const root = collector.spans.find(({ parentId }) => parentId === 'b7ad6b7169203331')!, work = collector.spans.find(({ parentId }) => parentId === root.spanId)!
  assert.deepEqual([root.name, work.name, collector.spans.filter(({ parentId }) => parentId === work.spanId).map(({ name }) => name)], ['POST /api/v1/namespaces/{:namespace}/configmaps', 'Create', ['Create etcd3', 'SerializeObject']])
  assert.equal(root.attributes['audit-id'], answered['audit-id'])
  assert.equal(root.resource['service.name'], 'apiserver')
  assert.match(String(root.resource['service.instance.id']), /^apiserver-[a-z2-7]{26}$/)
  assert.ok(collector.spans.every((span) => span.traceId === traceId && span.startNano <= span.endNano))
})

test('a server does not start with a file that says what cannot be', async () => {
  writeFileSync(join(home, 'bad.yaml'), 'apiVersion: apiserver.config.k8s.io/v1\nkind: TracingConfiguration\nsamplingRatePerMillion: -1\n')
  await assert.rejects(ServerProcess.start(home, ['--tracing-config-file', join(home, 'bad.yaml')], 'bad'), /failed to validate tracing configuration: samplingRatePerMillion: Invalid value: -1: sampling rate must be positive/)
  await assert.rejects(ServerProcess.start(home, ['--tracing-config-file', join(home, 'none.yaml')], 'none'), /tracing-config-file .*none\.yaml does not exist/)
})
