/** Why an object is as it is, for a person. */
export interface Explanation {
  /** "pod/web in namespace default". */
  readonly subject: string
  /** One sentence: how it is. */
  readonly state: string
  readonly reasons: readonly Reason[]
}
export interface Reason {
  readonly what: string
  /** What it is drawn from: one line each. */
  readonly details?: readonly string[]
  /** What would change it. */
  readonly remedy?: string
}

/** At most so many names are spelt out. */
const mostNames = 5
/** "a, b and 3 more". */
export function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, mostNames), more = names.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}
/** "1 pod", "3 pods". */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`
