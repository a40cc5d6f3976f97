// How a version is kept whose objects somebody else must convert: what was converted is remembered with the bytes it came from, as long as those live.
import { copy, parseWritten, type LooseObject, type StoredForm } from '#machinery'
import { readStored, readWritten } from './form.ts'
import type { Converter } from './conversion.ts'
import type { VersionSchema } from './serve.ts'

const decoder = new TextDecoder(), encoder = new TextEncoder()

/** The stored form of one version; `stored` is the version that new objects are kept in. */
export function convertedForm(kind: string, version: Pick<VersionSchema, 'apiVersion' | 'structural'>, stored: Pick<VersionSchema, 'apiVersion' | 'structural'>, converter: Converter): StoredForm {
  const converted = new WeakMap<Uint8Array, LooseObject>()
  const isOurs = isWrittenIn(version.apiVersion), isCurrent = isWrittenIn(stored.apiVersion)
  const readyAll = async (values: readonly Uint8Array[]): Promise<void> => {
    const objects = values.map((bytes) => ({ ...parseWritten(decoder.decode(bytes)) as LooseObject, kind }))
    const done = await converter.convert(objects, version.apiVersion)
    values.forEach((bytes, i) => { converted.set(bytes, done[i]!) })
  }
  return {
    read(value, bytes) {
      const known = converted.get(bytes)
      return readStored(version.structural, known ? copy(known) : value)
    },
    async write(object) {
      if (version.apiVersion === stored.apiVersion) return object
      const [kept] = await converter.convert([object], stored.apiVersion)
      return readWritten(stored.structural, kept!)
    },
    ready(values) {
      const missing = values.filter((bytes) => !isOurs(bytes) && !converted.has(bytes))
      return missing.length > 0 ? readyAll(missing) : undefined
    },
    isStale: (bytes) => !isCurrent(bytes),
  }
}

/** Whether a stored object was written in this version: every one ends in its own. */
export function isWrittenIn(apiVersion: string): (bytes: Uint8Array) => boolean {
  const end = encoder.encode(`"apiVersion":${JSON.stringify(apiVersion)}}`)
  return (bytes) => bytes.length > end.length && end.every((byte, i) => byte === bytes[bytes.length - end.length + i])
}
