// What the reference's storage forgets: built-in kinds are kept as protobuf, which cannot tell an empty list or map from none. Those
// that are always written come back as null.
import type { Fields, Schema } from './schema.ts'

type Forget = (value: unknown) => void
/** What to do at a field: null it when empty, look into it, or both. */
interface Step { readonly whole: boolean; readonly inner: Forget | undefined }
const plans = new WeakMap<Fields, ReadonlyMap<string, Step> | 'open'>()

/** Turns empty lists and maps that are always written into null, in place, and returns the object. For built-in kinds, after managed fields and before storing. */
export function toStoredForm<T>(schema: Schema<T>, object: T): T {
  forgetter(schema)?.(object)
  return object
}

function forgetter(schema: Schema<any>): Forget | undefined {
  if (schema.type === 'array') {
    const item = forgetter(schema.items!)
    return item && ((list: unknown) => { if (Array.isArray(list)) for (const x of list) item(x) })
  }
  if (schema.type === 'map') {
    const item = forgetter(schema.items!)
    return item && ((map: unknown) => { for (const x of Object.values((map ?? {}) as object)) item(x) })
  }
  if (schema.type !== 'object' || !schema.fields) return undefined
  const plan = planOf(schema.fields)
  if (!plan.size) return undefined
  return (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    const object = value as Record<string, unknown>
    for (const [name, step] of plan) {
      const inner = object[name]
      if (typeof inner !== 'object' || inner === null) continue
      if (step.whole && isEmpty(inner)) object[name] = null
      else step.inner?.(inner)
    }
  }
}
function planOf(fields: Fields): ReadonlyMap<string, Step> {
  const known = plans.get(fields)
  if (known !== undefined) return known === 'open' ? new Map() : known // a schema that contains itself: none of those has such a field
  plans.set(fields, 'open')
  const plan = new Map<string, Step>()
  for (const name in fields) {
    const schema = fields[name]!
    const written = (schema.required && !schema.dropEmpty) || schema.always === true
    const forget = forgetter(schema)
    if (written && (schema.type === 'array' || schema.type === 'map')) plan.set(name, { whole: true, inner: forget })
    else if (forget) plan.set(name, { whole: false, inner: forget })
  }
  plans.set(fields, plan)
  return plan
}
const isEmpty = (value: object): boolean => { for (const _ in value) return false; return true }
