// What runs here, as /version tells it: the package's version, and the commit and moment it was made of.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface BuildInfo { readonly version: string; readonly commit: string; readonly date: string; readonly runtime: string; readonly platform: string }
const unknownCommit = '0'.repeat(40)
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

/** The folder of package.json: two up from the sources, one from the bundle. */
const packageFolder = (): string => ['../..', '..'].map((up) => join(import.meta.dirname, up)).find((folder) => (readJson(join(folder, 'package.json')) as { name?: string }).name === 'proa') ?? process.cwd()

/** `root`: the folder of package.json. In a clone the commit is the one checked out; a package says its own in package.json (`commit`). */
export function buildInfo(root: string = packageFolder()): BuildInfo {
  const { version = '0.0.0', commit } = readJson(join(root, 'package.json')) as { version?: string; commit?: string }
  const head = commit ?? checkedOut(join(root, '.git'))
  return { version, commit: head ?? unknownCommit, date: formatDate(statSync(join(root, 'package.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0), runtime: `node${process.version.slice(1)}`, platform: `${process.platform}/${architectures[process.arch] ?? process.arch}` }
}

/** The commit of a clone or of a worktree of one; undefined where there is none. */
function checkedOut(git: string): string | undefined {
  if (!existsSync(git)) return undefined
  const folder = statSync(git).isDirectory() ? git : /^gitdir: (.*)$/m.exec(readFileSync(git, 'utf8'))?.[1] ?? git
  const head = text(join(folder, 'HEAD')), ref = /^ref: (.*)$/m.exec(head)?.[1]
  if (ref === undefined) return commitIn(head)
  const whole = join(folder, text(join(folder, 'commondir')).trim())
  return commitIn(text(join(whole, ref))) ?? commitIn(text(join(whole, 'packed-refs')).split('\n').find((line) => line.endsWith(` ${ref}`)) ?? '')
}
const commitIn = (words: string): string | undefined => /^[0-9a-f]{40,64}/.exec(words)?.[0]
const text = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '')
const readJson = (path: string): object => JSON.parse(text(path) || '{}') as object
const formatDate = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`
