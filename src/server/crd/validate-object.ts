// What is wrong with a custom resource, in the reference's order: its type, its metadata, its fields by the schema, what scaling needs,
// embedded resources, lists that are sets and maps. A part that an update leaves as it was may stay wrong.
import { compileRules, evaluateRules, hasRules, validateEmbedded, validateLists, validateValue, type CustomResourceSubresourceScale, type Structural } from '#kinds'
import { getPath, goPrint, invalidValue, type FieldError, type LooseObject } from '#machinery'
import type { ExpressionMetrics } from '../metrics/expressions.ts'

export interface Validated {
  readonly kindName: string
  readonly apiVersion: string
  readonly schema: () => Structural
  readonly scale?: CustomResourceSubresourceScale | undefined
  /** Times the schema's rules. */
  readonly expressions: ExpressionMetrics
}

/** The validation of one version: `meta` is what is wrong with the object's metadata. */
export const validateCustom = ({ kindName, apiVersion, schema, scale, expressions }: Validated) => {
  let isCompiled = false
  return (object: LooseObject, old: LooseObject | undefined, subresource: string, meta: readonly FieldError[], warn: (text: string) => void): FieldError[] => {
    const type = typeErrors(object, kindName, apiVersion), root = schema()
    const onlyStatus = subresource === 'status'
    const own = type.length > 0 ? type : [...meta, ...(onlyStatus ? statusFieldErrors(root, object, old) : validateValue(root, object, '', old && { old })),
      ...(scale && !onlyStatus ? numberErrors(object, scale.specReplicasPath) : []), ...(scale ? statusErrors(object, scale) : [])]
    const errors = [...own, ...(onlyStatus ? [] : validateEmbedded(root, object)), ...listErrors(root, object, old)]
    if (!hasRules(root)) return errors
    if (errors.some(({ type: t }) => blocking.includes(t))) return [...errors, notChecked]
    if (!isCompiled) { expressions.compiling(() => { compileRules(root) }); isCompiled = true }
    const ruled = expressions.evaluating(() => evaluateRules(root, object, old, { ratchet: old !== undefined }))
    for (const warning of ruled.warnings) warn(warning)
    return [...errors, ...ruled.errors]
  }
}

/** Rules are for values of the right form: where there are others, they are not asked. */
const blocking: readonly FieldError['type'][] = ['FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid']
const notChecked = invalidValue('<nil>', null, 'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation')

/** On /status nothing else can change, so nothing else is looked at; texts speak of what is in it. */
function statusFieldErrors({ properties }: Structural, object: LooseObject, old: LooseObject | undefined): FieldError[] {
  const schema = properties?.['status']
  return schema && 'status' in object ? validateValue(schema, object.status, 'status', old && 'status' in old ? { old: old.status } : undefined) : []
}
/** Lists that held something twice before may go on to. */
const listErrors = (schema: Structural, object: LooseObject, old: LooseObject | undefined): FieldError[] =>
  (old && validateLists(schema, old).length > 0 ? [] : validateLists(schema, object))

/** The object must be of the resource's own type: nothing else counts when it is not. */
export function typeErrors(object: LooseObject, kindName: string, apiVersion: string): FieldError[] {
  return [
    ...(object.kind === kindName ? [] : [invalidValue('kind', object.kind, `must be ${kindName}`)]),
    ...(object.apiVersion === apiVersion ? [] : [invalidValue('apiVersion', object.apiVersion, `must be ${apiVersion}`)]),
  ]
}

const mostReplicas = 2 ** 31 - 1
function statusErrors(object: LooseObject, { statusReplicasPath, labelSelectorPath }: CustomResourceSubresourceScale): FieldError[] {
  const errors = numberErrors(object, statusReplicasPath)
  if (!labelSelectorPath) return errors
  const selector = getPath(object, labelSelectorPath)
  return selector === undefined || typeof selector === 'string' ? errors : [...errors, invalidValue(labelSelectorPath, '', accessorError(labelSelectorPath, selector, 'string'))]
}
function numberErrors(object: LooseObject, path: string): FieldError[] {
  const value = getPath(object, path)
  if (value === undefined) return []
  if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isInteger(value))) return [invalidValue(path, 0, accessorError(path, value, 'int64'))]
  if (value < 0) return [invalidValue(path, value, 'should be a non-negative integer')]
  return value > mostReplicas ? [invalidValue(path, value, `should be less than or equal to ${mostReplicas}`)] : []
}
const accessorError = (path: string, value: unknown, expected: string): string => `${path} accessor error: ${goPrintValue(value)} is of the type ${goTypeOf(value)}, expected ${expected}`
const goTypeOf = (value: unknown): string => (value === null ? '<nil>' : Array.isArray(value) ? '[]interface {}' : typeof value === 'object' ? 'map[string]interface {}'
  : typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : typeof value === 'bigint' || Number.isInteger(value) ? 'int64' : 'float64')
const goPrintValue = (value: unknown): string => (value === null ? '<nil>' : typeof value === 'object' ? goPrint(value) : String(value))
