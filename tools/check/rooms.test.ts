import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkListed, checkLockfile, checkPackages } from './listed.ts'
import { readHeader } from './real-tests.ts'
import { checkRooms, findTouching, isPure, isTestFile } from './rooms.ts'
import { blank } from './source.ts'
import type { Finding, Source } from './findings.ts'
import { checkText, checkWords } from './words.ts'

const source = (path: string, text: string): Source => ({ path, text, code: blank(text) })

function check(findings: (source: Source) => readonly Finding[], path: string, text: string, expected: RegExp | undefined): void {
  test(`${path} with ${JSON.stringify(text)} is ${expected ? `wrong: ${expected.source}` : 'right'}`, () => {
    const found = findings(source(path, text)).map(({ where, what }) => `${where} ${what}`).join('\n')
    if (expected) assert.match(found, expected)
    else assert.equal(found, '')
  })
}
const words = (one: Source) => checkWords(one, isTestFile(one.path))
const rooms = (one: Source) => checkRooms(one, new Set(['src/store/engines/sqlite.ts', 'src/client/http.ts']))
const imports = (from: string) => `import { x } from '${from}'`

check(rooms, 'src/controllers/job.ts', imports('#client'), undefined)
check(rooms, 'src/controllers/job.ts', imports('#store'), /job.ts:1 controllers may not import #store/)
check(rooms, 'src/controllers/job.ts', imports('#node'), /may not import/)
check(rooms, 'src/controllers/job.ts', imports('./plan.ts'), undefined)
check(rooms, 'src/controllers/job.ts', imports('../client/queue.ts'), /by its name: '#client'/)
check(rooms, 'src/controllers/job.ts', imports('#client/queue'), /through their door: import from '#client'/)
check(rooms, 'src/controllers/job.ts', imports('#controllers'), /neighbour by its path/)
check(rooms, 'src/controllers/job.ts', imports('./plan'), /with \.ts/)
check(rooms, 'src/controllers/job.ts', imports('node:fs'), /pure and may not import node:fs/)
check(rooms, 'src/controllers/job.test.ts', imports('node:fs'), undefined)
check(rooms, 'src/controllers/job.test.ts', imports('#testing'), undefined)
check(rooms, 'src/controllers/job.ts', imports('#testing'), /may not import #testing/)
check(rooms, 'src/controllers/job.ts', imports('ws'), /pure and may not import ws/)
check(rooms, 'src/controllers/job.ts', 'const now = Date.now()', /no Date\.now: take a Clock/)
check(rooms, 'src/controllers/job.ts', 'const now = new Date()', /take a Clock/)
check(rooms, 'src/controllers/job.ts', 'const then = new Date(0), text = "Date.now", now = clock.now()', undefined)
check(rooms, 'src/controllers/job.ts', 'a.localeCompare(b)', /code unit/)
check(rooms, 'src/controllers/job.ts', 'Math.random()', /take a Random/)
check(rooms, 'src/node/agent.ts', 'Date.now(); Math.random()', undefined)
check(rooms, 'src/store/store.ts', imports('./engines/sqlite.ts'), /give that part its own door/)
check(rooms, 'src/store/store.ts', imports('./engines/engine.ts'), undefined)
check(rooms, 'src/store/store.ts', "import type { X } from './engines/sqlite.ts'; const x = () => import('./engines/sqlite.ts')", undefined)
check(rooms, 'src/store/engines/sqlite.ts', imports('node:sqlite'), undefined)
check(rooms, 'src/client/index.ts', imports('./http.ts'), /give that part its own door/)
check(rooms, 'src/assembly/store.ts', imports('#store/engines'), undefined)
check(rooms, 'src/assembly/index.ts', "import type { ClusterOptions } from '#cli'", undefined)
check(rooms, 'src/assembly/index.ts', imports('#cli'), /assembly may not import #cli/)
check(rooms, 'src/cli/up.ts', imports('#assembly'), undefined)
check(rooms, 'src/cli/up.ts', imports('#server'), /cli may not import #server/)
check(rooms, 'src/main.ts', imports('#cli'), undefined)
check(rooms, 'src/main.ts', imports('#server'), /main may not import/)
check(rooms, 'src/drawer/x.ts', '', /not in the table/)
check(rooms, 'src/kinds/a.test.ts', imports('../../facts/a.json'), undefined)

check(words, 'src/kinds/a.ts', 'let a: any', /no any/)
check(words, 'src/kinds/a.ts', 'let a: any // allowed: every kind of value', undefined)
check(words, 'src/kinds/a.ts', "const company = 'any', b: Many = c", undefined)
check(words, 'src/kinds/a.ts', 'x as unknown as Y', /double cast/)
check(words, 'src/kinds/a.test.ts', 'x as unknown as Y', undefined)
check(words, 'src/kinds/a.ts', 'export default 1', /by name/)
check(words, 'src/kinds/a.test.ts', "test.only('a', () => {})", /a test runs, always/)
check(words, 'src/kinds/a.test.ts', "t.skip('later')", /a test runs, always/)
check(words, 'src/kinds/a.ts', 'list.skip(3); first.only', undefined)
check(words, 'src/kinds/a.ts', `// TO${'DO'} later`, /finish it/)
check(words, 'src/kinds/utils.ts', '', /a drawer named utils/)
check(words, 'src/kinds/fooBar.ts', '', /kebab-case/)
check(words, 'src/node/a.ts', "spawn('ls', { shell: true })", /no shell/)
check(words, 'src/node/a.ts', "const pattern = /a/; pattern.exec(x)", undefined)
check(({ path, text }) => checkText(path, text), 'docs/a.md', `see /wo${'rk'}/main/x`, /path of one machine/)
check(({ path, text }) => checkText(path, text), 'docs/a.md', 'see docs/work/main', undefined)
check(({ text }) => checkLockfile(text), 'package-lock.json', `"resolved": "https://registry.example/a.tgz"`, /names a registry/)
check((one) => checkPackages([one], { dependencies: { ws: '1' }, devDependencies: { typescript: '7' } }), 'src/node/a.ts', imports('ws'), undefined)
check((one) => checkPackages([one], { dependencies: { ws: '1' }, devDependencies: { typescript: '7' } }), 'src/node/a.ts', imports('typescript'), /not in package\.json/)
check((one) => checkPackages([one], { dependencies: { ws: '1' }, devDependencies: { typescript: '7' } }), 'tools/a.ts', imports('typescript'), undefined)
check((one) => checkPackages([one], { dependencies: { '@a/b': '1' } }), 'src/node/a.ts', imports('@a/b/c'), undefined)

test('a kind or controller that its index does not list is found, also behind a second index', () => {
  const sources = [
    source('src/kinds/index.ts', "import { pod } from './core/pod/index.ts'\nexport * from './apps/index.ts'"),
    source('src/kinds/apps/index.ts', "export { deployment } from './deployment.ts'"),
    source('src/kinds/core/pod/index.ts', 'export const pod = defineKind({})'),
    source('src/kinds/apps/deployment.ts', 'export const deployment = defineKind({})'),
    source('src/kinds/apps/forgotten.ts', 'export const forgotten = defineKind({})'),
    source('src/controllers/index.ts', "import './job.ts'"),
    source('src/controllers/job.ts', 'export const job: Controller<Job> = {}'),
    source('src/controllers/lost.ts', 'export const lost: Controller<Lost> = {}'),
  ]
  assert.deepEqual(checkListed(sources).map(({ where }) => where), ['src/kinds/apps/forgotten.ts', 'src/controllers/lost.ts'])
})

test('a file touches the machine by its own imports or by a neighbour\'s, not by a type or lazily', () => {
  const touching = findTouching([
    source('src/store/engines/sqlite.ts', imports('node:sqlite')), source('src/store/engines/cached.ts', imports('./sqlite.ts')),
    source('src/store/engines/lazy.ts', "const open = () => import('./sqlite.ts')"), source('src/store/engines/engine.ts', "import type { X } from './sqlite.ts'"),
    source('src/store/tree.ts', imports('lru-cache')), source('src/client/http.ts', imports('ws')),
  ])
  assert.deepEqual([...touching].sort(), ['src/client/http.ts', 'src/store/engines/cached.ts', 'src/store/engines/sqlite.ts'])
})

test('which files are pure', () => {
  assert.deepEqual(['src/kinds/a.ts', 'src/store/engines/a.ts', 'src/store/tree.ts', 'src/client/http/a.ts', 'src/server/listen-tls.ts', 'src/server/listed.ts', 'src/kinds/a.test.ts', 'src/node/a.ts'].map(isPure),
    [true, false, true, false, false, true, false, false])
})

for (const [text, needs, minutes] of [
  ['// needs: root containerd kubectl\n// minutes: 5\n', ['root', 'containerd', 'kubectl'], 5], ['// A story.\n//needs: root, npm\n', ['root', 'npm'], 3], ['import x\n', [], 3],
] as const) {
  test(`a real test that begins with ${JSON.stringify(text)} needs ${needs.join(' ') || 'nothing'} and may take ${minutes} minutes`, () => {
    assert.deepEqual(readHeader('f', text), { file: 'f', needs, minutes })
  })
}
