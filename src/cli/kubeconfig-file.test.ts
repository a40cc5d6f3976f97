import assert from 'node:assert/strict'
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { deleteContext, kubeconfigFiles, writeContext } from './kubeconfig-file.ts'
import { parseKubeconfig } from './kubeconfig.ts'

const access = { server: 'https://127.0.0.1:6443', certificateAuthority: 'CA', certificate: 'CERT', key: 'KEY' }
const config = (name: string, current = name) => `apiVersion: v1
kind: Config
clusters:
- cluster:
    server: https://${name}.example
  name: ${name}
contexts:
- context:
    cluster: ${name}
    user: ${name}
  name: ${name}
users:
- name: ${name}
  user:
    token: t
current-context: "${current}"
`
let dir = ''
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'kubeconfig-')) })
afterEach(() => { rmSync(dir, { recursive: true, force: true }) })
const at = (name: string) => join(dir, name)
const put = (name: string, text: string, mode = 0o600) => { writeFileSync(at(name), text); chmodSync(at(name), mode); return at(name) }
const read = (file: string) => parseKubeconfig(readFileSync(file, 'utf8'), file)

test('the files are kubectl\'s: the given one, else KUBECONFIG, else ~/.kube/config', () => {
  assert.deepEqual(kubeconfigFiles('/a', { KUBECONFIG: '/b', HOME: '/h' }), ['/a'])
  assert.deepEqual(kubeconfigFiles(undefined, { KUBECONFIG: '/b:/c::/b', HOME: '/h' }), ['/b', '/c'])
  assert.deepEqual(kubeconfigFiles(undefined, { HOME: '/h' }), ['/h/.kube/config'])
})

test('a kubeconfig that is not there is made with its folder, for its owner only', async () => {
  const file = at('.kube/config')
  assert.equal(await writeContext([file], 'proa', access), file)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(statSync(at('.kube')).mode & 0o777, 0o700)
  assert.equal(read(file).currentContext, 'proa')
  assert.deepEqual([existsSync(`${file}.lock`), existsSync(`${file}.${process.pid}.tmp`)], [false, false])
})

test('mode and content of a kubeconfig survive up and down', async () => {
  const file = put('config', config('work'), 0o640)
  await writeContext([file], 'proa', access)
  assert.equal(statSync(file).mode & 0o777, 0o640)
  assert.deepEqual(await deleteContext([file], 'proa'), [file])
  assert.equal(statSync(file).mode & 0o777, 0o640)
  assert.equal(readFileSync(file, 'utf8').replace('work\n', '"work"\n').trim().split('\n').length, config('work').trim().split('\n').length)
  assert.equal(read(file).currentContext, 'work')
})

test('with several files an entry goes to the first that exists, and the selection to the file that selects', async () => {
  const files = [at('absent'), put('a', config('one', '')), put('b', config('two'))]
  assert.equal(await writeContext(files, 'proa', access), at('a'))
  assert.equal(existsSync(at('absent')), false)
  assert.deepEqual(read(at('a')).contexts.map(({ name }) => name), ['one', 'proa'])
  assert.equal(read(at('b')).currentContext, 'proa')
  assert.deepEqual(read(at('b')).contexts.map(({ name }) => name), ['two'])
  await deleteContext(files, 'proa')
  assert.equal(read(at('b')).currentContext, 'two')
  assert.deepEqual(read(at('a')).contexts.map(({ name }) => name), ['one'])
})

test('an entry that is in a later file is replaced there', async () => {
  const files = [put('a', config('one')), at('b')]
  await writeContext([at('b')], 'proa', access)
  assert.equal(await writeContext(files, 'proa', { ...access, server: 'https://127.0.0.1:7443' }), at('b'))
  assert.equal(read(at('a')).contexts.length, 1)
  assert.match(readFileSync(at('b'), 'utf8'), /7443/)
})

test('a context selected by hand meanwhile stays selected when ours is removed', async () => {
  const file = put('config', config('work'))
  await writeContext([file], 'proa', access)
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^current-context: .*$/m, 'current-context: work'))
  await deleteContext([file], 'proa')
  assert.equal(read(file).currentContext, 'work')
})

test('a context that was selected before but is gone is not selected again', async () => {
  const file = put('config', config('work', 'gone'))
  await writeContext([file], 'proa', access)
  await deleteContext([file], 'proa')
  assert.equal(read(file).currentContext, '')
})

test('a link to a kubeconfig stays a link', async () => {
  const file = put('real', config('work'))
  symlinkSync(file, at('link'))
  await writeContext([at('link')], 'proa', access)
  assert.equal(lstatSync(at('link')).isSymbolicLink(), true)
  assert.equal(read(file).currentContext, 'proa')
})

test('a broken kubeconfig is refused and left as it is, also as the second of two', async () => {
  const files = [put('a', config('one')), put('b', 'a: [\n')]
  await assert.rejects(writeContext(files, 'proa', access), /b is not a kubeconfig/)
  assert.equal(readFileSync(at('a'), 'utf8'), config('one'))
  assert.equal(readFileSync(at('b'), 'utf8'), 'a: [\n')
})

test('a context of that name that is not ours is neither overwritten nor removed', async () => {
  const file = put('config', config('proa'))
  await assert.rejects(writeContext([file], 'proa', access), /not Proa's. Choose another --name/)
  assert.deepEqual(await deleteContext([file], 'proa'), [])
  assert.equal(readFileSync(file, 'utf8'), config('proa'))
})

test('two writers at once lose nothing', async () => {
  const file = put('config', config('work'))
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => writeContext([file], name, access)))
  assert.deepEqual(new Set(read(file).contexts.map(({ name }) => name)), new Set(['work', 'a', 'b', 'c', 'd']))
})

test('a kubeconfig that is a directory is refused with advice', async () => {
  mkdirSync(at('config'))
  await assert.rejects(writeContext([at('config')], 'proa', access), /cannot read .*config: it is a directory\. Use --kubeconfig/)
})
