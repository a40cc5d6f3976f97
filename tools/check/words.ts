// Words and constructs that have no place in the sources, each with what to do instead.
import { lineAt } from './source.ts'
import type { Finding, Source } from './findings.ts'

interface Ban { readonly pattern: RegExp; readonly what: string; readonly butTests?: true }

/** A line that needs what is banned says why: `// allowed: the reason`. */
const excuse = /\/\/ allowed: \w+/

/** Looked for in code (comments and strings blanked). */
const inCode: readonly Ban[] = [
  { pattern: /\bas any\b|:\s*any\b|\bany\[\]/g, what: 'no any: say the type, or unknown (or why not, in `// allowed: ...` on that line)' },
  { butTests: true, pattern: /\bas unknown as\b/g, what: 'no double cast: give the value its type where it is made (or say why not, in `// allowed: ...` on that line)' },
  { pattern: /^export default\b/gm, what: 'export by name' },
  { pattern: /(?<![.\w$])(?:eval|Function)\s*\(/g, what: 'no code from strings' },
  { pattern: /^\s*debugger\b/gm, what: 'left over' },
  { pattern: /(?:\b(?:test|it|describe|suite)|\bt)\s*\.\s*(?:only|skip|todo)\s*[(.]/g, what: 'a test runs, always: declare what it needs in its first line (// needs: ...)' },
  { pattern: /(?<![.\w$])exec(?:Sync)?\s*\(\s*['"`]/g, what: 'no shell: spawn or execFile with a list of arguments' },
  { pattern: /\bshell:\s*true\b/g, what: 'no shell: spawn or execFile with a list of arguments' },
]

/** Looked for anywhere in a text. Written so that this file does not find itself. */
const inText: readonly Ban[] = [
  { pattern: /\b(?:TO[D]O|FIX[M]E|XX[X])\b/g, what: 'finish it, or throw a clear error and list it in what is not there yet' },
  { pattern: /@ts-(?:ig[n]ore|no[c]heck)/g, what: 'solve the type' },
  { pattern: /(?<![\w.])\/(?:wo[r]k|home\/\w+)\//g, what: 'a path of one machine' },
  { pattern: /\b(?:registry\.npm[j]s\.org|registry\.yarnp[k]g\.com|pkgs\.k8[s]\.io|deb\.deb[i]an\.org|docker\.i[o]\/)/g, what: 'no registry hosts: the machine says which it uses' },
]

const drawers = ['utils', 'util', 'helpers', 'helper', 'common', 'types', 'base', 'manager', 'impl', 'misc', 'shared']

/** Findings about the words of one TypeScript file. */
export function checkWords(source: Source, isTest: boolean): Finding[] {
  return [...find(inCode.filter(({ butTests }) => !(isTest && butTests)), source.code, source), ...find(inText, source.text, source), ...checkName(source.path)]
}

/** Findings about any other text file of the repository. */
export const checkText = (path: string, text: string): Finding[] => find(inText, text, { path, text })

/** A file is named after what it exports, in kebab case. */
function checkName(path: string): Finding[] {
  const parts = path.split('/')
  const name = parts.at(-1)!.replace(/\..*$/, '')
  const findings: Finding[] = []
  for (const part of [...parts.slice(1, -1), name]) {
    if (drawers.includes(part)) findings.push({ where: path, what: `a drawer named ${part}: name it after what is in it` })
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(part)) findings.push({ where: path, what: `${part}: file names are kebab-case` })
  }
  return findings
}

function find(bans: readonly Ban[], text: string, source: { path: string; text: string }): Finding[] {
  const lines = source.text.split('\n')
  return bans.flatMap(({ pattern, what }) => [...text.matchAll(pattern)]
    .map((match) => ({ line: lineAt(source.text, match.index), word: match[0].trim() }))
    .filter(({ line }) => !excuse.test(lines[line - 1] ?? ''))
    .map(({ line, word }) => ({ where: `${source.path}:${line}`, what: `${word}: ${what}` })))
}
