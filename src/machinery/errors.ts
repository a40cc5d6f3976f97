// Every failure a client can see is one Status object. This file is the only place that builds them, and the server has one place that sends them.
import { goJson, quote } from './go-quote.ts'
import type { Kind } from './kind.ts'

export interface Status {
  kind: 'Status'; apiVersion: 'v1'; metadata: Record<string, never> | object; status: 'Failure' | 'Success'
  message?: string; reason?: Reason | ''; code: number
  details?: StatusDetails
}
export interface StatusDetails { name?: string; group?: string; kind?: string; uid?: string; causes?: Cause[]; retryAfterSeconds?: number }
export interface Cause { reason?: string; message?: string; field?: string }

const codes = {
  BadRequest: 400, Unauthorized: 401, Forbidden: 403, NotFound: 404, MethodNotAllowed: 405, NotAcceptable: 406,
  AlreadyExists: 409, Conflict: 409, Gone: 410, Expired: 410, RequestEntityTooLarge: 413, UnsupportedMediaType: 415, Invalid: 422,
  TooManyRequests: 429, InternalError: 500, ServerTimeout: 500, ServiceUnavailable: 503, Timeout: 504,
} as const
export type Reason = keyof typeof codes
/** What a code alone says: nothing, where several reasons have it. */
export function reasonOf(code: number): Reason | '' {
  const [reason = '', ...others] = (Object.keys(codes) as Reason[]).filter((each) => codes[each] === code)
  return others.length > 0 ? '' : reason
}

export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: Status
  constructor(reason: Reason | '', message: string, details?: StatusDetails, options?: ErrorOptions & { code?: number }) {
    super(message, options)
    this.status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, ...(reason && { reason }), ...(details && { details }),
      code: options?.code ?? (reason ? codes[reason] : 500) }
  }
  /** Rebuilds the error from a Status that came over the wire. */
  static from(status: Status): ApiError {
    const error = new ApiError(status.reason ?? '', status.message ?? 'unknown', status.details, { code: status.code })
    return error
  }
}
export const is = (error: unknown, reason: Reason): error is ApiError => error instanceof ApiError && error.status.reason === reason

/** A resource as errors name it: "deployments.apps". */
export interface ResourceName { readonly group: string; readonly resource: string }
export const qualified = (r: ResourceName): string => (r.group ? `${r.resource}.${r.group}` : r.resource)
const about = (r: ResourceName, name: string): StatusDetails => ({ name, ...(r.group && { group: r.group }), kind: r.resource })

export const badRequest = (message: string) => new ApiError('BadRequest', message)
export const unauthorized = () => new ApiError('Unauthorized', 'Unauthorized')
export const forbidden = (r: ResourceName, name: string, why: string) =>
  new ApiError('Forbidden', `${qualified(r)}${name ? ` "${name}"` : ''} is forbidden: ${why}`, { ...(name && { name }), ...(r.group && { group: r.group }), kind: r.resource })
export const notFound = (r: ResourceName, name: string) => new ApiError('NotFound', `${qualified(r)} "${name}" not found`, about(r, name))
/** The path or resource type is unknown. */
export const noSuchPath = () => new ApiError('NotFound', 'the server could not find the requested resource', {})
export const methodNotAllowed = (r: ResourceName, verb: string) =>
  new ApiError('MethodNotAllowed', `${verb} is not supported on resources of kind "${qualified(r)}"`, { ...(r.group && { group: r.group }), kind: r.resource })
export const notAcceptable = (types: readonly string[]) =>
  new ApiError('NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`)
export const unsupportedMediaType = (types: readonly string[]) =>
  new ApiError('UnsupportedMediaType', `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`)
export const alreadyExists = (r: ResourceName, name: string) => new ApiError('AlreadyExists', `${qualified(r)} "${name}" already exists`, about(r, name))
export const conflict = (r: ResourceName, name: string, why: string) =>
  new ApiError('Conflict', `Operation cannot be fulfilled on ${qualified(r)} "${name}": ${why}`, about(r, name))
export const modified = (r: ResourceName, name: string) =>
  conflict(r, name, 'the object has been modified; please apply your changes to the latest version and try again')
export const expired = (message = 'The provided continue parameter is too old to display a consistent list result.') => new ApiError('Expired', message)
export const internalError = (message: string, cause?: unknown) =>
  new ApiError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }, { cause })
export const timeout = (message: string, retryAfterSeconds = 0) => new ApiError('Timeout', message, { retryAfterSeconds })
export const tooManyRequests = (message: string, retryAfterSeconds: number, details: StatusDetails = {}) =>
  new ApiError('TooManyRequests', message, { ...details, ...(retryAfterSeconds > 0 && { retryAfterSeconds }) })
export const unavailable = (message: string) => new ApiError('ServiceUnavailable', message)
export const tooLarge = (message: string) => new ApiError('RequestEntityTooLarge', message)

