// Runs every script in tests/scripts: commands, each followed by the output it must give. UPDATE=1 writes the output that
// came; read the difference before you commit it.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { runScript, ScriptedKubectl } from '#testing'

const folder = new URL('./scripts/', import.meta.url)

for (const name of readdirSync(folder).sort())
  test(`script ${name}`, async () => {
    const file = new URL(name, folder), script = readFileSync(file, 'utf8'), kubectl = new ScriptedKubectl()
    try {
      const came = await runScript(script, (command, body) => kubectl.run(command, body))
      if (process.env['UPDATE']) writeFileSync(file, came)
      else assert.equal(came, script)
    } finally { await kubectl.stop() }
  })
