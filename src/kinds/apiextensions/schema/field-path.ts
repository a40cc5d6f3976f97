// Paths that rules and selectable fields point with: `.spec.replicas`, `.spec.labels['a.b']`.
import { additionalOf, propertyOf, type Structural } from './structural.ts'

export type FoundPath = { readonly path: string; readonly names: readonly string[]; readonly schema: Structural } | { readonly error: string }

const escapes: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', "'": "'", '\\': '\\' }
/** A quoted text without its quotes; undefined where an escape is not known. */
function unquoted(token: string): { readonly text: string } | { readonly error: string } {
  let error = ''
  const text = token.slice(1, -1).replace(/\\./gs, (escape) => { const c = escapes[escape[1]!]; if (c === undefined) error = `invalid string literal: invalid escape char ${escape}`; return c ?? '' })
  return error ? { error } : { text }
}
const tokens = (path: string): string[] => path.match(/'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]']+|'.*/gs) ?? []

/** Where a path leads in a schema, in the form of messages' fields; what is wrong with it otherwise. */
export function findPath(given: string, root: Structural, brackets = true): FoundPath {
  let schema = root, path = ''
  const names: string[] = [], all = tokens(given)
  const step = (name: string): string | undefined => {
    if (schema.properties) {
      const next = propertyOf(schema, name)
      if (!next) return 'does not refer to a valid field'
      path += path === '' ? name : `.${name}`
      schema = next
    } else {
      const more = additionalOf(schema)
      if (!more || more === true) return 'does not refer to a valid field'
      path += `[${name}]`
      schema = more
    }
    names.push(name)
    return undefined
  }
  for (let i = 0; i < all.length; i++) {
    const token = all[i]!
    if (token !== '[' && token !== '.') return { error: `expected [ or . but got: ${token}` }
    if (token === '[' && !brackets) return { error: 'array notation is not allowed' }
    const next = all[++i]
    if (next === undefined) return { error: 'unexpected end of JSON path' }
    let name = next
    if (token === '[') {
      if (!/^'.*'$/s.test(next) || next.length < 2) return { error: `expected single quoted string but got ${next}` }
      const read = unquoted(next)
      if ('error' in read) return read
      name = read.text
    }
    const wrong = step(name)
    if (wrong) return { error: wrong }
    if (token !== '[') continue
    const close = all[++i]
    if (close === undefined) return { error: 'unexpected end of JSON path' }
    if (close !== ']') return { error: `expected ] but got ${close}` }
  }
  return { path, names, schema }
}