/** 422 with one cause per error, worded as apimachinery's aggregate. */
export const invalid = (kind: Pick<Kind, 'group' | 'kind'>, name: string, errors: readonly FieldError[]) => {
  const lines = [...new Set(errors.map((e) => `${e.field}: ${e.message}`))]
  const body = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`
  return new ApiError('Invalid', `${kind.kind}${kind.group && '.' + kind.group} "${name}" is invalid: ${body}`,
    { ...(name && { name }), ...(kind.group && { group: kind.group }), ...(kind.kind && { kind: kind.kind }), causes: errors.map((e) => ({ reason: e.type, message: e.message, field: e.field })) })
}

export type FieldErrorType = 'FieldValueRequired' | 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueDuplicate' | 'FieldValueNotSupported'
  | 'FieldValueNotFound' | 'FieldValueTooLong' | 'FieldValueTooMany' | 'FieldValueTypeInvalid' | 'InternalError'
export interface FieldError { readonly type: FieldErrorType; readonly field: string; readonly message: string }

/** Strings are quoted; everything else is JSON with the characters of HTML escaped. */
const shown = (value: unknown): string => (value === undefined ? 'null' : typeof value === 'string' ? quote(value) : goJson(JSON.stringify(value)))
export const invalidValue = (field: string, value: unknown, why: string): FieldError =>
  ({ type: 'FieldValueInvalid', field, message: `Invalid value: ${shown(value)}${why && ': ' + why}` })
/** What is wrong with a field whose value says nothing. */
export const invalidAsWhole = (field: string, why: string): FieldError => ({ type: 'FieldValueInvalid', field, message: `Invalid value: ${why}` })
export const requiredValue = (field: string, why = ''): FieldError =>
  ({ type: 'FieldValueRequired', field, message: `Required value${why && ': ' + why}` })
export const forbiddenValue = (field: string, why: string): FieldError => ({ type: 'FieldValueForbidden', field, message: `Forbidden: ${why}` })
export const duplicateValue = (field: string, value: unknown, why = ''): FieldError =>
  ({ type: 'FieldValueDuplicate', field, message: `Duplicate value: ${shown(value)}${why && ': ' + why}` })
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError =>
  ({ type: 'FieldValueNotSupported', field, message: `Unsupported value: ${shown(value)}: supported values: ${supported.map(quote).join(', ')}` })
export const tooLong = (field: string, maxLength: number): FieldError => ({ type: 'FieldValueTooLong', field, message: `Too long: may not be more than ${maxLength} bytes` })
export const tooMany = (field: string, actual: number, max: number): FieldError => ({ type: 'FieldValueTooMany', field, message: `Too many: ${actual}: must have at most ${max} items` })
export const typeInvalid = (field: string, value: unknown, why: string): FieldError =>
  ({ type: 'FieldValueTypeInvalid', field, message: `Invalid value: ${shown(value)}${why && ': ' + why}` })
export const valueNotFound = (field: string, value: unknown, why = ''): FieldError =>
  ({ type: 'FieldValueNotFound', field, message: `Not found: ${shown(value)}${why && ': ' + why}` })
/** 400: a body that is not what the resource takes, in the reference's words. `given` is what the body says it is. */
export const cannotBeHandled = (given: { readonly kind: string; readonly version: string }, as: string, why: string) =>
  badRequest(`${given.kind} in version ${JSON.stringify(given.version)} cannot be handled as a ${as}: ${why}`)
/** A patch that cannot be read (400), has too many operations (413), does not fit the object (422) or breaks the rules of its format (500). */
export function patchRefused(code: 400 | 413 | 422 | 500, why: string): ApiError {
  if (code === 400) return badRequest(why)
  if (code === 413) return tooLarge(`Request entity too large: ${why}`)
  if (code === 422) return new ApiError('Invalid', 'the server rejected our request due to an error in our request', {}, { cause: new Error(why) })
  return new ApiError('', why)
}
/** 409: an apply would change what others own. */
export function applyConflict(conflicts: readonly { readonly field: string; readonly with: string }[]): ApiError {
  const managers = [...new Set(conflicts.map((c) => c.with))].sort()
  const only = conflicts.length === 1 ? conflicts[0] : undefined
  const message = only ? `conflict with ${only.with}: ${only.field}`
    : managers.map((manager) => `conflicts with ${manager}:\n${conflicts.filter((c) => c.with === manager).map((c) => `- ${c.field}`).join('\n')}`).join('\n')
  return new ApiError('Conflict', `Apply failed with ${conflicts.length} conflict${only ? '' : 's'}: ${message}`,
    { causes: conflicts.map((c) => ({ reason: 'FieldManagerConflict', message: `conflict with ${c.with}`, field: c.field })) })
}
