// OpenAPI v2 of extension servers in the document of the whole server: their paths, and the definitions that those reach. Where a name is
// taken by something else, theirs gets another.
import { same } from '#machinery'
import type { SwaggerDocument } from '../aggregation/index.ts'

export interface Merged { readonly paths: Record<string, object>; readonly definitions: Record<string, object> }
const prefix = '#/definitions/'

/** Adds a server's version to the document. */
export function addSwagger({ paths, definitions }: Merged, document: SwaggerDocument, group: string, version: string): void {
  const base = `/apis/${group}/${version}/`
  const theirs = Object.entries(document.paths ?? {}).filter(([path]) => `${path}/`.startsWith(base) && !(path in paths))
  const reached = reach(theirs.map(([, item]) => item), document.definitions ?? {})
  const names = new Map<string, string>()
  for (const name of reached) {
    const definition = document.definitions![name]!
    let free = name
    for (let i = 2; free in definitions && !(free === name && same(definitions[free], definition)); i++) free = `${name}_v${i}`
    names.set(name, free)
  }
  for (const [path, item] of theirs) paths[path] = renamed(item, names)
  for (const [name, free] of names) definitions[free] ??= renamed(document.definitions![name]!, names)
}

/** The names of all definitions that the values refer to, over any number of steps. */
function reach(values: readonly object[], definitions: Readonly<Record<string, object>>): Set<string> {
  const found = new Set<string>(), next = [...values]
  for (let value = next.pop(); value; value = next.pop()) {
    eachReference(value, (name) => {
      if (found.has(name) || !definitions[name]) return
      found.add(name)
      next.push(definitions[name])
    })
  }
  return found
}
function eachReference(value: unknown, seen: (name: string) => void): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, held] of Object.entries(value)) {
    if (key === '$ref' && typeof held === 'string' && held.startsWith(prefix)) seen(held.slice(prefix.length))
    else eachReference(held, seen)
  }
}
function renamed<T>(value: T, names: ReadonlyMap<string, string>): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each: unknown) => renamed(each, names)) as T
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, key === '$ref' && typeof held === 'string' && held.startsWith(prefix) ? prefix + (names.get(held.slice(prefix.length)) ?? held.slice(prefix.length)) : renamed(held as unknown, names)])) as T
}
