// The names that templates give to ReplicaSets and revisions: computed as the reference does, so that they are the same.
import { canonicalJson, goJson, safeEncode } from '#machinery'
import { md5 } from './md5.ts'
import { printGo } from './print.ts'

const offset = 0x811c9dc5, prime = 0x01000193
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
/** FNV, 32 bits: 1a mixes before it multiplies, the older 1 after. */
const fnv1a = (bytes: Iterable<number>, hash = offset): number => { for (const byte of bytes) hash = Math.imul(hash ^ byte, prime); return hash >>> 0 }
const fnv1 = (bytes: Iterable<number>, hash = offset): number => { for (const byte of bytes) hash = Math.imul(hash, prime) ^ byte; return hash >>> 0 }

/** Of a pod template; `collisions` makes another name when the first was taken by a different template. */
export function templateHash(template: unknown, collisions?: number): string {
  let hash = fnv1a(encode(printGo('v1.PodTemplateSpec', template)))
  if (collisions !== undefined) hash = fnv1a([collisions & 255, (collisions >> 8) & 255, (collisions >> 16) & 255, (collisions >>> 24) & 255, 0, 0, 0, 0], hash)
  return safeEncode(String(hash))
}

/** Of a revision's data (a JSON value). */
export function dataHash(data: unknown, collisions?: number): string {
  const text = goJson(canonicalJson(data))
  const hash = fnv1(encode(text))
  return safeEncode(String(collisions === undefined ? hash : fnv1(encode(String(collisions)), hash)))
}

/** What a list of such Go values is sorted by where the reference sorts by hash. */
export const sortingHash = (type: 'v1.EndpointPort' | 'v1.EndpointSubset', value: unknown): string => md5(printGo(type, value))
