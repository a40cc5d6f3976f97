// For tests of the rules: objects as clients write them, taken through decoding, defaults and preparation as the server does.
import { applyDefaults, copy, decode, type Kind } from '#machinery'

const nobody = { name: 'admin', uid: '', groups: ['system:masters'] }
const uid = '11111111-1111-1111-1111-111111111111', made = '2026-01-01T00:00:00Z'

/** The object with its defaults. */
export function written(kind: Kind, body: object): any { // allowed: tests look at any field
  const object = decode(kind.schema, { apiVersion: kind.apiVersion, kind: kind.kind, metadata: {}, ...copy(body) }) as any // allowed: tests look at any field
  applyDefaults(kind.schema, object)
  object.metadata.name ||= 'x'
  kind.rules.defaults?.(object)
  return object
}
/** The object as it is stored when somebody creates it. */
export function created(kind: Kind, body: object): any { // allowed: tests look at any field
  const object = written(kind, body)
  Object.assign(object.metadata, { uid, creationTimestamp: made, ...(kind.generation && { generation: 1 }) })
  if (kind.subresources.status && kind.statusOnCreate === 'drop') object.status = written(kind, {}).status
  kind.rules.prepareCreate?.(object, nobody)
  return object
}
/** What validation says of a new object, as "field: message". */
export const problems = (kind: Kind, body: object): string[] => (kind.rules.validate?.(created(kind, body)) ?? []).map((e) => `${e.field}: ${e.message}`)

/** What validation says of a change to an object that is fine; `change` changes the object. */
export function problemsOfChange(kind: Kind, body: object, change: (object: any) => void, subresource?: string): string[] { // allowed: tests look at any field
  const old = created(kind, body), now = copy(old)
  change(now)
  kind.rules.prepareUpdate?.(now, old, subresource, Date.parse(made))
  return (kind.rules.validate?.(now, old, subresource) ?? []).map((e) => `${e.field}: ${e.message}`)
}
