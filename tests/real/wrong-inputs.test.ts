// needs: kubectl
// minutes: 2
// What goes wrong around a cluster: each a clear line that says what to do, an exit code, and nothing half done.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Terminal } from './terminal.ts'

const name = 'wrong'
let dir = '', terminal: Terminal
const up = (...more: string[]) => terminal.proa('up', '--name', name, '--runtime', 'simulated', '--simulate', '1', '--detach', ...more)
const down = () => terminal.proa('down', '--name', name, '--delete-data')
const isRoot = process.getuid?.() === 0

before(() => { dir = mkdtempSync(join(tmpdir(), 'proa-wrong-')); terminal = new Terminal(dir, { PROA_HOME: join(dir, 'data'), KUBECONFIG: join(dir, 'kubeconfig') }) })
after(async () => { await down(); rmSync(dir, { recursive: true, force: true }) })

const manifests: [why: string, manifest: string, complaint: RegExp][] = [
  ['text that is no YAML', 'a: [', /error parsing STDIN|did not find expected|error converting YAML/],
  ['a kind that there is not', 'apiVersion: v1\nkind: Podd\nmetadata: {name: x}', /no matches for kind "Podd" in version "v1"/],
  ['a field that there is not', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndat: {a: b}', /strict decoding error: unknown field "dat"/],
  ['a value of the wrong type', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: 1}', /cannot unmarshal number into Go struct field ConfigMap\.data of type string|strict decoding error/],
  ['a name that cannot be one', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: X_Y}', /metadata\.name: Invalid value: "X_Y"/],
  ['a pod without containers', 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {}', /spec\.containers: Required value/],
]
test('manifests that are wrong change nothing', async () => {
  assert.equal((await up()).code, 0)
  const before = await terminal.k('get', 'configmaps,pods', '-A', '-o', 'name')
  for (const [why, manifest, complaint] of manifests) {
    const { code, err } = await terminal.type(process.env['PROA_KUBECTL'] ?? 'kubectl', ['apply', '-f', '-'], { input: manifest })
    assert.notEqual(code, 0, why)
    assert.match(err, complaint, why)
  }
  assert.equal(await terminal.k('get', 'configmaps,pods', '-A', '-o', 'name'), before)
  assert.equal((await down()).code, 0)
})

test('a port in use and a plugin that there is not stop up with a line and leave no context', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  for (const [flags, complaint] of [[['--port', String(port)], new RegExp(`port ${port} is in use\\. Use --port 0`)], [['--enable-admission-plugins', 'Nope'], /there is no admission plugin "Nope"; there are /]] as const) {
    const { code, err } = await up(...flags)
    assert.equal(code, 1)
    assert.match(err, complaint)
    assert.ok(!existsSync(join(dir, 'kubeconfig')) || !readFileSync(join(dir, 'kubeconfig'), 'utf8').includes(`name: ${name}`), 'no context')
    assert.ok(!existsSync(join(dir, 'data', name, 'control-plane.pid')), 'no process')
  }
  server.close()
  await down()
})

test('a store that is not ours, or of a newer version, is refused and left as it was', async () => {
  const file = join(dir, 'data', name, 'store', 'store.db'), layout = join(dir, 'data', name, 'layout.json')
  assert.equal((await up()).code, 0)
  assert.equal((await terminal.proa('down', '--name', name)).code, 0)
  const garbage = Buffer.alloc(5_000, 7)
  writeFileSync(file, garbage)
  const refused = await up()
  assert.equal(refused.code, 1)
  assert.match(refused.err, /is not a store of this program; it was left as it is\. Choose another data directory/)
  assert.deepEqual(readFileSync(file), garbage)
  writeFileSync(layout, JSON.stringify({ ...JSON.parse(readFileSync(layout, 'utf8')) as object, version: 99, layout: 99 }))
  const newer = await up()
  assert.equal(newer.code, 1)
  assert.match(newer.err, /was made by a newer Proa/)
  rmSync(join(dir, 'data'), { recursive: true })
})

test('a store that was cut off in the middle of a write starts with all that was acknowledged', async () => {
  assert.equal((await up()).code, 0)
  await terminal.k('create', 'configmap', 'kept')
  const { pid } = JSON.parse(readFileSync(join(dir, 'data', name, 'control-plane.pid'), 'utf8')) as { pid: number }
  process.kill(pid, 'SIGKILL')
  const log = join(dir, 'data', name, 'store', 'store.db-wal')
  if (existsSync(log)) writeFileSync(log, Buffer.concat([readFileSync(log), Buffer.alloc(1_000, 3)]))
  assert.equal((await up()).code, 0)
  assert.match(await terminal.k('get', 'configmap', 'kept', '-o', 'name'), /configmap\/kept/)
  await down()
})

test('a full disk makes the cluster read-only until there is room', async () => {
  if (!isRoot) return // mounting needs root
  const small = join(dir, 'small')
  mkdirSync(small)
  assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', small]).status, 0)
  const full = new Terminal(dir, { PROA_HOME: small, KUBECONFIG: join(dir, 'kubeconfig') })
  try {
    assert.equal((await full.proa('up', '--name', name, '--runtime', 'simulated', '--simulate', '1', '--detach')).code, 0)
    spawnSync('dd', ['if=/dev/zero', `of=${join(small, 'fill')}`, 'bs=64k'])
    const { code, err } = await full.kubectl('create', 'configmap', 'big', `--from-literal=x=${'a'.repeat(60_000)}`)
    assert.notEqual(code, 0)
    assert.match(err, /the disk that holds the cluster's data is full: the server is read-only until there is room/)
    assert.match(await full.k('get', 'namespaces'), /kube-system/)
    rmSync(join(small, 'fill'))
    await full.k('create', 'configmap', 'after')
  } finally {
    await full.proa('down', '--name', name, '--delete-data')
    spawnSync('umount', [small])
  }
})
