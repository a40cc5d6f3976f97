// needs: npm
// A fresh clone: the first command installs what is locked, once, however many start at the same time.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'

const root = dirname(dirname(import.meta.dirname))
let dir = ''
let clone = ''
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'proa-launcher-'))
  clone = join(dir, 'a clone')
  mkdirSync(clone)
  for (const name of ['package.json', 'package-lock.json', '.npmrc', 'proa', 'tools', 'src']) if (existsSync(join(root, name))) cpSync(join(root, name), join(clone, name), { recursive: true })
  mkdirSync(join(dir, 'bin'))
  symlinkSync(join('..', 'a clone', 'proa'), join(dir, 'bin', 'proa'))
})
after(() => { rmSync(dir, { recursive: true, force: true }) })

function type(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: '/', env: { ...process.env, ...env }, timeout: 120_000 })
    let out = '', err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text })
    child.stderr.setEncoding('utf8').on('data', (text: string) => { err += text })
    child.on('error', (error) => { resolve({ code: -1, out, err: error.message }) })
    child.on('close', (code) => { resolve({ code, out, err }) })
  })
}
const installed = () => statSync(join(clone, 'node_modules', '.proa-lock')).mtimeMs

test('three first commands at once, through a link and from another folder, install once and all answer', async () => {
  const answers = await Promise.all([type(join(dir, 'bin', 'proa'), ['version']), type(join(clone, 'proa'), ['version']), type('sh', [join(clone, 'tools', 'run'), 'src/main.ts', 'version'])])
  for (const { code, out, err } of answers) {
    assert.equal(code, 0, err)
    assert.match(out, /^Proa v/)
  }
  assert.equal(answers.filter(({ err }) => err.includes('installing npm dependencies')).length, 1)
  assert.deepEqual([existsSync(join(clone, '.cache', 'install.lock')), existsSync(join(clone, 'node_modules', 'commander'))], [false, true])
})

test('the next command says nothing and installs nothing', async () => {
  const before = installed()
  const { code, err } = await type(join(clone, 'proa'), ['version'])
  assert.deepEqual([code, err, installed()], [0, '', before])
})

test('a lockfile that changed but agrees with what is installed is only noted', async () => {
  const file = join(clone, 'package-lock.json')
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n`)
  const { code, err } = await type(join(clone, 'proa'), ['version'])
  assert.deepEqual([code, err], [0, ''])
  assert.equal(readFileSync(join(clone, 'node_modules', '.proa-lock'), 'utf8'), readFileSync(file, 'utf8'))
})

test('an install that fails says why and leaves the modules that are there', async () => {
  const file = join(clone, 'package-lock.json')
  const good = readFileSync(file, 'utf8')
  writeFileSync(file, good.replace(/("node_modules\/commander": \{\s*"version": )"[^"]+"/, '$1"0.0.0-none"'))
  const { code, err } = await type(join(clone, 'proa'), ['version'], { npm_config_fetch_retries: '0', npm_config_offline: 'true' })
  assert.equal(code, 1)
  assert.match(err, /npm ci failed .*Then run the command again/)
  assert.equal(existsSync(join(clone, 'node_modules', 'commander')), true)
  writeFileSync(file, good)
  assert.equal((await type(join(clone, 'proa'), ['version'])).code, 0)
})

test('a lock whose holder died does not stop the next install', async () => {
  rmSync(join(clone, 'node_modules', '.proa-lock'))
  mkdirSync(join(clone, '.cache', 'install.lock'), { recursive: true })
  writeFileSync(join(clone, '.cache', 'install.lock', 'pid'), '99999999\n')
  const { code, err } = await type(join(clone, 'proa'), ['version'])
  assert.deepEqual([code, existsSync(join(clone, '.cache', 'install.lock'))], [0, false], err)
})
