import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkListed, checkLockfile, checkPackages } from './listed.ts'
import { readHeader } from './real-tests.ts'
import { checkRooms, isPure } from './rooms.ts'
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
const imports = (from: string) => `import { x } from '${from}'`

check(checkRooms, 'src/controllers/job.ts', imports('#client'), undefined)
check(checkRooms, 'src/controllers/job.ts', imports('#store'), /job.ts:1 controllers may not import #store/)
check(checkRooms, 'src/controllers/job.ts', imports('#node'), /may not import/)
check(checkRooms, 'src/controllers/job.ts', imports('./plan.ts'), undefined)
check(checkRooms, 'src/controllers/job.ts', imports('../client/queue.ts'), /by its name: '#client'/)
check(checkRooms, 'src/controllers/job.ts', imports('#client/queue'), /through their door: import from '#client'/)
check(checkRooms, 'src/controllers/job.ts', imports('#controllers'), /neighbour by its path/)
check(checkRooms, 'src/controllers/job.ts', imports('./plan'), /with \.ts/)
check(checkRooms, 'src/controllers/job.ts', imports('node:fs'), /pure and may not import node:fs/)
check(checkRooms, 'src/controllers/job.test.ts', imports('node:fs'), undefined)
check(checkRooms, 'src/controllers/job.test.ts', imports('#testing'), undefined)
check(checkRooms, 'src/controllers/job.ts', imports('#testing'), /may not import #testing/)
check(checkRooms, 'src/controllers/job.ts', imports('ws'), /pure and may not import ws/)
check(checkRooms, 'src/controllers/job.ts', 'const now = Date.now()', /no Date\.now: take a Clock/)
check(checkRooms, 'src/controllers/job.ts', 'const now = new Date()', /take a Clock/)
check(checkRooms, 'src/controllers/job.ts', 'const then = new Date(0), text = "Date.now", now = clock.now()', undefined)
check(checkRooms, 'src/controllers/job.ts', 'a.localeCompare(b)', /code unit/)
check(checkRooms, 'src/controllers/job.ts', 'Math.random()', /take a Random/)
check(checkRooms, 'src/node/agent.ts', 'Date.now(); Math.random()', undefined)
check(checkRooms, 'src/store/store.ts', imports('./engines/sqlite.ts'), /give that part its own door/)
check(checkRooms, 'src/store/engines/sqlite.ts', imports('node:sqlite'), undefined)
check(checkRooms, 'src/client/index.ts', imports('./http.ts'), /give that part its own door/)
check(checkRooms, 'src/assembly/store.ts', imports('#store/engines'), undefined)
check(checkRooms, 'src/assembly/index.ts', "import type { ClusterOptions } from '#cli'", undefined)
check(checkRooms, 'src/assembly/index.ts', imports('#cli'), /assembly may not import #cli/)
check(checkRooms, 'src/cli/up.ts', imports('#assembly'), undefined)
check(checkRooms, 'src/cli/up.ts', imports('#server'), /cli may not import #server/)
check(checkRooms, 'src/main.ts', imports('#cli'), undefined)
check(checkRooms, 'src/main.ts', imports('#server'), /main may not import/)
check(checkRooms, 'src/drawer/x.ts', '', /not in the table/)
check(checkRooms, 'src/kinds/a.test.ts', imports('../../facts/a.json'), undefined)

check(checkWords, 'src/kinds/a.ts', 'let a: any', /no any/)
check(checkWords, 'src/kinds/a.ts', 'let a: any // allowed: every kind of value', undefined)
check(checkWords, 'src/kinds/a.ts', "const company = 'any', b: Many = c", undefined)
check(checkWords, 'src/kinds/a.ts', 'x as unknown as Y', /double cast/)
check(checkWords, 'src/kinds/a.ts', 'export default 1', /by name/)
check(checkWords, 'src/kinds/a.test.ts', "test.only('a', () => {})", /a test runs, always/)
check(checkWords, 'src/kinds/a.test.ts', "t.skip('later')", /a test runs, always/)
check(checkWords, 'src/kinds/a.ts', 'list.skip(3); first.only', undefined)
check(checkWords, 'src/kinds/a.ts', `// TO${'DO'} later`, /finish it/)
check(checkWords, 'src/kinds/utils.ts', '', /a drawer named utils/)
check(checkWords, 'src/kinds/fooBar.ts', '', /kebab-case/)
check(checkWords, 'src/node/a.ts', "spawn('ls', { shell: true })", /no shell/)
check(checkWords, 'src/node/a.ts', "const pattern = /a/; pattern.exec(x)", undefined)
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
