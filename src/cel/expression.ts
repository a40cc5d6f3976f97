// An expression as a tree. `at` is where it stands in the source, in UTF-16 units; messages point there.
import type { Value } from './values.ts'

export type Expr = Literal | Ident | Select | Call | ListExpr | MapExpr | StructExpr | Comprehension
export interface Literal { readonly kind: 'literal'; readonly at: number; readonly value: Value }
export interface Ident { readonly kind: 'ident'; readonly at: number; readonly name: string }
export interface Select { readonly kind: 'select'; readonly at: number; readonly operand: Expr; readonly field: string; /** has(a.b): whether the field is there. */ readonly test: boolean }
export interface Call { readonly kind: 'call'; readonly at: number; readonly name: string; readonly target?: Expr; readonly args: readonly Expr[] }
export interface ListExpr { readonly kind: 'list'; readonly at: number; readonly items: readonly Expr[]; readonly optional: ReadonlySet<number> }
export interface Entry { readonly at: number; readonly key: Expr; readonly value: Expr; readonly optional: boolean }
export interface MapExpr { readonly kind: 'map'; readonly at: number; readonly entries: readonly Entry[] }
export interface FieldInit { readonly at: number; readonly name: string; readonly value: Expr; readonly optional: boolean }
export interface StructExpr { readonly kind: 'struct'; readonly at: number; readonly name: string; readonly fields: readonly FieldInit[] }
/** A loop over a list or map that a macro stands for. */
export interface Comprehension {
  readonly kind: 'comprehension'; readonly at: number
  readonly range: Expr; readonly iterVar: string; readonly iterVar2?: string
  readonly accuVar: string; readonly accuInit: Expr; readonly condition: Expr; readonly step: Expr; readonly result: Expr
}

/** The name that comprehensions gather their result under. */
export const accumulator = '__result__'

/** a.b.c as one name, if the expression is only that. */
export function qualifiedName(e: Expr): string | undefined {
  if (e.kind === 'ident') return e.name
  if (e.kind !== 'select' || e.test) return undefined
  const before = qualifiedName(e.operand)
  return before === undefined ? undefined : `${before}.${e.field}`
}

/** Whether a comprehension only binds a name (optMap and the like): its range is [] and its condition false. */
export const isBinding = (e: Comprehension): boolean =>
  e.range.kind === 'list' && e.range.items.length === 0 && e.condition.kind === 'literal' && e.condition.value === false && e.accuVar !== accumulator
