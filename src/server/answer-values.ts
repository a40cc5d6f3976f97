// What an answer says, beside the bytes that say it in YAML or protobuf: for those who want to write it down as JSON.
import type { ResponseBody } from '#machinery'

const values = new WeakMap<ResponseBody, () => unknown>()

/** The same body, whose value is known. */
export function withValue<B extends ResponseBody>(body: B, value: () => unknown): B {
  values.set(body, value)
  return body
}
const decoder = new TextDecoder()
const jsonType = /^application\/json(?:;|$)/

/** The JSON text of an answer; undefined where it is no value (logs, streams). */
export function jsonOf(body: ResponseBody, contentType: unknown): string | undefined {
  if (body.type === 'value') return JSON.stringify(body.value)
  const known = values.get(body)
  if (known) return JSON.stringify(known())
  if (body.type !== 'bytes' || typeof contentType !== 'string' || !jsonType.test(contentType)) return undefined
  return body.chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode()
}
