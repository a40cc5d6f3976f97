// jsonpatch.escapeKey: keys as they stand in the paths of JSON patches.
import type { Library } from '../functions.ts'

export const jsonPatch: Library = {
  'jsonpatch.escapeKey(string): string = string_jsonpatch_escapeKey_string': (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1'),
}
