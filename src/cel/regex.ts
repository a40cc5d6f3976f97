// Regular expressions of RE2: linear in time, whatever the pattern.
import { RE2JS } from 're2js'
import { CelError } from './compile.ts'

/** Patterns that are remembered. */
const most = 256, longest = 4_096
const known = new Map<string, RE2JS>()

/** A compiled pattern. Throws CelError in the words of Go's regexp. */
export function regexOf(pattern: string): RE2JS {
  const found = known.get(pattern)
  if (found) return found
  let made: RE2JS
  try {
    made = RE2JS.compile(pattern)
  } catch (error) {
    throw new CelError(`error parsing regexp: ${error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)}`)
  }
  if (known.size >= most) known.delete(known.keys().next().value!)
  if (pattern.length <= longest) known.set(pattern, made)
  return made
}
