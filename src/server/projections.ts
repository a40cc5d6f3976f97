// The forms an object can be asked for in instead of itself: a row of a table, its metadata alone.
import { columnDescription } from '#kinds'
import { badRequest, quote, type AnyObject, type Column, type LooseObject } from '#machinery'
import type { Query } from './request.ts'
import type { Served } from './served.ts'

export interface PartialObject { readonly kind: 'PartialObjectMetadata'; readonly apiVersion: string; readonly metadata: object }
export const partialObject = (object: AnyObject, version: string): PartialObject =>
  ({ kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata })

export interface Table {
  readonly kind: 'Table'
  readonly apiVersion: string
  readonly metadata: object
  /** null in all but the first event of a watch. */
  readonly columnDefinitions: readonly object[] | null
  readonly rows: readonly object[]
}

export type IncludedObject = 'None' | 'Metadata' | 'Object'
/** What rows carry beside their cells. Throws BadRequest. */
export function includedObject(query: Query): IncludedObject {
  const asked = query.get('includeObject') ?? ''
  if (asked === '' || asked === 'Metadata') return 'Metadata'
  if (asked === 'None' || asked === 'Object') return asked
  throw badRequest(`unrecognized includeObject value: ${quote(asked)}`)
}

export interface TableOptions { readonly version: string; readonly include: IncludedObject; readonly now: number; readonly withColumns?: boolean }

/** `objects` are of the stored version. */
export function table(served: Pick<Served, 'columns'> & { readonly kind?: Served['kind'] }, objects: readonly LooseObject[], metadata: object, { version, include, now, withColumns = true }: TableOptions): Table {
  const { columns, kind } = served, rows = kind?.rowOrder ? [...objects].sort(kind.rowOrder) : objects
  return {
    kind: 'Table', apiVersion: `meta.k8s.io/${version}`, metadata,
    columnDefinitions: withColumns ? definitions(served) : null,
    rows: rows.map((object) => ({ cells: columns.map((c) => cell(c, object, now)), ...conditionsOf(served, object), ...(include !== 'None' && { object: include === 'Object' ? object : partialObject(object, version) }) })),
  }
}

const conditionsOf = ({ kind }: { readonly kind?: Served['kind'] }, object: LooseObject): object => {
  const conditions = kind?.rowConditions?.(object)
  return conditions?.length ? { conditions } : {}
}
const cell = (column: Column<any>, object: LooseObject, now: number) => column.value(object, now) ?? null

const known = new WeakMap<readonly Column<any>[], readonly object[]>()
function definitions({ columns, kind }: Pick<Served, 'columns'> & { readonly kind?: Served['kind'] }): readonly object[] {
  let made = known.get(columns)
  if (!made) {
    made = columns.filter((c) => !isUndeclared(c)).map(({ name, type = 'string', format = '', description = kind ? columnDescription(kind, name) : '', priority = 0 }) => ({ name, type, format, description, priority }))
    known.set(columns, made)
  }
  return made
}
/** IPAddress prints a cell that no column names. */
const isUndeclared = (column: Column<any> & { readonly undeclared?: true }): boolean => column.undeclared === true
