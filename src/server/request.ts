// A URL and a method, understood: which verb on which resource, or which path that is none (kube-apiserver's request info).
import { badRequest, quote, type ApiRequest } from '#machinery'

export interface RequestInfo {
  /** get, list, watch, create, update, patch, delete, deletecollection; for other paths the lower-case method. */
  readonly verb: string
  readonly path: string
  /** Under /api or /apis, with a version and at least one segment after it. */
  readonly isResource: boolean
  /** 'api', 'apis', or '' for other paths. */
  readonly prefix: '' | 'api' | 'apis'
  readonly group: string
  readonly version: string
  /** '' when the path names none. */
  readonly namespace: string
  readonly resource: string
  readonly subresource: string
  readonly name: string
  /** What follows the subresource (proxy paths), decoded; [] as a rule. */
  readonly rest: readonly string[]
  /** Whether the path says /namespaces/NAME/ before the resource. */
  readonly namespaced: boolean
  /** /api/v1/watch/...: the form from before ?watch=1. */
  readonly legacyWatch: boolean
  readonly query: Query
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete', GET: 'get', HEAD: 'get' }

/** Understands a request; throws BadRequest when the path cannot be decoded. */
export function requestInfo(request: Pick<ApiRequest, 'method' | 'path' | 'query'>): RequestInfo {
  const { method, path } = request
  const query = parseQuery(request.query)
  const parts = segments(path)
  if (parts.length > 1 && parts.at(-1) === '') parts.pop() // a trailing slash means nothing
  const prefix = parts[1] === 'api' || parts[1] === 'apis' ? parts[1] : ''
  const from = prefix === 'api' ? 3 : 4
  if (prefix === '' || parts.length <= from) {
    return { verb: method.toLowerCase(), path, isResource: false, prefix, group: (prefix === 'apis' && parts[2]) || '', version: parts[from - 1] ?? '', namespace: '', resource: '', subresource: '', name: '',
      rest: none, namespaced: false, legacyWatch: false, query }
  }

  let at = from
  let verb = verbs[method] ?? ''
  const legacyWatch = parts[at] === 'watch'
  if (legacyWatch) { verb = 'watch'; at++ }
  let namespace = ''
  let namespaced = false
  if (parts[at] === 'namespaces' && at + 1 < parts.length) {
    namespace = decoded(parts[at + 1]!)
    const next = parts[at + 2]
    if (next !== undefined && next !== 'status' && next !== 'finalize') { at += 2; namespaced = true }
  }
  const resource = decoded(parts[at] ?? '')
  const name = decoded(parts[at + 1] ?? '')
  const subresource = decoded(parts[at + 2] ?? '')
  const rest = parts.length > at + 3 ? parts.slice(at + 3).map(decoded) : none
  if (name === '') {
    if (verb === 'get') verb = isTrue(query.get('watch')) ? 'watch' : 'list'
    else if (verb === 'delete') verb = 'deletecollection'
  }
  return { verb, path, isResource: true, prefix, group: prefix === 'apis' ? parts[2]! : '', version: parts[from - 1]!, namespace, resource, subresource, name,
    rest, namespaced, legacyWatch, query }
}
const none: readonly string[] = []

/** path.split('/'), which would look each part up among all names of the program. */
function segments(path: string): string[] {
  const parts: string[] = []
  let from = 0
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', from)) {
    parts.push(path.slice(from, at))
    from = at + 1
  }
  parts.push(path.slice(from))
  return parts
}

function decoded(part: string): string {
  if (!part.includes('%')) return part
  try {
    return decodeURIComponent(part)
  } catch {
    throw badRequest(`the path segment ${quote(part)} is not valid percent-encoding`)
  }
}

/** Query parameters; a parameter given twice counts the first time. */
export interface Query {
  get(name: string): string | undefined
  all(name: string): readonly string[]
  readonly text: string
}
const emptyQuery: Query = { get: () => undefined, all: () => none, text: '' }

export function parseQuery(text: string): Query {
  if (text === '') return emptyQuery
  const parameters = new URLSearchParams(text)
  return { get: (name) => parameters.get(name) ?? undefined, all: (name) => parameters.getAll(name), text }
}

/** A boolean parameter as the reference reads it: anything but '', '0' and 'false' is true, so that ?watch means watch. */
export const isTrue = (value: string | undefined): boolean => value !== undefined && value.toLowerCase() !== 'false' && value !== '0'

/** An integer parameter; undefined when absent. Throws BadRequest in Go's words. */
export function integer(query: Query, name: string): number | undefined {
  const text = query.get(name)
  if (text === undefined || text === '') return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`)
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw badRequest(`strconv.ParseInt: parsing ${quote(text)}: value out of range`)
  return value
}
