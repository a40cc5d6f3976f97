// A thing is added in one file, and these checks insist on the rest: its line in the list, its package, a clean lockfile.
import { packageOf, isTestFile } from './rooms.ts'
import { importsOf } from './source.ts'
import type { Finding, Source } from './findings.ts'

/** Every kind must be in kinds/index.ts and every controller in controllers/index.ts (or in an index.ts that is listed there). */
export function checkListed(sources: readonly Source[]): Finding[] {
  const findings: Finding[] = []
  for (const [room, what, defines] of [
    ['kinds', 'kind', /=\s*defineKind\s*\(/],
    ['controllers', 'controller', /^export const \w+\s*:\s*Controller\b/m],
  ] as const) {
    const listed = reachable(sources, `src/${room}/index.ts`)
    for (const { path, code } of sources) {
      if (!path.startsWith(`src/${room}/`) || isTestFile(path) || !defines.test(code)) continue
      if (!listed.has(path)) findings.push({ where: path, what: `this ${what} is missing from src/${room}/index.ts` })
    }
  }
  return findings
}

/** The files of a room that its index imports or exports, through any number of files named index.ts. */
function reachable(sources: readonly Source[], index: string): Set<string> {
  const found = new Set<string>()
  const source = sources.find(({ path }) => path === index)
  if (!source) return found
  for (const { from } of importsOf(source)) {
    if (!from.startsWith('.')) continue
    const path = new URL(from, `file:///${index}`).pathname.slice(1)
    found.add(path)
    if (path.endsWith('/index.ts') && path !== index) for (const inner of reachable(sources, path)) found.add(inner)
  }
  return found
}

/** What src/ imports from npm is in dependencies; what tools and tests import, in any of the lists. */
export function checkPackages(sources: readonly Source[], manifest: Manifest): Finding[] {
  const installed = Object.keys(manifest.dependencies ?? {})
  const forDevelopers = [...installed, ...Object.keys(manifest.devDependencies ?? {})]
  return sources.flatMap((source) => importsOf(source)
    .filter(({ from }) => !/^(?:node:|[.#])/.test(from))
    .filter(({ from }) => !(source.path.startsWith('src/') && !isTestFile(source.path) ? installed : forDevelopers).includes(packageOf(from)))
    .map(({ from, line }) => ({ where: `${source.path}:${line}`, what: `${packageOf(from)} is not in package.json` })))
}
export interface Manifest { dependencies?: Record<string, string>; devDependencies?: Record<string, string>; optionalDependencies?: Record<string, string> }

/** The lockfile names no registry: whoever installs uses the one they have configured. */
export function checkLockfile(text: string): Finding[] {
  return text.split('\n').flatMap((line, i) => /"resolved":/.test(line)
    ? [{ where: `package-lock.json:${i + 1}`, what: 'names a registry; run npm install with this repository\'s .npmrc (omit-lockfile-registry-resolved)' }] : [])
}
