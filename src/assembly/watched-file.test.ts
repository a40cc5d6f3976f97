import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silent } from '#machinery'
import { watchFiles } from './watched-file.ts'

test('files are read again when they are written, replaced, or a link leads elsewhere', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'watched-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of [['one', 'a1'], ['two', 'a2'], ['three', 'a3']] as const) { mkdirSync(join(folder, name)); writeFileSync(join(folder, name, 'tls.crt'), text) }
  const link = join(folder, '..data'), linked = join(folder, 'tls.crt'), plain = join(folder, 'plain')
  symlinkSync('one', link)
  symlinkSync('..data/tls.crt', linked)
  writeFileSync(plain, 'p1')
  let seen = Promise.withResolvers<readonly string[]>()
  const stop = watchFiles([linked, plain], silent, (texts) => { seen.resolve(texts) })
  t.after(stop)
  const next = async (change: () => void) => { seen = Promise.withResolvers(); change(); return seen.promise }
  assert.deepEqual(await next(() => writeFileSync(plain, 'p2')), ['a1', 'p2'])
  assert.deepEqual(await next(() => { writeFileSync(`${plain}.tmp`, 'p3'); renameSync(`${plain}.tmp`, plain) }), ['a1', 'p3'])
  assert.deepEqual(await next(() => { symlinkSync('two', `${link}.tmp`); renameSync(`${link}.tmp`, link) }), ['a2', 'p3'])
  assert.deepEqual(await next(() => { symlinkSync('three', `${link}.tmp`); renameSync(`${link}.tmp`, link) }), ['a3', 'p3'])
})
