// For tests of the rules: objects as clients write them, taken through decoding, defaults and preparation as the server does.
import { applyDefaults, copy, decode, type Kind, type Rules } from '#machinery'

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

/** What validation says of a change to an object that is fine, but for its metadata; `change` changes the object. */
export function problemsOfChange(kind: Kind, body: object, change: (object: any) => void, subresource?: string): string[] { // allowed: tests look at any field
  const old = created(kind, body), now = copy(old)
  change(now)
  kind.rules.prepareUpdate?.(now, old, subresource, Date.parse(made))
  return problemsBetween(kind.rules, now, old, subresource)
}
/** The same of two objects, by the rules of a kind or of one of its versions. */
export function problemsBetween(rules: Rules<any>, now: object, old: object, subresource?: string): string[] { // allowed: rules of any kind
  const { onUpdate, onUpdateOf, validate, validateChange } = rules
  const order = (subresource === undefined ? onUpdate : onUpdateOf?.[subresource]) ?? ['rules']
  const found = order.flatMap((check) => (check === 'rules' ? validate?.(now, old, subresource) : check === 'change' ? validateChange?.(now, old, subresource) : []) ?? [])
  return found.map((e) => `${e.field}: ${e.message}`)
}
