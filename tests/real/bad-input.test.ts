// needs: kubectl
// minutes: 2
// What goes wrong, and what it says: one line with what to do, exit code not 0, nothing half done. What needs root or real containers is tried where they are.
import assert from 'node:assert/strict'
import { chmodSync, closeSync, createWriteStream, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { after, before, test } from 'node:test'
import { inspectMachine } from '../../src/cli/setup/machine.ts'
import { busyboxImage, imageTar } from './image.ts'
import { root, Terminal, until } from './terminal.ts'

const cluster = `bad-${process.pid}`, broken = `${cluster}-b`
const machine = inspectMachine(), real = machine.root && machine.missing.length === 0
let dir = '', terminal: Terminal
const k = (...args: string[]) => terminal.k(...args)
const up = (name: string, ...args: string[]) => terminal.proa('up', '--name', name, '--runtime', 'simulated', '--detach', ...args)
const manifest = (text: string) => { const file = join(dir, 'manifest.yaml'); writeFileSync(file, text); return file }

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'proa-bad-'))
  terminal = new Terminal(dir, { PROA_HOME: join(dir, 'data'), KUBECONFIG: join(dir, 'kubeconfig'), HOME: dir })
})
after(async () => {
  for (const name of [cluster, broken]) await terminal.proa('down', '--name', name, '--delete-data')
  rmSync(dir, { recursive: true, force: true })
})

/** A start that fails: one line, and neither a process nor a context is left. */
async function refused(expected: RegExp, name: string, args: readonly string[] = [], start = () => up(name, ...args)): Promise<void> {
  const { code, out, err } = await start()
  assert.notEqual(code, 0, out)
  assert.match(err, expected)
  assert.deepEqual(err.trimEnd().split('\n').filter((line) => line.startsWith('proa: ') || line.startsWith('    at ')).length, 1, `one line, not ${err}`)
  assert.equal(existsSync(join(dir, 'data', name, 'control-plane.pid')), false, 'no process')
  assert.ok(!existsSync(join(dir, 'kubeconfig')) || !readFileSync(join(dir, 'kubeconfig'), 'utf8').includes(`name: ${name}\n`), 'no context')
}

for (const [what, args, expected] of [
  ['a port that is no number', ['--port', 'abc'], /^proa: --port wants a whole number from 0 to 65535, not "abc"$/m],
  ['a port that does not exist', ['--port', '70000'], /^proa: --port wants a whole number from 0 to 65535, not "70000"$/m],
  ['an unknown flag', ['--prot', '1'], /^proa: unknown flag --prot, did you mean --port\? See \.\/proa up --help$/m],
  ['an unknown admission plugin', ['--enable-admission-plugins', 'Nonsense'], /^proa: .*there is no plugin "Nonsense"; there are .*NamespaceLifecycle/m],
  ['a configuration file that is not there', ['--encryption-provider-config', '/nowhere'], /^proa: --encryption-provider-config \/nowhere: there is no such file\. Give the path of a file that this user can read\.$/m],
  ['a key that is not there, of several', ['--service-account-key-file', '/nowhere'], /^proa: --service-account-key-file \/nowhere: there is no such file\./m],
  ['a folder that is a file', ['--data-dir', '/dev/null'], /^proa: \/dev\/null is not a directory\. Use another --data-dir\.$/m],
  ['networks that overlap', ['--cluster-cidr', '10.96.0.0/16'], /^proa: --cluster-cidr 10\.96\.0\.0\/16 and --service-cluster-ip-range 10\.96\.0\.0\/16 overlap$/m],
] as const) test(`up refuses ${what}`, () => refused(expected, broken, args))

test('up refuses a port in use', async () => {
  const stranger = createServer().listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  const { port } = stranger.address() as AddressInfo
  try { await refused(new RegExp(`^proa: port ${port} is in use\\. Use --port 0 for a free one, or stop what listens there\\.$`, 'm'), broken, ['--port', String(port)]) } finally { stranger.close() }
})

test('what a manifest gets wrong is said, and nothing of it is created', async () => {
  const started = await up(cluster)
  assert.equal(started.code, 0, started.err)
  for (const [text, expected, flags = []] of [
    ['apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: bad\n data: [\n', /error parsing .*manifest\.yaml: error converting YAML to JSON: yaml: line \d/],
    ['apiVersion: apps/v1\nkind: Podd\nmetadata: {name: bad}\n', /no matches for kind "Podd" in version "apps\/v1"/],
    ['apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndatta: {a: b}\n', /strict decoding error: unknown field "datta"/, ['--validate=strict']],
    ['apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndata: {a: [1]}\n', /cannot be handled as a ConfigMap: json: cannot unmarshal array into Go struct field ConfigMap\.data of type string/],
    ['apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_Name}\n', /ConfigMap "Bad_Name" is invalid: metadata\.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain/],
    ['apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad, namespace: none}\n', /namespaces "none" not found/],
  ] as const) {
    const { code, err } = await terminal.kubectl('create', ...flags, '-f', manifest(text))
    assert.equal(code, 1, text)
    assert.match(err, expected)
  }
  assert.equal(await k('get', 'configmaps', '-o', 'name'), 'configmap/kube-root-ca.crt\n')
})

