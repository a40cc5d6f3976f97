// Short stable names for content: pod-template-hash and controller revisions.

const letters = 'bcdfghjklmnpqrstvwxz2456789'

/** 32-bit FNV-1a of a text's UTF-8. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
/** Every character replaced by one of 27 that make no words and cannot be misread; for digits, one to one. */
export const safeEncode = (text: string): string => [...text].map((c) => letters[c.charCodeAt(0) % letters.length]).join('')

/** A name for a JSON value: equal values, whatever the order of their keys, have equal names. */
export const hashOf = (value: unknown): string => safeEncode(String(fnv32a(canonicalJson(value))))

/** JSON with sorted keys; undefined and null members are left out. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const object = value as Record<string, unknown>
  return `{${Object.keys(object).filter((k) => object[k] !== undefined && object[k] !== null).sort().map((k) => `${JSON.stringify(k)}:${canonicalJson(object[k])}`).join(',')}}`
}
