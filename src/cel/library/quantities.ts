// Amounts of CPU, memory and the like.
import { formatQuantity, parseQuantity, type Quantity } from '#machinery'
import { CelError } from '../compile.ts'
import type { Library } from '../functions.ts'
import { leastInt, mostInt } from '../literals.ts'
import type { OpaqueValue } from '../values.ts'

const billion = 1_000_000_000n
class QuantityValue implements OpaqueValue {
  readonly celType = 'kubernetes.Quantity'
  readonly quantity: Quantity
  constructor(quantity: Quantity) { this.quantity = quantity }
  equals(other: OpaqueValue): boolean { return other instanceof QuantityValue && other.quantity.nano === this.quantity.nano }
  json(): string { return formatQuantity(this.quantity) }
}
const fail = (message: string): never => { throw new CelError(message) }
function parse(text: string): QuantityValue {
  try { return new QuantityValue(parseQuantity(text)) } catch (error) { return fail(error instanceof Error ? error.message : String(error)) }
}
function isQuantity(text: string): boolean { try { parseQuantity(text); return true } catch { return false } }
const whole = ({ quantity: { nano } }: QuantityValue): bigint | undefined => (nano % billion === 0n && nano / billion <= mostInt && nano / billion >= leastInt ? nano / billion : undefined)
const order = (a: QuantityValue, b: QuantityValue): bigint => (a.quantity.nano < b.quantity.nano ? -1n : a.quantity.nano > b.quantity.nano ? 1n : 0n)
const plus = (a: QuantityValue, nano: bigint): QuantityValue => new QuantityValue({ nano: a.quantity.nano + nano, format: a.quantity.format })

export const quantities: Library = {
  'quantity(string): kubernetes.Quantity = string_to_quantity': parse,
  'isQuantity(string): bool = is_quantity_string': isQuantity,
  'kubernetes.Quantity.sign(): int = quantity_sign': ({ quantity: { nano } }: QuantityValue) => (nano > 0n ? 1n : nano < 0n ? -1n : 0n),
  'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool = quantity_is_greater_than': (a: QuantityValue, b: QuantityValue) => order(a, b) > 0n,
  'kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool = quantity_is_less_than': (a: QuantityValue, b: QuantityValue) => order(a, b) < 0n,
  'kubernetes.Quantity.compareTo(kubernetes.Quantity): int = quantity_compare_to': order,
  'kubernetes.Quantity.asApproximateFloat(): double = quantity_get_float': ({ quantity: { nano } }: QuantityValue) => Number(nano) / 1e9,
  'kubernetes.Quantity.asInteger(): int = quantity_get_int': (a: QuantityValue) => whole(a) ?? fail('cannot convert value to integer'),
  'kubernetes.Quantity.isInteger(): bool = quantity_is_integer': (a: QuantityValue) => whole(a) !== undefined,
  'kubernetes.Quantity.add(kubernetes.Quantity): kubernetes.Quantity = quantity_add': (a: QuantityValue, b: QuantityValue) => plus(a, b.quantity.nano),
  'kubernetes.Quantity.add(int): kubernetes.Quantity = quantity_add_int': (a: QuantityValue, b: bigint) => plus(a, b * billion),
  'kubernetes.Quantity.sub(kubernetes.Quantity): kubernetes.Quantity = quantity_sub': (a: QuantityValue, b: QuantityValue) => plus(a, -b.quantity.nano),
  'kubernetes.Quantity.sub(int): kubernetes.Quantity = quantity_sub_int': (a: QuantityValue, b: bigint) => plus(a, -b * billion),
}
