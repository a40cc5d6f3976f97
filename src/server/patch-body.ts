// The body of a PATCH that is not an apply: read at once, refused (once its object is found) as the reference refuses each sort, and what is wrong with it though it can be read.
import { ApiError, badRequest, duplicateFields, JsonError, parseJsonStrict, quote, reportDuplicates, type Key, type Told } from '#machinery'
import type { Call } from './core.ts'
import type { PatchForm } from './media.ts'
import type { WriteOptions } from './options.ts'
import { travelling } from './written-numbers.ts'

export interface PatchBody {
  readonly form: Exclude<PatchForm, 'apply'>
  readonly value: unknown
  /** Keys given twice and, in the operations of a JSON patch, fields that nobody knows; in the reference's words. */
  readonly problems: readonly string[]
  /** Numbers that are not written as whole ones: where those of a merge patch are in the result; that a JSON patch has any, which then travel in its values. */
  readonly fractions?: Told['fractions']
  /** Why it is no patch at all. */
  readonly refusal?: ApiError
}

/** The patch of a request; nothing is thrown, because objects that are not there come first. */
export function readPatch({ request: { body }, context: { audit } }: Call, form: PatchBody['form'], { fieldValidation }: Pick<WriteOptions, 'fieldValidation'>): PatchBody {
  const looks = fieldValidation !== 'Ignore'
  try {
    const { value, keys, fractions }: Partial<Told> & Pick<Told, 'keys'> =
      body !== undefined && 'object' in body ? { value: body.object, keys: [] } : parseJsonStrict(new TextDecoder().decode(body))
    audit?.requestPatch(value)
    checkShape(form, value, looks)
    const odd = form !== 'strategic' && fractions?.size ? { fractions } : {}
    return { form, value: form === 'strategic' ? value ?? {} : form === 'json' && odd.fractions ? travelling(value, odd.fractions) : value, ...odd, problems: !looks ? []
      : form === 'json' ? operationProblems(value as Operations, keys) : duplicateFields(keys) }
  } catch (error) {
    if (error instanceof JsonError) return { form, value: undefined, problems: [], refusal: unreadable(form, error.message, looks) }
    if (error instanceof ApiError) return { form, value: undefined, problems: [], refusal: error }
    throw error
  }
}

type Operations = readonly (Readonly<Record<string, unknown>> | null)[] | null
const textFields = ['op', 'path', 'from'], operationFields = new Set([...textFields, 'value'])

function operationProblems(operations: Operations, keys: readonly Key[]): string[] {
  const problems = (operations ?? []).flatMap((operation, i) => Object.keys(operation ?? {}).filter((key) => !operationFields.has(key)).map((key) => `unknown field ${quote(`[${i}].${key}`)}`))
  if (keys.length > 0) reportDuplicates(keys, problems)
  return problems.map((text) => `json patch ${text}`)
}

const badPatch = 'Invalid JSON Patch'
/** Who looks for problems reads the patch twice, and says so when the first time fails. */
function unreadable(form: PatchBody['form'], why: string, looks: boolean): ApiError {
  if (form === 'strategic') return badRequest(why)
  if (looks) return badRequest(`error decoding patch: ${why}`)
  return badRequest(form === 'merge' ? badPatch : why)
}

/** Throws BadRequest where the value is JSON, but no patch. */
function checkShape(form: PatchBody['form'], value: unknown, looks: boolean): void {
  const wrong = (type: string, given = value) => unreadable(form, `json: cannot unmarshal ${goTypeOf(given)} into Go ${type}`, looks)
  const isObject = typeof value === 'object' && !Array.isArray(value)
  if (form === 'merge' && value === null) throw badRequest(badPatch)
  if (form !== 'json' && !isObject && (form === 'strategic' || looks || !Array.isArray(value))) throw wrong('value of type map[string]interface {}')
  if (form !== 'json' || value === null || !looks) return
  if (!Array.isArray(value)) throw wrong('value of type []handlers.jsonPatchOp')
  for (const operation of value as unknown[]) {
    if (operation === null) continue
    if (typeof operation !== 'object' || Array.isArray(operation)) throw wrong('value of type handlers.jsonPatchOp', operation)
    for (const [key, inner] of Object.entries(operation)) if (textFields.includes(key) && inner !== null && typeof inner !== 'string') throw wrong(`struct field jsonPatchOp.${key} of type string`, inner)
  }
}
const goTypeOf = (value: unknown): string => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'number' : typeof value)
