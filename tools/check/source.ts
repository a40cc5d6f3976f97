import { readFileSync } from 'node:fs'
import type { Source } from './findings.ts'

/** Reads one file of the repository. */
export function readSource(root: string, path: string): Source {
  const text = readFileSync(`${root}/${path}`, 'utf8')
  return { path, text, code: blank(text) }
}

/** Every place a module is imported from, static and dynamic, with its line (from 1). */
export function importsOf(source: Source): Import[] {
  const found: Import[] = []
  // Only imports: `Buffer.from('x')` is not one.
  const pattern = /(?:(?<!\.)\bfrom\s*|(?<!\.)\bimport\s*(\(?)\s*)(['"])/g
  for (const match of source.code.matchAll(pattern)) {
    const start = match.index + match[0].length
    const end = source.text.indexOf(match[2]!, start)
    // `import type {` begins the statement of a `from`; nothing but names and braces lies between.
    const typeOnly = /\b(?:import|export)\s+type\s[^;'"]*$/.test(source.code.slice(Math.max(0, match.index - 2000), match.index))
    found.push({ from: source.text.slice(start, end), line: lineAt(source.text, match.index), typeOnly, lazy: match[1] === '(' })
  }
  return found
}

/** What an import names, where, whether it is gone at run time, and whether it happens only when that line is reached. */
export interface Import { readonly from: string; readonly line: number; readonly typeOnly: boolean; readonly lazy: boolean }

/** The line (from 1) of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1
  for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1)) line++
  return line
}

/**
 * Blanks what is not code: comments, and the insides of strings, templates and regular expressions (their quotes stay,
 * and so does the code inside `${}`). Lengths and line breaks are kept.
 */
export function blank(text: string): string {
  const out = [...text.split('')]
  const templates: number[] = []
  let braces = 0
  let last = ''
  const wipe = (from: number, to: number) => { for (let i = from; i < to; i++) if (out[i] !== '\n') out[i] = ' ' }
  const template = (from: number): number => {
    let i = from
    while (i < text.length && text[i] !== '`') {
      if (text[i] === '\\') i++
      else if (text[i] === '$' && text[i + 1] === '{') { wipe(from, i); templates.push(braces); return i + 2 }
      i++
    }
    wipe(from, i)
    last = '`'
    return i + 1
  }
  for (let i = 0; i < text.length;) {
    const c = text[i]!
    if (c === '/' && text[i + 1] === '/') {
      const end = endOf(text, '\n', i)
      wipe(i, end); i = end
    } else if (c === '/' && text[i + 1] === '*') {
      const end = endOf(text, '*/', i + 2) + 2
      wipe(i, end); i = end
    } else if (c === "'" || c === '"') {
      let end = i + 1
      while (end < text.length && text[end] !== c && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1
      wipe(i + 1, end); last = c; i = end + 1
    } else if (c === '`') i = template(i + 1)
    else if (c === '}' && templates.length > 0 && templates.at(-1) === braces) { templates.pop(); i = template(i + 1) }
    else if (c === '/' && startsRegex(text, i, last)) {
      let end = i + 1
      for (let inClass = false; end < text.length && text[end] !== '\n' && (inClass || text[end] !== '/'); end++) {
        if (text[end] === '\\') end++
        else if (text[end] === '[') inClass = true
        else if (text[end] === ']') inClass = false
      }
      wipe(i + 1, end); last = '/'; i = end + 1
    } else {
      if (c === '{') braces++
      if (c === '}') braces--
      if (c.trim() !== '') last = c
      i++
    }
  }
  return out.join('')
}

/** A slash begins a regular expression where a value may begin: after an operator, an opening bracket or `return`. */
function startsRegex(text: string, at: number, last: string): boolean {
  if (last === '' || '(,=:[!&|?{};+-*%<>~^'.includes(last)) return true
  return /\b(?:return|typeof|case|in|of|yield|await)\s*$/.test(text.slice(Math.max(0, at - 12), at))
}

function endOf(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from)
  return at === -1 ? text.length : at
}
