import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics, type Outbound } from '#server'
import { measuredOutbound } from './measured-outbound.ts'

test('calls are counted by what came of them', async () => {
  const metrics = new Metrics()
  const inner: Outbound = async ({ url }) => { if (url.includes('bad')) throw new Error('x509: certificate relies on legacy Common Name field, use SANs instead'); return { status: 201, headers: {}, body: new Uint8Array(70) } }
  const call = measuredOutbound(inner, metrics, () => 0)
  await call({ method: 'POST', url: 'https://hook.d.svc:443/x', body: new Uint8Array(10), timeoutMs: 1 })
  await assert.rejects(call({ method: 'POST', url: 'https://bad.d.svc:8443/x', timeoutMs: 1 }))
  const lines = metrics.text().split('\n')
  for (const line of ['rest_client_requests_total{code="201",host="hook.d.svc:443",method="POST"} 1', 'rest_client_requests_total{code="<error>",host="bad.d.svc:8443",method="POST"} 1', 'rest_client_request_size_bytes_sum{host="hook.d.svc:443",verb="POST"} 10',
    'rest_client_response_size_bytes_sum{host="hook.d.svc:443",verb="POST"} 70', 'apiserver_webhooks_x509_missing_san_total 1']) assert.ok(lines.includes(line), line)
})
