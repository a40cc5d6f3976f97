// Paths into objects as scale subresources, printer columns and field selectors write them: `.spec.replicas`, `spec.nodeName`,
// `.status.conditions[0].type`, `.metadata.annotations['a.b/c']`.
import { setOwn } from './same.ts'

export class PathError extends Error { override readonly name = 'PathError' }

const step = /\.?([^.[\]]+)|\[(\d+)\]|\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/y
const parsed = new Map<string, readonly (string | number)[]>()
const parsedLimit = 1024

/** The steps of a path. Throws PathError. */
export function parsePath(path: string): readonly (string | number)[] {
  const known = parsed.get(path)
  if (known) return known
  const steps: (string | number)[] = []
  for (step.lastIndex = 0; step.lastIndex < path.length;) {
    const at = step.lastIndex, match = step.exec(path)
    if (!match) throw new PathError(`path ${JSON.stringify(path)} cannot be read at ${JSON.stringify(path.slice(at))}`)
    steps.push(match[1] ?? (match[2] !== undefined ? Number(match[2]) : (match[3] ?? match[4] ?? '').replace(/\\(.)/g, '$1')))
  }
  if (parsed.size >= parsedLimit) parsed.clear()
  parsed.set(path, steps)
  return steps
}

/** The value at a path, undefined where there is none. Throws PathError on a path that cannot be read. */
export function getPath(object: unknown, path: string): unknown {
  let value = object
  for (const key of parsePath(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string | number, unknown>)[key]
  }
  return value
}

/** The object with another value at a path (undefined removes it); what lies beside the path is shared. Missing objects on the way are made. */
export function setPath<T>(object: T, path: string, value: unknown): T {
  const steps = parsePath(path)
  const put = (at: unknown, depth: number): unknown => {
    if (depth === steps.length) return value
    const key = steps[depth]!
    if (Array.isArray(at)) return at.with(Number(key), put(at[Number(key)], depth + 1))
    const inner = typeof at === 'object' && at !== null ? at as Record<string, unknown> : {}
    const changed = put(Object.hasOwn(inner, key) ? inner[key] : undefined, depth + 1)
    const out = { ...inner }
    if (changed === undefined) delete out[key]
    else setOwn(out, String(key), changed)
    return out
  }
  return put(object, 0) as T
}
