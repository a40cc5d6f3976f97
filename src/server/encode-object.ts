// An object as it is stored: its JSON without kind, apiVersion and resourceVersion, metadata first. It is made part by part, because parts are known already.
import { addJson, fieldsJson, type FieldSet, type LooseObject, type ManagedFieldsEntry } from '#machinery'

/** The stored form of an object that has no version. `withVersion`: the API version goes with it, at the end. `certain`: JSON that was left is not believed as it is. */
export function encodeObject(object: LooseObject, withVersion = false, certain = false): Uint8Array {
  const parts = ['{"metadata":']
  writeMetadata(parts, object.metadata)
  for (const field in object) {
    if (field === 'metadata' || field === 'kind' || field === 'apiVersion') continue
    const before = parts.length
    parts.push(`,${JSON.stringify(field)}:`)
    if (!addJson(parts, object[field], certain)) parts.length = before
  }
  if (withVersion) parts.push(',"apiVersion":', JSON.stringify(object.apiVersion))
  parts.push('}')
  return bytesOf(parts.join(''))
}

/** Managed fields are the larger part of metadata, and much of them is what other objects have too. */
function writeMetadata(parts: string[], metadata: LooseObject['metadata']): void {
  const { managedFields, ...rest } = metadata, text = JSON.stringify(rest)
  if (managedFields === undefined) { parts.push(text); return }
  parts.push(text.slice(0, -1), text === '{}' ? '"managedFields":[' : ',"managedFields":[')
  for (let i = 0; i < managedFields.length; i++) {
    if (i > 0) parts.push(',')
    writeEntry(parts, managedFields[i]!)
  }
  parts.push(']}')
}
function writeEntry(parts: string[], entry: ManagedFieldsEntry): void {
  const { fieldsV1, subresource, ...rest } = entry
  if (fieldsV1 === undefined) { parts.push(JSON.stringify(entry)); return }
  const text = JSON.stringify(rest)
  parts.push(text.slice(0, -1), text === '{}' ? '"fieldsV1":' : ',"fieldsV1":', fieldsJson(fieldsV1 as FieldSet))
  if (subresource !== undefined) parts.push(',"subresource":', JSON.stringify(subresource))
  parts.push('}')
}

const encoder = new TextEncoder()
/** Where most texts have room, whatever they are made of: a character takes three bytes at most. */
const desk = new Uint8Array(48 * 1024), bytesPerCharacter = 3
/** UTF-8 in memory of its own. A text that is written to a place that is there need not be counted first. */
function bytesOf(text: string): Uint8Array {
  if (text.length * bytesPerCharacter > desk.length) return encoder.encode(text)
  return desk.slice(0, encoder.encodeInto(text, desk).written)
}
