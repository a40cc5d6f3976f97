import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { allCommands } from './commands.ts'
import { renderCompletion } from './completion.ts'
import { findProgram } from './setup/machine.ts'

const bash = findProgram('bash')

/** What bash offers after these words; the last one is being typed. */
async function offers(words: readonly string[]): Promise<string[]> {
  const script = `${renderCompletion('bash', await allCommands())}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _proa; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr, status } = spawnSync(bash!, ['--norc', '-c', script, 'bash', ...words], { encoding: 'utf8', timeout: 10_000 })
  assert.equal(status, 0, stderr)
  return stdout.split('\n').filter(Boolean)
}

// A machine without bash has nothing to complete with.
if (bash) {
  for (const [typed, expected] of [
    ['proa u', ['up']], ['proa st', ['status']], ['proa image ', ['load']], ['proa up --run', ['--runtime', '--runtime-config']], ['proa up --runtime ', ['auto', 'containerd', 'simulated']],
    ['proa up --runtime c', ['containerd']], ['proa completion ', ['bash', 'zsh', 'fish']], ['proa up --name lab --detac', ['--detach']], ['proa image load --no', ['--nodes']], ['proa nonsense ', []], ['proa image nonsense ', []],
  ] as const) {
    test(`bash offers ${expected.join(', ') || 'nothing'} after "${typed}"`, async () => { assert.deepEqual(await offers(typed.split(' ')), expected) })
  }
}

test('every command is in every shell\'s script, and hidden ones in none', async () => {
  const commands = await allCommands()
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const script = renderCompletion(shell, commands)
    for (const { name, hidden } of commands) assert.equal(script.includes(name.split(' ').at(-1)!), !hidden, `${shell} ${name}`)
  }
})

for (const shell of ['zsh', 'fish'] as const) {
  const program = findProgram(shell)
  if (program) {
    test(`${shell} can read its script`, async () => {
      const { status, stderr } = spawnSync(program, ['-n'], { input: renderCompletion(shell, await allCommands()), encoding: 'utf8', timeout: 10_000 })
      assert.equal(status, 0, stderr)
    })
  }
}
