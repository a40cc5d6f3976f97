import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Finding } from './findings.ts'
import { checkListed, checkLockfile, checkPackages, type Manifest } from './listed.ts'
import { checkRooms, findTouching, isPure, isTestFile } from './rooms.ts'
import { readSource } from './source.ts'
import { runFile, runProgram } from './spawn.ts'
import { report, type Tally, type UnitMessage } from './tally.ts'
import { checkText, checkWords } from './words.ts'

const typesTimeoutMs = 120_000
const unitTimeoutMs = 360_000

/** Everything that needs no machine: rooms, words, lists, types, unit tests (all, or those whose path contains one of `only`). Seconds. */
export async function checkEverything(root: string, tally: Tally, only: readonly string[] = []): Promise<void> {
  // The slow ones are started first and reported last.
  const types = checkTypes(root, 'tsconfig.json', () => true)
  const pure = checkTypes(root, 'tsconfig.pure.json', (path) => isPure(path) || path.startsWith('tools/pure'))
  const units = unitTests(root, only)

  const sources = globSync(['{src,tools,tests,bench}/**/*.ts'], { cwd: root }).sort().map((path) => readSource(root, path.replaceAll('\\', '/')))
  const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8')
  const touching = findTouching(sources)
  report(tally, 'rooms', sources.filter(({ path }) => path.startsWith('src/')).flatMap((source) => checkRooms(source, touching)), `${sources.length} files`)
  const texts = globSync(['*.md', '{docs,examples,changes,tests,tools,.ci}/**/*'], { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:md|ya?ml|txt|sh|mjs)$|^(?:run|node)$/.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length + 1))
  report(tally, 'words', [...sources.flatMap((source) => checkWords(source, isTestFile(source.path))), ...[...texts, 'proa', 'package.json'].flatMap((path) => checkText(path, read(path)))])
  report(tally, 'lists', [
    ...checkListed(sources),
    ...checkPackages(sources, JSON.parse(read('package.json')) as Manifest),
    ...checkLockfile(read('package-lock.json')),
  ])
  report(tally, 'types', await types)
  report(tally, 'types of the pure rooms', await pure)
  const { passed, failed, output } = await units
  if (output.trim() !== '') console.log(output.trimEnd())
  console.log(`${failed === 0 ? 'ok  ' : 'FAIL'} unit tests (${passed} passed, ${failed} failed)`)
  tally.passed += passed
  tally.failed += failed
}

async function checkTypes(root: string, config: string, concerns: (path: string) => boolean): Promise<Finding[]> {
  const { code, output } = await runProgram(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, '--noEmit', '--pretty', 'false', '-p', config], { cwd: root, timeoutMs: typesTimeoutMs })
  const findings: Finding[] = []
  let understood = false
  for (const line of output.split('\n')) {
    const match = /^(.+?)\((\d+),\d+\): error (.*)$/.exec(line)
    if (match) {
      understood = true
      if (concerns(match[1]!)) findings.push({ where: `${match[1]}:${match[2]}`, what: match[3]! })
    } else if (/^error /.test(line)) findings.push({ where: config, what: line })
  }
  if (code !== 0 && !understood && findings.length === 0) findings.push({ where: config, what: output.trim() || `tsc ended with ${code}` })
  return findings
}

/** A process for each core, when there is enough for more than one. */
const filesPerProcess = 40
async function unitTests(root: string, only: readonly string[]): Promise<Tally & { output: string }> {
  const files = globSync(['src/**/*.test.ts', 'tools/**/*.test.ts', 'tests/*.test.ts', 'tests/conformance/*.test.ts'], { cwd: root }).filter((file) => only.length === 0 || only.some((part) => file.includes(part))).sort()
  const processes = Math.min(availableParallelism(), Math.ceil(files.length / filesPerProcess))
  // Neighbours are alike, in how long they take too: they are dealt out one by one.
  const told = await Promise.all(Array.from({ length: processes }, (_, i) => runUnits(root, files.filter((_, at) => at % processes === i))))
  return told.reduce((all, { passed, failed, output }) => ({ passed: all.passed + passed, failed: all.failed + failed, output: all.output + output }), { passed: 0, failed: 0, output: '' })
}

async function runUnits(root: string, files: readonly string[]): Promise<Tally & { output: string }> {
  const { code, output, message, timedOut } = await runFile(`${root}/tools/check/unit.ts`, files, { cwd: root, timeoutMs: unitTimeoutMs })
  const counted = message as UnitMessage | undefined
  if (timedOut) return { passed: counted?.passed ?? 0, failed: (counted?.failed ?? 0) + 1, output: `${output}\nFAIL unit tests did not end within ${unitTimeoutMs / 1000} s` }
  if (!counted?.ended) return { passed: counted?.passed ?? 0, failed: (counted?.failed ?? 0) + 1, output: `${output}\nFAIL the unit tests ended early (exit ${code})` }
  return { passed: counted.passed, failed: counted.failed, output }
}
