// find and findAll.
import { CelError } from '../compile.ts'
import type { Library } from '../functions.ts'
import { regexOf } from '../regex.ts'
import { ListValue } from '../values.ts'

function compiled(pattern: string): ReturnType<typeof regexOf> {
  try { return regexOf(pattern) } catch (error) { throw new CelError(`Illegal regex: ${error instanceof Error ? error.message : String(error)}`) }
}
function findAll(text: string, pattern: string, limit = -1n): ListValue {
  const matcher = compiled(pattern).matcher(text), found: string[] = []
  while ((limit < 0n || BigInt(found.length) < limit) && matcher.find()) found.push(matcher.group() ?? '')
  return new ListValue(found)
}

export const regularExpressions: Library = {
  'string.find(string): string = string_find_string': (text: string, pattern: string) => { const matcher = compiled(pattern).matcher(text); return matcher.find() ? matcher.group() ?? '' : '' },
  'string.findAll(string): list(string) = string_find_all_string': (text: string, pattern: string) => findAll(text, pattern),
  'string.findAll(string, int): list(string) = string_find_all_string_int': findAll,
}
