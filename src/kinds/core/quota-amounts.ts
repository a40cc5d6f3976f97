// Arithmetic on lists of amounts, as quotas do it.
import { addQuantities, compareQuantities, formatQuantity, subtractQuantities } from '#machinery'
import type { ResourceList } from './resources.ts'

/** The sum, name by name. */
export function sumOf(a: ResourceList, b: ResourceList): ResourceList {
  const out = { ...a }
  for (const [name, amount] of Object.entries(b)) out[name] = formatQuantity(addQuantities(out[name], amount))
  return out
}
/** What `a` has more than `b`; nothing is below zero. */
export const moreThan = (a: ResourceList, b: ResourceList): ResourceList => Object.fromEntries(Object.entries(a).map(([name, amount]) => {
  const rest = b[name] === undefined ? amount : formatQuantity(subtractQuantities(amount, b[name]))
  return [name, compareQuantities(rest, '0') > 0 ? rest : '0']
}))
/** The names that `wanted` lets through. */
export const only = (list: ResourceList, wanted: (name: string) => boolean): ResourceList => Object.fromEntries(Object.entries(list).filter(([name]) => wanted(name)))
export const withoutZeros = (list: ResourceList): ResourceList => Object.fromEntries(Object.entries(list).filter(([, amount]) => compareQuantities(amount, '0') !== 0))
export const sameAmounts = (a: ResourceList, b: ResourceList): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, amount]) => b[name] !== undefined && compareQuantities(amount, b[name]) === 0)
/** "cpu=1,pods=2". */
export const printAmounts = (list: ResourceList): string => Object.keys(list).sort().map((name) => `${name}=${list[name]}`).join(',')
