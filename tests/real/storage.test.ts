// needs: linux root containerd kubectl
// minutes: 2
// A StatefulSet with claims on a fresh cluster: its data outlives its pods, and goes with the claim.
import assert from 'node:assert/strict'
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { after, before, test } from 'node:test'
import { busyboxImage, imageTar } from './image.ts'
import { Terminal, until } from './terminal.ts'

const cluster = 'storage', image = 'localhost/busybox:1'
let dir = '', path = '', terminal: Terminal
const k = (...args: string[]) => terminal.k(...args)
const template = { metadata: { labels: { app: 'db' } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image, securityContext: { runAsUser: 1000 }, command: ['sh', '-c', 'echo started >> /data/log; sleep 100000'], volumeMounts: [{ name: 'data', mountPath: '/data' }] }] } }
const set = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db' }, spec: { serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template,
  volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }] } }

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'proa-storage-'))
  terminal = new Terminal(dir, { PROA_HOME: join(dir, 'data'), KUBECONFIG: join(dir, 'kubeconfig') })
  await pipeline(imageTar(await busyboxImage([image])), createWriteStream(join(dir, 'image.tar')))
  const up = await terminal.proa('up', '--name', cluster, '--nodes', '1', '--detach')
  assert.equal(up.code, 0, up.err)
  await until('a ready node', () => k('get', 'nodes', '--no-headers'), (out) => / Ready /.test(out))
  const loaded = await terminal.proa('image', 'load', '--name', cluster, join(dir, 'image.tar'))
  assert.equal(loaded.code, 0, loaded.err)
})
after(async () => {
  await terminal.proa('down', '--name', cluster, '--delete-data')
  rmSync(dir, { recursive: true, force: true })
})

test('a claim of the default class gets a directory where its pod goes, for whoever the pod runs as', async () => {
  const made = await terminal.type(process.env['PROA_KUBECTL'] ?? 'kubectl', ['create', '-f', '-'], { input: JSON.stringify(set) })
  assert.equal(made.code, 0, made.err)
  await k('rollout', 'status', 'statefulset/db', '--timeout=60s')
  path = await k('get', 'pv', '-o', 'jsonpath={.items[0].spec.local.path}')
  assert.equal(statSync(path).mode & 0o777, 0o777)
  await until('the first start', () => Promise.resolve(readFileSync(join(path, 'log'), 'utf8')), (log) => log === 'started\n')
})

test('the data outlives the pod, and the claim grows', async () => {
  await k('delete', 'pod', 'db-0')
  await until('the second start', () => Promise.resolve(readFileSync(join(path, 'log'), 'utf8')), (log) => log === 'started\nstarted\n')
  await k('patch', 'pvc', 'data-db-0', '-p', JSON.stringify({ spec: { resources: { requests: { storage: '2Gi' } } } }))
  await until('the new size', () => k('get', 'pvc', 'data-db-0', '-o', 'jsonpath={.status.capacity.storage}'), (size) => size === '2Gi')
})

test('the directory goes with the claim', async () => {
  await k('delete', 'statefulset', 'db')
  await k('delete', 'pvc', 'data-db-0')
  await until('no volume', () => k('get', 'pv', '-o', 'name'), (names) => names === '')
  assert.ok(!existsSync(path))
})
