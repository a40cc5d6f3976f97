// Where a list goes on: the revision it began at and the key after the last one shown, in the reference's encoding.
import { badRequest, expired, type ApiError } from '#machinery'

const tokenVersion = 'meta.k8s.io/v1'

/** `key` is the last key shown; revision -1: go on with what is there now. */
export const encodeContinue = (prefix: string, key: string, revision: number): string =>
  btoa(JSON.stringify({ v: tokenVersion, rv: revision, start: `${key.slice(prefix.length)}\0` })).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')

/** The first key to look at, and the revision (-1: now). Throws BadRequest. */
export function decodeContinue(token: string, prefix: string): { readonly start: string; readonly revision: number } {
  const { v, rv, start } = parse(token)
  if (v !== tokenVersion) throw refuse(`server does not recognize this encoded version ${typeof v === 'string' ? v : ''}`)
  if (typeof start !== 'string' || start === '') throw refuse('encoded start key empty (version meta.k8s.io/v1)')
  if (typeof rv !== 'number' || rv === 0) throw refuse('incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (start.split('/').some((part) => part === '..' || part === '.') || start.includes('//')) throw refuse(start)
  return { start: prefix + start.replace(/^\//, ''), revision: rv }
}

function parse(token: string): { v?: unknown; rv?: unknown; start?: unknown } {
  let text: string
  try {
    text = atob(token.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    throw refuse('illegal base64 data')
  }
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    const first = text.charCodeAt(0)
    if (Number.isNaN(first)) throw refuse('unexpected end of JSON input')
    const shown = first < 0x80 ? text[0] : `\\u00${first.toString(16)}`
    throw refuse(`invalid character '${shown}' looking for beginning of value`)
  }
}
const refuse = (why: string): ApiError => badRequest(`invalid continue token: continue key is not valid: ${why}`)

/** The list's revision is gone; the Status carries a token with which the rest can be had, inconsistently. */
export function expiredContinue(prefix: string, start: string): ApiError {
  const error = expired('The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.')
  Object.assign(error.status.metadata, { continue: encodeContinue(prefix, start.replace(/\0$/, ''), -1) })
  return error
}
