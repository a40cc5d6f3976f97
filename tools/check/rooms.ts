// Who may import whom: the table of the house. Everything else in this file is how it is enforced.
import { posix } from 'node:path'
import { importsOf, lineAt } from './source.ts'
import type { Finding, Source } from './findings.ts'

interface Room {
  /** The rooms it may import, by name. */
  readonly may: readonly string[]
  /** Touches neither the machine nor the clock nor chance: they come in as arguments. */
  readonly pure?: true
  /** The parts of a pure room that may touch the machine. They have doors of their own (`#store/engines`). */
  readonly but?: readonly string[]
}

const all = ['machinery', 'cel', 'kinds', 'store', 'client', 'server', 'controllers', 'scheduler', 'explain', 'node', 'network', 'platform', 'testing']
export const rooms: Readonly<Record<string, Room>> = {
  machinery: { may: [], pure: true },
  cel: { may: ['machinery'], pure: true },
  kinds: { may: ['machinery', 'cel'], pure: true },
  store: { may: ['machinery'], pure: true, but: ['engines', 'etcd'] },
  client: { may: ['machinery', 'kinds'], pure: true, but: ['http'] },
  server: { may: ['machinery', 'cel', 'kinds', 'store'], pure: true, but: ['listen'] },
  controllers: { may: ['machinery', 'cel', 'kinds', 'client'], pure: true },
  scheduler: { may: ['machinery', 'cel', 'kinds', 'client'], pure: true },
  explain: { may: ['machinery', 'kinds', 'client', 'scheduler'], pure: true },
  node: { may: ['machinery', 'kinds', 'client'], but: ['simulated'] },
  network: { may: ['machinery', 'kinds', 'client'] },
  platform: { may: ['machinery', 'kinds', 'client'] },
  dashboard: { may: ['machinery', 'kinds', 'client'] },
  cli: { may: ['machinery', 'kinds', 'client', 'assembly'] },
  testing: { may: [...all, 'assembly'] },
  assembly: { may: all.filter((room) => room !== 'testing') },
  main: { may: ['cli'] },
}

/** Libraries without a socket, a file or a clock, which pure rooms may use. */
const purePackages = ['js-yaml', 'lru-cache', 'protobufjs', 'sorted-btree', 're2js', 'croner', 'semver']

/** What the language itself offers and a pure room must not use; the rest the compiler refuses (tsconfig.pure.json). */
const impure: readonly [RegExp, string][] = [
  [/\bDate\.now\b|\bnew Date\s*\(\s*\)|(?<!new |[.\w$])Date\s*\(/g, 'take a Clock'],
  [/\bMath\.random\b/g, 'take a Random'],
  [/(?<![.\w$])(?:setTimeout|setInterval|setImmediate|performance)\b/g, 'take a Clock'],
  [/\blocaleCompare\b|\btoLocale\w+|(?<![.\w$])Intl\b/g, 'compare by code unit: the locale is the machine\'s'],
  [/(?<![.\w$])globalThis\b/g, 'take what you need as an argument'],
]

/**
 * The findings of the rooms' table for one file under src/. `touching` are the files that touch the machine (see
 * findTouching): of the parts that may, those that do not are open to the pure ones (an interface, a memory engine).
 */
export function checkRooms(source: Source, touching: ReadonlySet<string>): Finding[] {
  const findings: Finding[] = []
  const here = place(source.path)
  const room = rooms[here.room]
  if (!room) return [{ where: source.path, what: `the room ${here.room} is not in the table of tools/check/rooms.ts` }]
  const isTest = isTestFile(source.path)
  const complain = (line: number, what: string) => findings.push({ where: `${source.path}:${line}`, what })
  for (const { from, line, typeOnly, lazy } of importsOf(source)) {
    if (from.startsWith('#')) {
      const [other = '', ...part] = from.slice(1).split('/')
      if (other === here.room && !here.impure) complain(line, 'import a neighbour by its path')
      // The command line says what it asks of the assembly; only that interface goes the other way.
      else if (here.room === 'assembly' && other === 'cli' && typeOnly) continue
      else if (other !== here.room && !isTest && !room.may.includes(other)) complain(line, `${here.room} may not import ${from}`)
      if (part.length > 0 && !rooms[other]?.but?.includes(part.join('/')) && other !== 'platform') complain(line, `other rooms come in through their door: import from '#${other}'`)
      if (part.length > 0 && here.pure && !isTest) complain(line, `${here.room} is pure and may not import ${from}`)
    } else if (from.startsWith('.')) {
      const target = posix.join(posix.dirname(source.path), from)
      // Facts that tests compare with lie outside src/.
      if (isTest && !target.startsWith('src/')) continue
      const there = place(target)
      if (!/\.(?:ts|json|mjs)$/.test(from)) complain(line, `write the file's name with .ts: ${from}`)
      if (there.room !== here.room) {
        if (there.room !== 'assembly' && here.room !== 'main') complain(line, `import another room by its name: '#${there.room}'`)
        else if (!isTest && !room.may.includes(there.room)) complain(line, `${here.room} may not import ${there.room}`)
      } else if (here.pure && there.impure && !isTest && !typeOnly && !lazy && touching.has(target)) complain(line, `a pure file may not import ${from}, which touches the machine: give that part its own door (src/${here.room}/${there.part}/index.ts, imported as '#${here.room}/${there.part}')`)
    } else if (here.pure && !isTest && (from.startsWith('node:') || !purePackages.includes(packageOf(from)))) {
      complain(line, `${here.room} is pure and may not import ${from}`)
    }
  }
  if (here.pure && !isTest) {
    for (const [pattern, instead] of impure) {
      for (const match of source.code.matchAll(pattern)) complain(lineAt(source.text, match.index), `${here.room} is pure, no ${match[0].trim()}: ${instead}`)
    }
  }
  return findings
}

/** The files of src/ that touch the machine as soon as they are read: by an import of their own, or of a neighbour. */
export function findTouching(sources: readonly Source[]): Set<string> {
  const imports = new Map(sources.map((source) => [source.path, importsOf(source).filter(({ typeOnly, lazy }) => !typeOnly && !lazy).map(({ from }) => from)]))
  const touching = new Set<string>()
  for (const [path, froms] of imports) if (froms.some((from) => from.startsWith('node:') || (/^[a-z@]/.test(from) && !purePackages.includes(packageOf(from))))) touching.add(path)
  for (let before = -1; before !== touching.size;) {
    before = touching.size
    for (const [path, froms] of imports) if (froms.some((from) => from.startsWith('.') && touching.has(posix.join(posix.dirname(path), from)))) touching.add(path)
  }
  return touching
}

/** Whether the rules of pure rooms hold for a file (tests and the parts that touch the machine are left out). */
export const isPure = (path: string): boolean => path.startsWith('src/') && place(path).pure && !isTestFile(path)

/** The npm package of an import. */
export const packageOf = (from: string): string => from.split('/').slice(0, from.startsWith('@') ? 2 : 1).join('/')

export const isTestFile = (path: string): boolean => /(?:\.(?:test|contract)|-kit)\.ts$/.test(path)

function place(path: string): { room: string; part: string; pure: boolean; impure: boolean } {
  const [, first = '', second = ''] = path.split('/')
  const room = first.replace(/\.ts$/, '')
  const but = rooms[room]?.but?.find((part) => second === part || second.startsWith(`${part}-`) || second.startsWith(`${part}.`))
  return { room, part: but ?? '', pure: rooms[room]?.pure === true && but === undefined, impure: but !== undefined }
}
