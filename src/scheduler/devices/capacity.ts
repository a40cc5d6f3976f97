// How much of a device a request takes, where several may share it (KEP-5075).
import type { CapacityRequestPolicy, Device, DeviceCapacity } from '#kinds'
import { compareQuantities, formatQuantity, parseQuantity, type Quantity } from '#machinery'

export type Amounts = ReadonlyMap<string, bigint>
type Asked = Readonly<Record<string, string>> | undefined
const nano = (text: string): bigint => parseQuantity(text).nano

/** What a request takes of one capacity: rounded up to what the device gives, or its default, or all of it. */
export function consumed(asked: string | undefined, { value, requestPolicy: policy }: DeviceCapacity): string {
  if (asked === undefined) return policy?.default ?? value
  if (policy?.validRange) {
    const { min, step } = policy.validRange
    if (compareQuantities(asked, min) < 0) return min
    if (step === undefined) return asked
    const from = nano(min), by = nano(step)
    if (by <= 0n) return asked
    const nanos = from + ((nano(asked) - from + by - 1n) / by) * by
    return nanos === nano(asked) ? asked : formatQuantity({ nano: nanos, format: 'BinarySI' } satisfies Quantity)
  }
  return policy?.validValues?.find((one) => compareQuantities(one, asked) >= 0) ?? asked
}
function violates(amount: string, policy: CapacityRequestPolicy | undefined): boolean {
  if (!policy || amount === policy.default) return false
  if (policy.validRange) {
    const { min, max, step } = policy.validRange, by = step === undefined ? 0n : nano(step)
    return compareQuantities(amount, min) < 0 || (max !== undefined && compareQuantities(amount, max) > 0) || (by > 0n && (nano(amount) - nano(min)) % by !== 0n)
  }
  return policy.validValues !== undefined && policy.validValues.length > 0 && !policy.validValues.some((one) => compareQuantities(one, amount) === 0)
}

/** What the request takes of each capacity of the device; undefined: the device has not got it, or no longer. */
export function takeCapacity({ capacity = {} }: Device, asked: Asked, taken: readonly (Amounts | undefined)[]): Readonly<Record<string, string>> | undefined {
  if (asked && Object.keys(asked).some((name) => !(name in capacity))) return undefined
  const out: Record<string, string> = {}
  for (const [name, one] of Object.entries(capacity)) {
    const amount = consumed(asked?.[name], one)
    if (violates(amount, one.requestPolicy)) return undefined
    if (taken.reduce((sum, amounts) => sum + (amounts?.get(name) ?? 0n), nano(amount)) > nano(one.value)) return undefined
    out[name] = amount
  }
  return out
}

/** Adds (or, with -1, takes back) amounts. */
export function count(of: Map<string, Map<string, bigint>>, id: string, amounts: Readonly<Record<string, string>>, by: 1n | -1n = 1n): void {
  const there = of.get(id) ?? new Map<string, bigint>()
  for (const [name, text] of Object.entries(amounts)) there.set(name, (there.get(name) ?? 0n) + by * nano(text))
  if ([...there.values()].every((n) => n === 0n)) of.delete(id)
  else of.set(id, there)
}
