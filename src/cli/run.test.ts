import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allCommands } from './commands.ts'
import { editDistance, run } from './run.ts'
import { createTerminal } from './terminal.ts'

async function type(line: string): Promise<{ code: number; out: string; err: string }> {
  let out = '', err = ''
  const terminal = createTerminal({ write: (text) => { out += text } }, { write: (text) => { err += text } }, {})
  const code = await run(line.split(' ').filter(Boolean), terminal)
  return { code, out, err }
}

for (const [line, code, out, err] of [
  ['version', 0, /^Proa v\d+\.\d+\.\d+ \(Kubernetes v1\.36/, /^$/],
  ['--version', 0, /^Proa v/, /^$/],
  ['version --output json', 0, /^\{"proa":"v.*\}\n$/, /^$/],
  ['', 0, /Commands\n {2}up /, /^$/],
  ['--help', 0, /Commands\n/, /^$/],
  ['help up', 0, /Usage\n {2}\.\/proa up \[flags\]/, /^$/],
  ['up -h', 0, /--service-cluster-ip-range CIDR/, /^$/],
  ['image load --help', 0, /\.\/proa image load FILE\.\.\./, /^$/],
  ['upp', 2, /^$/, /^proa: unknown command "upp", did you mean up\? See \.\/proa --help\n$/],
  ['image', 2, /^$/, /image wants load/],
  ['image lod x', 2, /^$/, /image wants load, not "lod"/],
  ['--nodes 3 up', 2, /^$/, /write the command first/],
  ['up --nodes many', 2, /^$/, /^proa: --nodes wants a whole number from 0 to 64, not "many"\n$/],
  ['constructor', 2, /^$/, /unknown command/],
] as const) {
  test(`"proa ${line}" ends with ${code} and says what it should`, async () => {
    const result = await type(line)
    assert.equal(result.code, code, result.err)
    assert.match(result.out, out)
    assert.match(result.err, err)
  })
}

test('no output has colour when it is not a terminal', async () => {
  for (const line of ['--help', 'up --help', 'version']) assert.doesNotMatch((await type(line)).out, /\u001b/)
})

test('a terminal gets colour unless NO_COLOR says otherwise', () => {
  const paint = (env: Record<string, string>) => createTerminal({ write: () => {}, isTTY: true }, { write: () => {} }, env).paint.red('x')
  assert.equal(paint({}), '\u001b[31mx\u001b[39m')
  assert.equal(paint({ NO_COLOR: '1' }), 'x')
  assert.equal(paint({ TERM: 'dumb' }), 'x')
})

test('every command and every flag that people see is described, and every group of flags fits the help', async () => {
  for (const command of await allCommands()) {
    assert.match(command.summary, /^[A-Z].*[^.]$/, command.name)
    for (const [key, { description, hidden }] of Object.entries(command.flags)) {
      assert.match(description, hidden ? /./ : /^[A-Z].*[^.]$/, `${command.name} ${key}`)
    }
  }
})

for (const [a, b, distance] of [['up', 'up', 0], ['upp', 'up', 1], ['dwon', 'down', 2], ['', 'abc', 3]] as const) {
  test(`"${a}" and "${b}" are ${distance} apart`, () => { assert.equal(editDistance(a, b), distance) })
}
