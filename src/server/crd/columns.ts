// The columns of custom resources: a name, what the definition says, and an age where it says nothing.
import { findByPath, parseJsonPath, shortAge, type Column, type JsonPath, type LooseObject } from '#machinery'
import type { CustomResourceColumnDefinition } from '#kinds'

const name: Column<LooseObject> = { name: 'Name', format: 'name', value: (o) => o.metadata.name }
const defaultColumns: readonly CustomResourceColumnDefinition[] = [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }]

/** The columns of a version. */
export function columnsOf(defined: readonly CustomResourceColumnDefinition[] | undefined): readonly Column<LooseObject>[] {
  const own = defined?.length ? defined : defaultColumns
  return [name, ...own.map((column) => columnOf(column, own !== defaultColumns))]
}

function columnOf({ name: title, type, format, description, jsonPath, priority }: CustomResourceColumnDefinition, described: boolean): Column<LooseObject> {
  let path: JsonPath | undefined
  return {
    name: title, type: type as NonNullable<Column<LooseObject>['type']>, ...(format && { format }), ...(priority && { priority: priority as 1 }),
    ...(described && { description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}` }),
    value: (object, now) => {
      path ??= parseJsonPath(jsonPath)
      const found = findByPath(path, object)
      return found.length === 0 ? null : type === 'string' ? asText(found[0]) : cell(type, found[0], now)
    },
  }
}

/** As Go prints a value: objects and lists as JSON. */
const asText = (value: unknown): string => (value === null ? '<no value>' : typeof value === 'object' ? JSON.stringify(value, sortedKeys) : String(value))
const sortedKeys = (_: string, value: unknown): unknown => (typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value)

/** Values of another type than the column's are left out. */
function cell(type: string, value: unknown, now: number): string | number | bigint | boolean | null {
  if (type === 'integer') return typeof value === 'number' ? Math.trunc(value) : typeof value === 'bigint' ? value : null
  if (type === 'number') return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : null
  if (type === 'boolean') return typeof value === 'boolean' ? value : null
  if (type !== 'date' || typeof value !== 'string') return null
  if (value === '' || value === 'null') return '<unknown>'
  const time = Date.parse(value)
  return rfc3339.test(value) && !Number.isNaN(time) ? shortAge(now - time) : '<invalid>'
}
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/
