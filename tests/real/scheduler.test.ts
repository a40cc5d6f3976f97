// Schedulers as processes of their own, against a server that has none: who works is decided by the lease, and what one has begun another ends.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { administrator, become, ComponentProcess } from './component-process.ts'
import { ServerProcess } from './server-process.ts'

const home = mkdtempSync(join(tmpdir(), 'proa-scheduler-'))
const running: { stop(): Promise<unknown> }[] = []
after(async () => { for (const one of running.reverse()) await one.stop(); rmSync(home, { recursive: true, force: true }) })
const pods = '/api/v1/namespaces/default/pods', places = 20

test('another takes over from a scheduler that is killed, and from one that is told to go', { timeout: 120_000 }, async () => {
  const server = await ServerProcess.start(home, ['--disable-controller-manager', '--disable-scheduler'])
  running.push(server)
  const admin = administrator(server)
  const call = async (line: string, body?: object) => {
    const answer = await server.ask(line, { ...admin, ...(body && { body }) })
    assert.ok(answer.status < 300, `${line}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const start = (...args: string[]) => { const one = new ComponentProcess(home, ['scheduler', '--kubeconfig', server.kubeconfig, '--secure-port', '0', ...args]); running.push(one); return one }
  const soon = ['--leader-elect-lease-duration', '3s', '--leader-elect-renew-deadline', '2s', '--leader-elect-retry-period', '500ms']
  await call('POST /api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  const capacity = { cpu: '4', memory: '8Gi', pods: String(places) }
  for (const name of ['a', 'b']) await call('POST /api/v1/nodes', { metadata: { name }, status: { capacity, allocatable: capacity } })
  let made = 0
  const create = (n: number) => Promise.all(Array.from({ length: n }, () => call(`POST ${pods}`, { metadata: { name: `p${made++}` }, spec: { tolerations: [{ operator: 'Exists' }], containers: [{ name: 'c', image: 'i' }] } })))
  const allBound = (n: number) => become(server, admin, pods, (items) => items.filter(({ spec }) => spec.nodeName).length === n)

  const first = start(...soon), second = start(...soon)
  const leader = await Promise.race([first, second].map(async (one) => { await one.says(/became the leader/); return one })), other = leader === first ? second : first
  await other.says(/the scheduler is running/)
  await create(10)
  await allBound(10)
  assert.doesNotMatch(other.printed, /became the leader/)
  await Promise.all([create(25), leader.stop('SIGKILL')])
  await other.says(/became the leader/)
  await allBound(35)

  writeFileSync(join(home, 'config.yaml'), 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nleaderElection: { leaderElect: true, leaseDuration: 3s, renewDeadline: 2s, retryPeriod: 500ms }\n')
  const third = start('--config', join(home, 'config.yaml'))
  await third.says(/the scheduler is running/)
  assert.equal(await other.stop(), 0)
  await Promise.all([create(5), third.says(/became the leader/)])
  const items = await allBound(40), on = (name: string) => items.filter(({ spec }) => spec.nodeName === name).length
  assert.deepEqual([on('a'), on('b')], [places, places])
  assert.equal(await third.stop(), 0)
  const { spec } = await call('GET /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler')
  assert.deepEqual([spec.holderIdentity, spec.leaseTransitions], ['', 2])
  const events = (await call('GET /api/v1/namespaces/default/events')).items as { reason: string; involvedObject: { name: string } }[]
  const scheduled = events.filter(({ reason }) => reason === 'Scheduled').map(({ involvedObject }) => involvedObject.name)
  assert.equal(new Set(scheduled).size, scheduled.length, 'nobody is bound twice')
})
