// GET of one object and of many.
import { ApiError, badRequest, notFound, qualified, type ApiResponse } from '#machinery'
import { CompactedError, FutureRevisionError, type KeyValue } from '#store'
import { decodeContinue, encodeContinue, expiredContinue } from './continue-token.ts'
import { place, type Call } from './core.ts'
import { bareHead, listWindows } from './stored-json.ts'
import { includedObject, partialObject, table } from './projections.ts'
import { protobufList } from './protobuf-answer.ts'
import { internalPackage } from './internal-package.ts'
import { headersFor, jsonBytes, prettyIfAsked, storedAnswer, valueAnswer } from './respond.ts'
import { selection, type Selection } from './selection.ts'
import { converted } from './served.ts'
import { streamed } from './stream.ts'
import { serialized } from './tracing/requests.ts'
import { listOptions, parseListVersion, parseVersion, tooLargeVersion, tooOldVersion, type ListOptions } from './versions.ts'

/** GET of one object. */
export function get(call: Call): ApiResponse | Promise<ApiResponse> {
  const { core: { objects }, served, info } = call
  const asked = parseVersion(info.query.get('resourceVersion') ?? '')
  if (asked > objects.store.revision) throw tooLargeVersion(asked, objects.store.revision)
  const span = call.context.span?.child('cacher.Get', [['audit-id', call.context.auditId], ['key', objects.key(served.kind, place(call), info.name).replace(/^\/registry/, '')], ['resource-version', info.query.get('resourceVersion') ?? '']])
  const kv = objects.find(served.kind, place(call), info.name)
  span?.end()
  if (!kv) throw notFound(served.name, info.name)
  const wait = objects.ready(served.kind, [kv])
  return wait ? wait.then(() => storedAnswer(call, 200, kv)) : storedAnswer(call, 200, kv)
}

/** What a list found. */
export interface Found {
  readonly items: readonly KeyValue[]
  readonly revision: number
  readonly continue: string
  readonly remaining: number | undefined
  /** How many objects were looked at. */
  readonly fetched: number
}

/** GET of a collection. */
export function list(call: Call): ApiResponse | Promise<ApiResponse> {
  const options = listOptions(call.info.query, false)
  return call.served.kind.stored?.ready ? findReady(call, options).then((found) => listAnswer(call, found)) : listAnswer(call, find(call, selection(call), options))
}

/** What a list is about, when others may have to convert it first: what is selected by its content must be ready to be looked at. */
export async function findReady(call: Call, options: ListOptions): Promise<Found> {
  const { core: { objects }, served: { kind } } = call
  const selected = selection(call)
  if (!selected.all && selected.key === undefined) await objects.ready(kind, objects.range(kind, place(call)).kvs)
  for (;;) {
    const found = find(call, selected, options), wait = objects.ready(kind, found.items)
    if (!wait) return found
    await wait
  }
}

/** The objects that a list is about: from now, or from the revision that the options name. */
export function find(call: Call, selected: Selection, options: ListOptions): Found {
  const { context: { span: work, auditId }, served: { kind } } = call
  if (!work) return findNow(call, selected, options)
  const span = work.child('cacher.GetList', [['audit-id', auditId], ['type', qualified(kind)]])
  try {
    const found = findNow(call, selected, options)
    span.event('Filtered items', [['count', found.items.length]])
    return found
  } finally { span.end() }
}

function findNow(call: Call, selected: Selection, options: ListOptions): Found {
  const found = look(call, selected, options)
  const { core: { listMetrics, objects: { store } }, served: { kind } } = call, work = { fetched: found.fetched, returned: found.items.length }
  if (found.revision === store.revision) listMetrics.listed(kind, options.resourceVersion, work)
  else listMetrics.listedPast(kind, work)
  return found
}

function look(call: Call, selected: Selection, options: ListOptions): Found {
  const { store } = call.core.objects
  const asked = parseListVersion(options.resourceVersion)
  const { prefix } = selected
  // resourceVersion=0 asks for whatever is at hand: pages are then not made.
  const limited = options.resourceVersion === '0' ? { ...options, limit: 0 } : options
  if (options.continue !== '') {
    const { start, revision } = decodeContinue(options.continue, prefix)
    if (asked !== 0) throw badRequest('specifying resource version is not allowed when using continue')
    if (revision === -1) return page(call, selected, limited, start, store.revision)
    return atRevision(() => page(call, selected, limited, start, revision), revision, store.revision, () => expiredContinue(prefix, start))
  }
  if (asked > store.revision) throw tooLargeVersion(asked, store.revision)
  const exact = asked !== 0 && (options.match === 'Exact' || (options.match === '' && options.limit > 0))
  if (exact) return atRevision(() => page(call, selected, options, prefix, asked), asked, store.revision, tooOldVersion)
  return page(call, selected, limited, prefix, store.revision)
}

