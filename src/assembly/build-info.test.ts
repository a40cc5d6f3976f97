import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { buildInfo } from './build-info.ts'

const folder = mkdtempSync(join(tmpdir(), 'proa-build-')), [one, two] = ['1'.repeat(40), '2'.repeat(40)]
after(() => { rmSync(folder, { recursive: true }) })
function clone(name: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries({ 'package.json': '{"version":"1.2.3"}', ...files })) {
    mkdirSync(join(folder, name, path, '..'), { recursive: true })
    writeFileSync(join(folder, name, path), text)
  }
  return join(folder, name)
}

for (const [what, name, files, commit] of [
  ['a branch', 'branch', { '.git/HEAD': 'ref: refs/heads/main\n', '.git/refs/heads/main': `${one}\n` }, one],
  ['a packed branch', 'packed', { '.git/HEAD': 'ref: refs/heads/main\n', '.git/packed-refs': `# pack-refs\n${two} refs/heads/other\n${one} refs/heads/main\n` }, one],
  ['a commit', 'detached', { '.git/HEAD': `${two}\n` }, two],
  ['a worktree', 'worktree', { '.git': `gitdir: ${join(folder, 'branch/.git/worktrees/w')}\n`, '../branch/.git/worktrees/w/HEAD': 'ref: refs/heads/w\n', '../branch/.git/worktrees/w/commondir': '../..\n', '../branch/.git/refs/heads/w': `${two}\n` }, two],
  ['no clone', 'none', {}, '0'.repeat(40)],
  ['a package', 'package', { 'package.json': `{"version":"1.2.3","commit":"${two}"}` }, two],
] as const) test(`what runs here is told of ${what}`, () => {
  const { version, commit: told, date } = buildInfo(clone(name, files))
  assert.deepEqual([version, told], ['1.2.3', commit])
  assert.match(date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
})
