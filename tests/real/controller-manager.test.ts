// The controllers as processes of their own, against a server that has none: who works is decided by the lease.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { load } from 'js-yaml'
import { ServerProcess } from './server-process.ts'

const root = join(import.meta.dirname, '../..'), home = mkdtempSync(join(tmpdir(), 'proa-cm-'))
const running: { stop(): Promise<unknown> }[] = []
after(async () => { for (const one of running.reverse()) await one.stop(); rmSync(home, { recursive: true, force: true }) })
const deadlineMs = 60_000

/** A process of `proa`, and what it has printed. */
class Process {
  printed = ''
  readonly #child: ChildProcess
  readonly #waiting = new Set<() => void>()
  constructor(args: readonly string[]) {
    this.#child = spawn(join(root, 'proa'), args, { env: { ...process.env, HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) stream.setEncoding('utf8').on('data', (text: string) => { this.printed += text; for (const look of this.#waiting) look() })
    running.push(this)
  }
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => { reject(new Error(`it does not say ${pattern} but\n${this.printed}`)) }, deadlineMs)
      const look = () => { const found = pattern.exec(this.printed); if (found) { clearTimeout(late); this.#waiting.delete(look); resolve(found) } }
      this.#waiting.add(look)
      look()
    })
  }
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    const [code] = await ended as [number | null]
    return code
  }
}

/** Resolves with the object at `path` once it is as wanted. */
function become(server: ServerProcess, admin: { cert: string; key: string }, list: string, holds: (items: any[]) => boolean): Promise<any[]> { // allowed: whatever JSON came back
  return new Promise((resolve, reject) => {
    const items = new Map<string, any>() // allowed: whatever JSON came back
    const call = request(`${server.url}${list}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`, { rejectUnauthorized: false, ...admin }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (text += chunk).split('\n')
        text = lines.pop()!
        for (const { type, object } of lines.map((line) => JSON.parse(line) as { type: string; object: any })) // allowed: whatever JSON came back
          if (type === 'DELETED') items.delete(object.metadata.name)
          else if (type !== 'BOOKMARK') items.set(object.metadata.name, object)
        if (holds([...items.values()])) { clearTimeout(late); call.destroy(); resolve([...items.values()]) }
      })
    })
    const late = setTimeout(() => { call.destroy(); reject(new Error(`not in time: ${JSON.stringify([...items.values()]).slice(0, 2000)}`)) }, deadlineMs)
    call.on('error', () => {})
    call.end()
  })
}

test('controllers run elsewhere, each as itself, and another takes over', { timeout: 180_000 }, async () => {
  const server = await ServerProcess.start(home, ['--disable-controller-manager', '--disable-scheduler'])
  running.push(server)
  const config = load(readFileSync(server.kubeconfig, 'utf8')) as { users: { user: Record<string, string> }[] }
  const { user } = config.users[0]!
  const admin = { cert: Buffer.from(user['client-certificate-data']!, 'base64').toString(), key: Buffer.from(user['client-key-data']!, 'base64').toString() }
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
