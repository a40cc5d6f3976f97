// Versions of programs, and which of two is older.
const semantic = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/
export interface SemanticVersion { readonly numbers: readonly number[]; readonly before?: readonly string[] }
/** semver.org 2.0; undefined: it is none. */
export function semanticVersion(text: string): SemanticVersion | undefined {
  const match = semantic.exec(text)
  return match ? { numbers: match.slice(1, 4).map(Number), ...(match[4] !== undefined && { before: match[4].split('.') }) } : undefined
}
export const zero: SemanticVersion = { numbers: [0, 0, 0] }
/** Less than 0 where a comes before b. What is only about to become a version comes before it; in its parts numbers come before words. */
export function compareVersions(a: SemanticVersion, b: SemanticVersion): number {
  for (let i = 0; i < 3; i++) if (a.numbers[i] !== b.numbers[i]) return a.numbers[i]! - b.numbers[i]!
  if (!a.before || !b.before) return (a.before ? -1 : 0) - (b.before ? -1 : 0)
  for (let i = 0; i < Math.max(a.before.length, b.before.length); i++) {
    const x = a.before[i], y = b.before[i]
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1
    if (x === y) continue
    const [m, n] = [/^\d+$/.test(x), /^\d+$/.test(y)]
    return m && n ? Number(x) - Number(y) : m !== n ? (m ? -1 : 1) : x < y ? -1 : 1
  }
  return 0
}
