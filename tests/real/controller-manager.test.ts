// The controllers as processes of their own, against a server that has none: who works is decided by the lease.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { administrator, become, ComponentProcess } from './component-process.ts'
import { ServerProcess } from './server-process.ts'

const home = mkdtempSync(join(tmpdir(), 'proa-cm-'))
const running: { stop(): Promise<unknown> }[] = []
after(async () => { for (const one of running.reverse()) await one.stop(); rmSync(home, { recursive: true, force: true }) })

class Process extends ComponentProcess {
  constructor(args: readonly string[]) { super(home, args); running.push(this) }
}

test('controllers run elsewhere, each as itself, and another takes over', { timeout: 180_000 }, async () => {
  const server = await ServerProcess.start(home, ['--disable-controller-manager', '--disable-scheduler'])
  running.push(server)
  const admin = administrator(server)
  const call = (line: string, body?: object) => server.ask(line, { ...admin, ...(body && { body }) })
  const flags = ['--kubeconfig', server.kubeconfig, '--secure-port', '0', '--leader-elect-lease-duration', '3s', '--leader-elect-renew-deadline', '2s', '--leader-elect-retry-period', '500ms', '--use-service-account-credentials']

  const first = new Process(['controller-manager', ...flags])
  await first.says(/controllers have started/)
  const web = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default' }, spec: { replicas: 2, selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'web' }] } } } }
  assert.equal((await call('POST /apis/apps/v1/namespaces/default/deployments', web)).status, 201)
  await become(server, admin, '/api/v1/namespaces/default/pods', (pods) => pods.length === 2)
  const sets = await become(server, admin, '/apis/apps/v1/namespaces/default/replicasets', (all) => all.length === 1)
  assert.ok(sets[0].metadata.managedFields.some(({ manager }: { manager: string }) => manager === 'kube-controller-manager'))

  const second = new Process(['controller-manager', ...flags])
  await second.says(/the controller manager is running/)
  await first.stop('SIGKILL')
  await second.says(/became the leader/)
  assert.equal((await call('PATCH /apis/apps/v1/namespaces/default/deployments/web', undefined)).status, 415)
  assert.equal((await call('PUT /apis/apps/v1/namespaces/default/deployments/web', { ...web, spec: { ...web.spec, replicas: 3 } })).status, 200)
  await become(server, admin, '/api/v1/namespaces/default/pods', (pods) => pods.length === 3)
  assert.equal(await second.stop(), 0)
  const lease = (await call('GET /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager')).body
  assert.deepEqual([lease.spec.holderIdentity, lease.spec.leaseTransitions], ['', 1])
})

test('health is open to all, figures to whom the server allows', { timeout: 120_000 }, async () => {
  const server = running.find((one): one is ServerProcess => one instanceof ServerProcess)!
  const manager = new Process(['controller-manager', '--kubeconfig', server.kubeconfig, '--secure-port', '10357', '--leader-elect=false'])
  await manager.says(/is running/)
  const ask = (path: string, token?: string): Promise<{ status: number; text: string }> => new Promise((resolve, reject) => {
    request(`https://127.0.0.1:10357${path}`, { rejectUnauthorized: false, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('end', () => { resolve({ status: answer.statusCode!, text }) })
    }).on('error', reject).end()
  })
  assert.deepEqual(await ask('/healthz'), { status: 200, text: 'ok' })
  const refused = await ask('/metrics')
  assert.deepEqual([refused.status, (JSON.parse(refused.text) as { message: string }).message], [403, 'forbidden: User "system:anonymous" cannot get path "/metrics"'])
  assert.equal((await ask('/metrics', 'nobody')).status, 401)
  await manager.stop()
})

for (const [what, args, expected] of [
  ['an unknown controller', ['--controllers', 'everything'], /--controllers: "everything" is not in the list of known controllers/],
  ['a kubeconfig that is not there', ['--kubeconfig', '/none'], /ENOENT/],
  ['half a key pair', ['--kubeconfig', '/none', '--cluster-signing-cert-file', '/none'], /--cluster-signing-cert-file and --cluster-signing-key-file are given together/],
  ['no cluster at all', [], /this is no pod, so --kubeconfig FILE must say which cluster is meant/],
] as const) test(`it ends and says why: ${what}`, async () => {
  const manager = new Process(['controller-manager', ...args])
  await manager.says(expected)
})
