import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from './command.ts'
import { Failure } from './failure.ts'
import { files, integer, list, text, toggle } from './flag.ts'
import { parseArguments } from './parse.ts'

const command: Command = {
  name: 'try', summary: '', flags: {
    name: text({ description: '' }, 'proa'), port: integer({ description: '' }, [0, 65_535]), v: integer({ description: '' }, [0, 10]),
    follow: toggle({ short: 'f', description: '' }), anonymousAuth: toggle({ description: '' }, true), file: files({ description: '' }), plugins: list({ description: '' }, ['A']),
  },
  arguments: [{ name: 'WORD', description: '', choices: ['one', 'two'] }],
  run: async () => 0,
}

function check(typed: string, expected: Record<string, unknown> | RegExp, words: readonly string[] = []): void {
  const args = typed.split(' ').filter(Boolean)
  if (expected instanceof RegExp) {
    test(`"${typed}" is refused with one line and exit code 2: ${expected.source}`, () => {
      assert.throws(() => parseArguments(command, args), (error) => error instanceof Failure && error.exitCode === 2 && expected.test(error.message) && !error.message.includes('\n'))
    })
  } else {
    test(`"${typed}" gives ${JSON.stringify(expected)}`, () => {
      const parsed = parseArguments(command, args)
      assert.deepEqual({ ...parsed.values }, { name: 'proa', follow: false, anonymousAuth: true, file: [], plugins: ['A'], ...expected })
      assert.deepEqual(parsed.words, words)
    })
  }
}

check('', {})
check('--name lab --port 0', { name: 'lab', port: 0 })
check('--name=lab', { name: 'lab' })
check('--name=a=b', { name: 'a=b' })
check('--name one --name two', { name: 'two' })
check('-f one', { follow: true }, ['one'])
check('--follow=false', {})
check('--follow=true two', { follow: true }, ['two'])
check('--anonymous-auth=false', { anonymousAuth: false })
check('--anonymous-auth', {})
check('-v=4', { v: 4 })
check('--v 4', { v: 4 })
check('--v=4', { v: 4 })
check('--file a --file b', { file: ['a', 'b'] })
check('--plugins B,C --plugins D', { plugins: ['B', 'C', 'D'] })
check('-- one', {}, ['one'])
check('--follow=perhaps', /--follow wants true or false, not "perhaps"/)
check('--port', /--port needs a value/)
check('--port x', /--port wants a whole number from 0 to 65535/)
check('--nam x', /unknown flag --nam, did you mean --name\?/)
check('--zzzzzz', /unknown flag --zzzzzz\. See \.\/proa try --help/)
check('three', /WORD is one of one, two, not "three"/)
check('one two', /more words than expected/)
