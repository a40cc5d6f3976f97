// Kubernetes' names of fields in expressions: what is no identifier is escaped.

const keywords: ReadonlySet<string> = new Set(('true false null in as break const continue else for function if import let loop package namespace return var void while').split(' '))
const possible = /^[a-zA-Z_.\-/][a-zA-Z0-9_.\-/]*$/
const escapes: Readonly<Record<string, string>> = { '__': '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' }
const unescapes = new Map([...Object.entries(escapes).map(([plain, escaped]) => [escaped, plain] as const), ...[...keywords].map((word) => [`__${word}__`, word] as const)])

/** A field's name in expressions; undefined when there is none (it has letters that cannot be escaped). */
export function escapeName(name: string): string | undefined {
  if (keywords.has(name)) return `__${name}__`
  return possible.test(name) ? name.replace(/__|[.\-/]/g, (part) => escapes[part]!) : undefined
}

/** The name in JSON of a field's name in expressions; undefined when it is no such name. */
export function unescapeName(name: string): string | undefined {
  if (name.startsWith('__') && keywords.has(name.slice(2, -2)) && name.endsWith('__')) return name.slice(2, -2)
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return undefined
  const plain = name.replace(/__(?:underscores|dot|dash|slash)__/g, (part) => unescapes.get(part)!)
  return plain
}