function atRevision(read: () => Found, asked: number, current: number, gone: () => ApiError): Found {
  try {
    return read()
  } catch (error) {
    if (error instanceof CompactedError) throw gone()
    if (error instanceof FutureRevisionError) throw tooLargeVersion(asked, current)
    throw error
  }
}

/** Keys read at once where a selector leaves some out. */
const scanSize = 1000

function page({ core: { objects } }: Call, selected: Selection, { limit }: ListOptions, start: string, revision: number): Found {
  const { store } = objects
  const past = revision === store.revision ? {} : { revision }
  if (selected.key !== undefined) {
    const kv = selected.key >= start ? store.get(selected.key, past.revision) : undefined
    return { items: kv && selected.matches(kv) ? [kv] : [], revision, continue: '', remaining: undefined, fetched: kv ? 1 : 0 }
  }
  const end = rangeEnd(selected.prefix)
  if (selected.all || limit === 0) {
    const { kvs, more, count } = store.range(start, end, { ...past, ...(limit > 0 && { limit }) })
    const last = kvs.at(-1)
    const items = selected.all ? kvs : kvs.filter(selected.matches)
    if (!more || !last) return { items, revision, continue: '', remaining: undefined, fetched: kvs.length }
    return { items, revision, continue: encodeContinue(selected.prefix, last.key, revision), remaining: count - kvs.length, fetched: kvs.length }
  }
  const items: KeyValue[] = []
  let from = start, fetched = 0
  for (;;) {
    const { kvs, more } = store.range(from, end, { ...past, limit: scanSize })
    for (const [i, kv] of kvs.entries()) {
      fetched++
      if (!selected.matches(kv)) continue
      items.push(kv)
      if (items.length < limit) continue
      const isLast = !more && i === kvs.length - 1
      return { items, revision, continue: isLast ? '' : encodeContinue(selected.prefix, kv.key, revision), remaining: undefined, fetched }
    }
    const last = kvs.at(-1)
    if (!more || !last) return { items, revision, continue: '', remaining: undefined, fetched }
    from = `${last.key}\0`
  }
}
const rangeEnd = (prefix: string): string => prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)

/** A list in the form asked for. */
export function listAnswer(call: Call, found: Found): ApiResponse {
  return serialized(call.context, call.output, call.served.apiVersion, () => listBytes(call, found))
}

function listBytes(call: Call, found: Found): ApiResponse {
  const { core: { objects, clock }, served, request, info } = call
  const output = prettyIfAsked(call)
  const metadata = { resourceVersion: String(found.revision), ...(found.continue !== '' && { continue: found.continue }), ...(found.remaining !== undefined && { remainingItemCount: found.remaining }) }
  const values = () => found.items.map((kv) => objects.value(served.kind, kv))
  const type = { kind: `${served.kindName}List`, apiVersion: served.apiVersion }
  switch (output.as) {
    case 'Table': return valueAnswer(200, table(served, values(), metadata, { version: output.version, include: includedObject(info.query), now: clock.now() }), output, false)
    case 'PartialObjectMetadataList': {
      const items = values().map((v) => partialObject(v, output.version))
      return valueAnswer(200, { kind: output.as, apiVersion: `meta.k8s.io/${output.version}`, metadata, items: items.length > 0 ? items : null }, output, request.direct === true)
    }
    case '': break
    default: throw new ApiError('NotAcceptable', `you requested ${output.as}, but the requested object is a list (*${internalPackage(served.group)}.${served.kindName}List)`)
  }
  if (request.direct) return valueAnswer(200, { ...type, metadata, items: values().map((v) => converted(served, v)) }, output, true)
  if (output.encoding === 'protobuf') return protobufList(type, metadata, found.items.length, (i) => converted(served, objects.value(served.kind, found.items[i]!)))
  if (served.custom) return valueAnswer(200, { ...type, metadata: { continue: '', ...metadata }, items: values() }, output, false)
  if (served.convert || output.encoding !== 'json' || output.pretty) return valueAnswer(200, { ...type, metadata, items: values().map((v) => untyped(converted(served, v))) }, output, false)
  const front = `${JSON.stringify({ ...type, metadata }).slice(0, -1)},"items":[`
  // Each window is more than a reader may leave unread: the next is asked for when it has gone.
  if (isLarge(found.items)) return { status: 200, headers: headersFor(output), body: streamed(listWindows(front, bareHead, found.items, ']}\n', true)) }
  return jsonBytes(200, [...listWindows(front, bareHead, found.items, ']}\n')])
}

/** Items of lists carry no kind and apiVersion. */
function untyped({ kind: _kind, apiVersion: _apiVersion, ...rest }: { kind?: unknown; apiVersion?: unknown }): object { return rest }

/** Above this a list is made while it is sent. */
const streamBytes = 16 * 1024 * 1024
function isLarge(items: readonly KeyValue[]): boolean {
  let size = 0
  for (const { value } of items) if ((size += value.length) > streamBytes) return true
  return false
}