test('what a running cluster cannot do is said', async () => {
  const wrong = await terminal.proa('image', 'load', '--name', cluster, '/dev/null')
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /^proa: cluster \S+ has no nodes that run containers; start it with --runtime containerd$/m)
  const more = await up(cluster, '--nodes', '3')
  assert.equal(more.code, 0)
  assert.match(more.err, new RegExp(`it goes on with 1 node \\(simulated\\); to have 3 nodes \\(simulated\\), run \\./proa down --name ${cluster} first`))
})

for (const [what, damage, expected] of [
  ['something else in its place', (file: string) => { writeFileSync(file, Buffer.alloc(64 * 1024, 0x5a)) }, /store\.db is not a store of this program; it was left as it is\. Choose another data directory, or move the file away to begin an empty cluster\./],
  ['only its first part', (file: string) => { truncateSync(file, 20_000) }, /store\.db is damaged \(.*\)\. Restore it from a backup, or move it away to begin an empty cluster\./],
  ['a hole in it', (file: string) => { const fd = openSync(file, 'r+'); for (let at = 8192; at < 160 * 1024; at += 8192) writeSync(fd, Buffer.alloc(4096, 0x5a), 0, 4096, at); closeSync(fd) }, /store\.db is (damaged|not a store)/],
] as const) {
  test(`a store with ${what} is not touched, and up says so`, async () => {
    assert.equal((await up(broken)).code, 0)
    assert.equal((await terminal.proa('down', '--name', broken)).code, 0)
    const file = join(dir, 'data', broken, 'store/store.db')
    damage(file)
    const before = readFileSync(file)
    await refused(expected, broken)
    assert.ok(before.equals(readFileSync(file)))
    assert.equal((await terminal.proa('down', '--name', broken, '--delete-data')).code, 0)
  })
}

test('damaged keys and a newer layout are told by their file', async () => {
  assert.equal((await up(broken)).code, 0)
  assert.equal((await terminal.proa('down', '--name', broken)).code, 0)
  const at = (name: string) => join(dir, 'data', broken, name)
  for (const name of ['pki/ca.key', 'pki/ca.crt', 'pki/sa.key', 'pki/apiserver.crt']) {
    const good = readFileSync(at(name))
    writeFileSync(at(name), 'nonsense')
    await refused(new RegExp(`${name} is damaged \\(.*\\)\\. Restore it from a backup, or remove \\S+pki to have new keys`), broken)
    writeFileSync(at(name), good)
  }
  writeFileSync(at('layout.json'), '{"layout":99,"madeBy":"v9.0.0"}')
  await refused(/was made by a newer Proa \(v9\.0\.0\)\. Use that version, or another --data-dir\./, broken)
  writeFileSync(at('layout.json'), '{"lay')
  await refused(/layout\.json is damaged\. Restore it from a backup, or use another --data-dir or --name\./, broken)
  rmSync(join(dir, 'data', broken), { recursive: true })
})

test('a data directory without rights is refused', async () => {
  const home = join(dir, 'closed')
  mkdirSync(home)
  chmodSync(dir, 0o755)
  chmodSync(home, 0o555)
  const argv = ['up', '--name', broken, '--runtime', 'simulated', '--data-dir', home, '--kubeconfig', join(dir, 'none'), '--detach']
  const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', join(root, 'proa'), ...argv]
  await refused(new RegExp(`^proa: no rights to use the data directory ${home}\\. Use --data-dir DIR, set PROA_HOME, or become its owner\\.$`, 'm'), broken, [],
    () => machine.root ? terminal.type('setpriv', asNobody) : terminal.proa(...argv))
  assert.deepEqual(readdirSync(home), [])
})

