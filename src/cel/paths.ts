// Where an expression leads to in declared types, for its size. The reference follows names from the schema that a rule belongs to,
// also where an expression does not start there: what is read of something without a place counts as the schema itself.
import { exactly, type Amount } from './amounts.ts'
import type { CelType } from './cel-type.ts'
import { fieldReaders } from './json-values.ts'
import { declaredSize } from './sizes.ts'

/** undefined: no place at all; null: a way that leads nowhere. */
export type Path = CelType | null | undefined
export interface Way { readonly root: CelType | undefined; readonly variables: Readonly<Record<string, CelType>> }

/** One step on: a field's name, or @items, @keys, @indices. */
export function further({ root }: Way, path: Path, step: string): Path {
  if (path === undefined) return root ?? null
  if (path === null) return null
  if (step === '@items') return path.type === 'list' ? path.items : path.type === 'map' ? path.values : null
  if (step === '@keys') return path.type === 'map' ? path.keys : null
  if (path.type !== 'object') return null
  const json = fieldReaders(path).get(step)?.json
  return json === undefined ? null : path.fields[json]!.of
}
/** How large what is there may be. */
export const sizeAt = (path: Path): Amount | undefined => (path ? { ...exactly(declaredSize(path)), least: 0 } : undefined)
