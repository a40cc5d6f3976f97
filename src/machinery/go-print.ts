// JSON values as Go's %v prints them: `map[a:1 b:[x y]]`. Some of the reference's errors show values so.

export function goPrint(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value === 'number') return goNumber(value)
  if (typeof value !== 'object') return String(value) // a bigint prints its digits
  if (Array.isArray(value)) return `[${value.map(goPrint).join(' ')}]`
  const object = value as Record<string, unknown>
  return `map[${Object.keys(object).sort().map((key) => `${key}:${goPrint(object[key])}`).join(' ')}]`
}
/** Whole numbers are int64 there; others print as %v of a float64: the shortest form, exponents of two digits. */
function goNumber(n: number): string {
  if (Number.isInteger(n) && Math.abs(n) < 2 ** 63) return BigInt(n).toString()
  if (Math.abs(n) >= 1e-4 && Math.abs(n) < 1e21) return String(n)
  return n.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}