if (machine.root && machine.linux) {
  test('on a full disk writes are refused with a reason, reads go on, and with room again writes go on', async () => {
    const small = join(dir, 'small'), home = ['--data-dir', join(small, 'home')], full = `${cluster}-f`
    mkdirSync(small)
    assert.equal((await terminal.type('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', small])).code, 0)
    try {
      assert.equal((await up(full, ...home)).code, 0)
      const text = join(dir, 'text')
      writeFileSync(text, 'x'.repeat(200_000))
      await k('create', 'configmap', 'before', `--from-file=${text}`)
      const filler = openSync(join(small, 'filler'), 'w')
      try { for (;;) writeSync(filler, Buffer.alloc(64 * 1024)) } catch (error) { assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC') } finally { closeSync(filler) }
      let said = ''
      for (let i = 0; i < 50 && said === ''; i++) said = (await terminal.kubectl('create', 'configmap', `full-${i}`, `--from-file=${text}`)).err
      assert.match(said, /the disk that holds the cluster's data is full: the server is read-only until there is room/)
      assert.match(await k('get', 'configmaps', '-o', 'name'), /configmap\/before/)
      assert.equal((await terminal.proa('status', '--name', full, ...home)).code, 0)
      rmSync(join(small, 'filler'))
      await until('a write that goes on', () => terminal.kubectl('create', 'configmap', 'afterwards', '--from-literal=a=1'), ({ code }) => code === 0, 20)
      assert.equal((await terminal.proa('down', '--name', full, ...home)).code, 0)
      assert.equal((await up(full, ...home)).code, 0)
      assert.match(await k('get', 'configmaps', '-o', 'name'), /configmap\/afterwards\nconfigmap\/before/)
    } finally {
      await terminal.proa('down', '--name', full, ...home, '--delete-data')
      await terminal.type('umount', ['--lazy', small])
    }
  })

  test('up on a disk that is full already says so and leaves nothing running', async () => {
    const small = join(dir, 'small')
    assert.equal((await terminal.type('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small])).code, 0)
    try {
      await refused(/^proa: .*(the disk that holds \S+ is full\. Free some space|the disk is full; make room and start again)/m, broken, ['--data-dir', join(small, 'home')])
    } finally { await terminal.type('umount', ['--lazy', small]) }
  })
}

if (real) {
  test('real containers without containerd are refused, and auto says why it simulates', async () => {
    // Hidden in a mount namespace of its own: the machine keeps it.
    const hidden = (...args: string[]) => terminal.type('unshare', ['--mount', 'sh', '-c', 'mount --bind /dev/null "$(command -v containerd)" && exec "$@"', 'sh', join(root, 'proa'), ...args])
    await refused(/^proa: --runtime containerd is not possible here: missing: containerd; run \.\/proa setup$/m, broken, [], () => hidden('up', '--name', broken, '--runtime', 'containerd', '--detach'))
    const simulated = await hidden('up', '--name', broken, '--detach')
    assert.equal(simulated.code, 0, simulated.err)
    assert.match(simulated.out, /1 node \(simulated\)\n +no real containers: missing: containerd; run \.\/proa setup/)
    assert.equal((await terminal.proa('down', '--name', broken, '--delete-data')).code, 0)
  })

  test('a broken image is refused by its name, and a pod whose image is nowhere waits while the cluster goes on', async () => {
    assert.equal((await terminal.proa('up', '--name', broken, '--detach')).code, 0)
    const tar = join(dir, 'good.tar')
    await pipeline(imageTar(await busyboxImage(['localhost/good:1'])), createWriteStream(tar))
    writeFileSync(join(dir, 'garbage.tar'), 'nonsense')
    writeFileSync(join(dir, 'cut.tar'), readFileSync(tar).subarray(0, 300_000))
    await until('a ready node', () => k('get', 'nodes', '--no-headers'), (out) => / Ready /.test(out))
    for (const file of ['garbage.tar', 'cut.tar']) {
      const { code, err } = await terminal.proa('image', 'load', '--name', broken, file)
      assert.equal(code, 1)
      assert.match(err, new RegExp(`^proa: \\S*${file} was not loaded into ${broken}-node-1: .*It has to be a tar as docker save or a builder writes it, or a folder with the image's files\\.$`, 'm'))
      assert.doesNotMatch(err, /\n +at /)
    }
    await k('run', 'absent', '--image=localhost:1/no/such:1')
    await until('the reason', () => k('get', 'pod', 'absent', '--no-headers'), (out) => /(ErrImagePull|ImagePullBackOff)/.test(out), 60)
    await until('the back-off', () => k('get', 'pod', 'absent', '-o', 'jsonpath={.status.containerStatuses[0].state.waiting}'), (out) => /"message":"Back-off pulling image \\"localhost:1\/no\/such:1\\".*"reason":"ImagePullBackOff"/.test(out), 60)
    assert.equal((await terminal.proa('image', 'load', '--name', broken, tar)).code, 0)
    await k('run', 'present', '--image=localhost/good:1', '--', 'sleep', '100000')
    await k('wait', '--for=condition=Ready', 'pod/present', '--timeout=60s')
    await k('delete', 'pod', 'absent', '--timeout=30s')
  })
}
