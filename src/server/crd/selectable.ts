// Fields by which custom resources may be selected.
import type { SelectableField } from '#kinds'
import { findByPath, parseJsonPath, type JsonPath, type LooseObject } from '#machinery'

/** What field selectors may name in a version, and how each is read. */
export function selectableOf(fields: readonly SelectableField[] | undefined): Readonly<Record<string, (object: LooseObject) => string>> {
  return Object.fromEntries((fields ?? []).map(({ jsonPath }) => {
    let path: JsonPath | undefined
    return [jsonPath.replace(/^\./, ''), (object: LooseObject) => {
      const value = findByPath(path ??= parseJsonPath(jsonPath), object)[0]
      return value === undefined || value === null ? '' : String(value)
    }]
  }))
}
