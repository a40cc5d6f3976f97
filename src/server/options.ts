// The options that ride on a write: dryRun, fieldManager, fieldValidation in the query; DeleteOptions in body or query.
import { decode, deleteOptions as deleteOptionsSchema, DecodeError, badRequest, forbiddenValue, invalid, invalidValue, notSupported, requiredValue, tooLong, type DeleteOptions, type FieldError } from '#machinery'
import { integer, isTrue, type Query } from './request.ts'

export interface WriteOptions {
  readonly dryRun: boolean
  /** '' when none was given. */
  readonly fieldManager: string
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict'
  /** Server-side apply: take over what others own. */
  readonly force: boolean | undefined
}
export const ordinaryWrite: WriteOptions = { dryRun: false, fieldManager: '', fieldValidation: 'Warn', force: undefined }

const metaGroup = 'meta.k8s.io'
const managerLimit = 128

/** Throws Invalid, about `kind` (CreateOptions, UpdateOptions, PatchOptions). */
export function writeOptions(query: Query, kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions', apply = false): WriteOptions {
  if (query.text === '' && !apply) return ordinaryWrite
  const dryRun = query.all('dryRun').filter((v) => v !== '')
  const fieldManager = query.get('fieldManager') ?? ''
  const fieldValidation = query.get('fieldValidation') ?? ''
  const forceText = query.get('force')
  const force = forceText === undefined ? undefined : isTrue(forceText)
  const errors: FieldError[] = []
  if (kind === 'PatchOptions') {
    if (apply && fieldManager === '') errors.push(requiredValue('fieldManager', 'is required for apply patch'))
    else if (!apply && force !== undefined) errors.push(forbiddenValue('force', 'may not be specified for non-apply patch'))
  }
  errors.push(...managerErrors(fieldManager), ...dryRunErrors(dryRun))
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(fieldValidation)) errors.push(notSupported('fieldValidation', fieldValidation, ['Ignore', 'Warn', 'Strict']))
  if (errors.length > 0) throw invalid({ group: metaGroup, kind }, '', errors)
  return { dryRun: dryRun.length > 0, fieldManager, fieldValidation: (fieldValidation || 'Warn') as WriteOptions['fieldValidation'], force }
}

function managerErrors(manager: string): FieldError[] {
  const errors: FieldError[] = []
  if (manager.length <= managerLimit && /^[ -~]*$/.test(manager)) return errors
  if (manager.length > managerLimit) errors.push(tooLong('fieldManager', managerLimit))
  for (const [i, character] of [...manager].entries())
    if (!isPrintable(character)) errors.push(invalidValue('fieldManager', manager, `should only contain printable characters (found a non-printable character at position ${i})`))
  return errors
}
const isPrintable = (character: string): boolean => /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)

const dryRunErrors = (values: readonly string[]): FieldError[] =>
  values.length > 0 && !values.every((v) => v === 'All') ? [notSupported('dryRun', values, ['All'])] : []

/** DeleteOptions from the body, or where there is none from the query. Throws BadRequest or Invalid. */
export function deleteOptions(query: Query, body: unknown): DeleteOptions {
  const options = body !== undefined ? fromBody(body) : fromQuery(query)
  const errors: FieldError[] = []
  const { orphanDependents, propagationPolicy } = options
  if (orphanDependents !== undefined && propagationPolicy !== undefined)
    errors.push(invalidValue('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'))
  if (propagationPolicy !== undefined && !['Foreground', 'Background', 'Orphan'].includes(propagationPolicy))
    errors.push(notSupported('propagationPolicy', propagationPolicy, ['Foreground', 'Background', 'Orphan', 'nil']))
  errors.push(...dryRunErrors(options.dryRun ?? []))
  if (errors.length > 0) throw invalid({ group: metaGroup, kind: 'DeleteOptions' }, '', errors)
  return options
}

function fromBody(body: unknown): DeleteOptions {
  try {
    return decode(deleteOptionsSchema, body)
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(error.message)
    throw error
  }
}

function fromQuery(query: Query): DeleteOptions {
  if (query.text === '') return {}
  const gracePeriodSeconds = integer(query, 'gracePeriodSeconds')
  const orphan = query.get('orphanDependents')
  const propagationPolicy = query.get('propagationPolicy')
  const dryRun = query.all('dryRun').filter((v) => v !== '')
  const uid = query.get('uid')
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(orphan !== undefined && orphan !== '' && { orphanDependents: isTrue(orphan) }),
    ...(propagationPolicy !== undefined && propagationPolicy !== '' && { propagationPolicy }),
    ...(dryRun.length > 0 && { dryRun }),
    ...(uid !== undefined && uid !== '' && { preconditions: { uid } }),
  }
}
