import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { allCommands } from './commands.ts'
import { renderDocs } from './docs.ts'

test('docs/cli.md says what the tables of the commands say', async () => {
  const file = new URL('../../docs/cli.md', import.meta.url)
  const docs = renderDocs(await allCommands())
  if (process.env['UPDATE']) writeFileSync(file, docs)
  assert.equal(readFileSync(file, 'utf8'), docs, 'the tables changed: run UPDATE=1 npm run check')
})
