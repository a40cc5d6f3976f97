// Lists and maps of limited size: when there is too much in them, nothing in them is looked at.
import { duplicateValue, tooMany, type FieldError } from '#machinery'

export function validateList<T>(list: readonly T[] | undefined, most: number, at: string, check: (item: T, at: string) => FieldError[]): FieldError[] {
  const items = list ?? []
  return items.length > most ? [tooMany(at, items.length, most)] : items.flatMap((item, i) => check(item, `${at}[${i}]`))
}
/** Every item for itself, then those whose key was there before. */
export function validateSet<T>(list: readonly T[] | undefined, most: number, at: string, check: (item: T, at: string) => FieldError[], key: (item: T) => unknown,
  again: (at: string, key: unknown) => FieldError = duplicateValue): FieldError[] {
  const items = list ?? []
  if (items.length > most) return [tooMany(at, items.length, most)]
  const seen = new Set<unknown>()
  return [...items.flatMap((item, i) => check(item, `${at}[${i}]`)), ...items.flatMap((item, i) => {
    const name = key(item)
    if (seen.has(name)) return [again(`${at}[${i}]`, name)]
    seen.add(name)
    return []
  })]
}
/** By key. What is wrong with a key is said of the map, what is wrong with a value is said with its key, shortened in the middle. */
export function validateMap<T>(map: Readonly<Record<string, T>> | undefined, most: number, longestKey: number, at: string, checkKey: (key: string, at: string) => FieldError[],
  check: (value: T, at: string) => FieldError[] = () => []): FieldError[] {
  const keys = Object.keys(map ?? {}).sort()
  if (keys.length > most) return [tooMany(at, keys.length, most)]
  return keys.flatMap((key) => [...checkKey(key, at), ...check(map![key]!, `${at}[${shortened(key, longestKey)}]`)])
}
const ellipsis = '...'
function shortened(key: string, most: number): string {
  if (key.length <= most) return key
  const rest = most - ellipsis.length
  return key.slice(0, Math.ceil(rest / 2)) + ellipsis + key.slice(key.length - Math.floor(rest / 2))
}
