// Numbers of a JSON patch that are not written as whole ones (1.0, 1e3). They go through the operations as they were written, so that a test compares what was written, as the
// reference's does, and so that it is known where in the result they have come to stand.
import type { Told } from '#machinery'

const sign = '\0written'
type Written = { readonly [sign]: string }
const isWritten = (value: object): value is Written => sign in value

/** The values of operations with such numbers in the form that travels; `fractions` has their paths in the patch. A number that is shown as it was written stays. */
export function travelling(value: unknown, fractions: Told['fractions'], at = ''): unknown {
  if (Array.isArray(value)) return value.map((item, i) => travelling(item, fractions, `${at}[${i}]`))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, travelling(inner, fractions, (at && at + '.') + key)]))
  const text = fractions.get(at)
  return text === undefined || text === JSON.stringify(value) ? value : { [sign]: text } satisfies Written
}

/** The result with numbers again, and those by their paths in it. */
export function arrived(value: unknown, fractions = new Map<string, string>(), at = ''): { readonly value: unknown; readonly fractions: Told['fractions'] } {
  const inner = (item: unknown, where: string): unknown => arrived(item, fractions, where).value
  if (Array.isArray(value)) return { value: value.map((item, i) => inner(item, `${at}[${i}]`)), fractions }
  if (typeof value !== 'object' || value === null) return { value, fractions }
  if (!isWritten(value))
    return { value: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inner(item, (at && at + '.') + key)])), fractions }
  fractions.set(at, value[sign])
  return { value: Number(value[sign]), fractions }
}

/** JSON of a value, with some numbers as they were written. */
export function asWritten(value: unknown, numbers: ReadonlyMap<string, string>, at = ''): string {
  if (Array.isArray(value)) return `[${value.map((item, i) => asWritten(item, numbers, `${at}[${i}]`)).join(',')}]`
  if (typeof value !== 'object' || value === null) return numbers.get(at) ?? JSON.stringify(value)
  return `{${Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${asWritten(inner, numbers, (at && at + '.') + key)}`).join(',')}}`
}
