// JSON merge patch (RFC 7386), as the reference's library does it: nulls go also from objects in new lists.
import { same, setOwn } from '../same.ts'

type JsonObject = Record<string, unknown>
const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The document after the patch; what the patch does not touch is shared. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return isObject(document) ? patch : withoutNulls(patch)
  const out: JsonObject = isObject(document) ? { ...document } : {}
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    if (value === null) delete out[key]
    else setOwn(out, key, applyMergePatch(Object.hasOwn(out, key) ? out[key] : undefined, value))
  }
  return out
}

/** Items of lists stay, whatever they are. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const out: JsonObject = {}
  for (const key of Object.keys(value)) if (value[key] !== null) setOwn(out, key, withoutNulls(value[key]))
  return out
}

/** The smallest patch that makes `to` of `from`; undefined when they are the same. Lists are replaced as a whole. */
export function mergePatchBetween(from: unknown, to: unknown): unknown {
  if (!isObject(from) || !isObject(to)) return same(from, to) ? undefined : to
  const out: JsonObject = {}
  for (const key of Object.keys(from)) if (from[key] !== undefined && (!Object.hasOwn(to, key) || to[key] === undefined)) setOwn(out, key, null)
  for (const key of Object.keys(to)) {
    if (to[key] === undefined) continue
    const inner = Object.hasOwn(from, key) && from[key] !== undefined ? mergePatchBetween(from[key], to[key]) : to[key]
    if (inner !== undefined) setOwn(out, key, inner)
  }
  return Object.keys(out).length ? out : undefined
}
