// Defaults that a schema holds (protocol TCP and its like), filled in after decoding. Those that need thought are a kind's own.
import type { Fields, Schema } from './schema.ts'

interface Plan { readonly scalars: readonly (readonly [name: string, value: unknown, replacesEmpty: boolean])[]; readonly inner: readonly (readonly [name: string, fill: Fill])[] }
type Fill = (value: unknown) => void

/** Fills in the schema's defaults, in place, and returns the object. */
export function applyDefaults<T>(schema: Schema<T>, object: T): T {
  fillerOf(schema)?.(object)
  return object
}

const plans = new WeakMap<Fields, Plan | 'none' | 'open'>()
function fillerOf(schema: Schema<any>): Fill | undefined {
  if (schema.type === 'array') {
    const item = fillerOf(schema.items!)
    return item && ((list: unknown) => { if (Array.isArray(list)) for (const x of list) item(x) })
  }
  if (schema.type === 'map') {
    const item = fillerOf(schema.items!)
    return item && ((map: unknown) => { for (const x of Object.values((map ?? {}) as object)) item(x) })
  }
  if (schema.type !== 'object' || !schema.fields) return undefined
  const plan = planOf(schema.fields)
  if (plan === undefined) return undefined
  return (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    const object = value as Record<string, unknown>
    for (const [name, filled, replacesEmpty] of plan.scalars)
      if (object[name] === undefined || (replacesEmpty && !object[name])) object[name] = filled
    for (const [name, fill] of plan.inner) { const inner = object[name]; if (inner !== undefined) fill(inner) }
  }
}
function planOf(fields: Fields): Plan | undefined {
  const known = plans.get(fields)
  // A schema that contains itself: none of those has defaults further down.
  if (known !== undefined) return typeof known === 'object' ? known : undefined
  plans.set(fields, 'open')
  const scalars: [string, unknown, boolean][] = [], inner: [string, Fill][] = []
  for (const name in fields) {
    const schema = fields[name]!
    if (schema.default !== undefined && schema.type !== 'object') scalars.push([name, schema.default, !schema.keepEmpty])
    const fill = fillerOf(schema)
    if (fill) inner.push([name, fill])
  }
  const plan = scalars.length || inner.length ? { scalars, inner } : undefined
  plans.set(fields, plan ?? 'none')
  return plan
}
