// resourceVersion in reads: what may be asked for, and what is answered when it cannot be had.
import { ApiError, badRequest, expired, forbiddenValue, invalid, notSupported, quote, type FieldError } from '#machinery'
import { integer, isTrue, type Query } from './request.ts'

export interface ListOptions {
  readonly resourceVersion: string
  readonly match: '' | 'Exact' | 'NotOlderThan'
  /** 0: no limit. */
  readonly limit: number
  readonly continue: string
  readonly sendInitialEvents: boolean | undefined
  readonly bookmarks: boolean
  readonly timeoutSeconds: number | undefined
}
const plain: ListOptions = { resourceVersion: '', match: '', limit: 0, continue: '', sendInitialEvents: undefined, bookmarks: false, timeoutSeconds: undefined }

/** The options of a list or watch; throws BadRequest or Invalid as the reference words them. */
export function listOptions(query: Query, watch: boolean): ListOptions {
  if (query.text === '') return plain
  const limit = integer(query, 'limit') ?? 0
  const timeoutSeconds = integer(query, 'timeoutSeconds')
  const send = query.get('sendInitialEvents')
  const options: ListOptions = {
    resourceVersion: query.get('resourceVersion') ?? '', match: (query.get('resourceVersionMatch') ?? '') as ListOptions['match'], limit: Math.max(limit, 0),
    continue: query.get('continue') ?? '', sendInitialEvents: send === undefined || send === '' ? undefined : isTrue(send),
    bookmarks: isTrue(query.get('allowWatchBookmarks')), timeoutSeconds,
  }
  const errors = watch ? watchErrors(options) : listErrors(options)
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors)
  return options
}

const field = 'resourceVersionMatch'
function watchErrors({ match, sendInitialEvents }: ListOptions): FieldError[] {
  if (sendInitialEvents === undefined) return match === '' ? [] : [forbiddenValue(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')]
  if (match === 'NotOlderThan') return []
  const errors = [forbiddenValue(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')]
  if (match !== '') errors.push(notSupported(field, match, ['NotOlderThan']))
  return errors
}
function listErrors({ match, resourceVersion, continue: token, sendInitialEvents }: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  if (match !== '') {
    if (resourceVersion === '') errors.push(forbiddenValue(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    if (token !== '') errors.push(forbiddenValue(field, 'resourceVersionMatch is forbidden when continue is provided'))
    if (match !== 'Exact' && match !== 'NotOlderThan') errors.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']))
    if (match === 'Exact' && resourceVersion === '0') errors.push(forbiddenValue(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  if (sendInitialEvents !== undefined) errors.push(forbiddenValue('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  return errors
}

/** The revision that a resourceVersion names; 0 for '' and '0'. Throws a plain failure (500), as the reference does for single reads and watches. */
export function parseVersion(text: string): number {
  if (text === '') return 0
  if (!/^\d+$/.test(text)) throw new ApiError('', whyInvalid(text), undefined, { code: 500 })
  return Number(text)
}
/** The same for lists, where it is a BadRequest. */
export function parseListVersion(text: string): number {
  if (text !== '' && !/^\d+$/.test(text)) throw badRequest(`invalid resource version: ${whyInvalid(text)}`)
  return Number(text)
}
const whyInvalid = (text: string): string => `resourceVersion: Invalid value: ${quote(text)}: strconv.ParseUint: parsing ${quote(text)}: invalid syntax`

/** Somebody asks for a version that is not there yet. */
export function tooLargeVersion(asked: number, current: number): ApiError {
  return new ApiError('Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`,
    { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 })
}
export const tooOldVersion = (): ApiError => expired('The resourceVersion for the provided list is too old.')
