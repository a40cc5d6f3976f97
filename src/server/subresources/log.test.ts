import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../contract-kit.ts'
import { Metrics } from '../metrics/metrics.ts'
import type { KubeletConnector } from '../server.ts'

test('logs are asked for of an agent whose certificate is looked at, unless somebody wants it otherwise; both are counted', async () => {
  const metrics = new Metrics(), asked: unknown[] = []
  const kubelet: KubeletConnector = {
    async get({ host, port }, path, insecure) {
      asked.push([host, port, path, insecure])
      if (!insecure) throw Object.assign(new Error('tls: failed to verify certificate'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
      return { status: 200, headers: {}, open: () => () => {} }
    },
  }
  const { ask } = await start({ metrics, kubelet }), spec = { nodeName: 'x', containers: [{ name: 'c', image: 'i' }] }
  await ask('POST /api/v1/nodes', { metadata: { name: 'x' } })
  await ask('PATCH /api/v1/nodes/x/status', { status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] } })
  await ask('POST /api/v1/namespaces/n/pods', { metadata: { name: 'p' }, spec })
  const log = '/api/v1/namespaces/n/pods/p/log'
  assert.equal((await ask(`GET ${log}`)).status, 500)
  assert.equal((await ask(`GET ${log}?insecureSkipTLSVerifyBackend=true`)).status, 200)
  assert.deepEqual(asked, [false, true].map((insecure) => ['192.0.2.1', 10250, '/containerLogs/n/p/c', insecure]))
  assert.deepEqual(metrics.text((name) => name.startsWith('kube_apiserver_pod_logs')).split('\n').filter((line) => line && !line.startsWith('#')), [
    'kube_apiserver_pod_logs_backend_tls_failure_total 1', 'kube_apiserver_pod_logs_insecure_backend_total{usage="enforce_tls"} 1', 'kube_apiserver_pod_logs_insecure_backend_total{usage="skip_tls_allowed"} 1',
  ])
})
