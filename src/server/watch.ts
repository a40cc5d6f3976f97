// GET ?watch=1: a watcher is a place in the resource's event log, its selectors and how far it has got. What it cannot write at once
// it keeps as references; past its bound it is closed alone, and the client resumes from its version.
import { ApiError, expired, internalError, type ApiResponse, type Kind, type LooseObject, type StreamSink, type WatchSink } from '#machinery'
import { CompactedError, prefixEnd, type KeyValue } from '#store'
import { place, type Call } from './core.ts'
import { logged, shown, transition, type Listener, type LoggedEvent } from './event-log.ts'
import { spliced, typedHead } from './stored-json.ts'
import { includedObject, partialObject, table } from './projections.ts'
import { cborEvent, cborWatchHeaders } from './cbor-answer.ts'
import { protobufEvent, protobufWatchHeaders } from './protobuf-answer.ts'
import { internalPackage } from './internal-package.ts'
import { selection, type Selection } from './selection.ts'
import { converted } from './served.ts'
import { listOptions, parseVersion, type ListOptions } from './versions.ts'

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED'

/** Events, and bytes of objects in them, that a slow watcher may be behind before it is closed. */
const queueBound = 10_000
const queueBytes = 16 * 1024 * 1024
/** Quiet watchers hear of the newest version this often. */
const bookmarkEveryMs = 60_000
/** A last bookmark goes out this long before the end. */
const lastBookmarkMs = 2_000
const encoder = new TextEncoder()

export function watch(call: Call): ApiResponse {
  const { served, output, request, info } = call
  const options = listOptions(info.query, true)
  if (output.as === 'PartialObjectMetadataList')
    throw new ApiError('NotAcceptable', `you requested ${output.as}, but the requested object is not a list (*${internalPackage(served.group)}.${served.kindName})`)
  const after = parseVersion(options.resourceVersion)
  const selected = selection(call)
  const headers = output.encoding === 'protobuf' && !request.direct ? protobufWatchHeaders : output.encoding === 'cbor' && !request.direct ? cborWatchHeaders : { 'content-type': 'application/json', 'cache-control': 'no-cache, private' }
  if (request.direct) return { status: 200, headers, body: { type: 'watch', open: (sink) => new Watch(call, options, selected, after, directOutlet(call, sink)).begin() } }
  const include = includedObject(info.query)
  return { status: 200, headers, body: { type: 'stream', open: (sink) => new Watch(call, options, selected, after, byteOutlet(call, sink, include)).begin() } }
}

/** Where a watcher's events go. Writing returns false when the reader is slow. */
interface Outlet {
  event(type: EventType, event: LoggedEvent): boolean
  initial(kv: KeyValue): boolean
  bookmark(revision: number, annotations?: Record<string, string>): boolean
  error(error: ApiError): void
  end(): void
  drained(run: () => void): void
}

class Watch implements Listener {
  readonly #call: Call
  readonly #options: ListOptions
  readonly #selected: Selection
  readonly #after: number
  readonly #outlet: Outlet
  /** The revision up to which everything has been received. */
  #received = 0
  #blocked = false
  #ended = false
  #initial: Iterator<KeyValue> | undefined
  #afterInitial: (() => boolean) | undefined
  #queue: (readonly [EventType, LoggedEvent])[] = []
  /** What the queue's objects weigh that came while the reader was slow. */
  #behind = 0
  #cancelBookmark = () => {}
  readonly #stops: (() => void)[] = []

  constructor(call: Call, options: ListOptions, selected: Selection, after: number, outlet: Outlet) {
    this.#call = call
    this.#options = options
    this.#selected = selected
    this.#after = after
    this.#outlet = outlet
  }

  /** Begins, once everything that is shown first is ready to be shown; returns what ends it. */
  begin(): () => void {
    const { core: { objects, registry }, served: { group, version, resource, kind } } = this.#call
    if (!kind.stored?.ready) return this.start()
    let stop = () => { this.#stop() }
    const whenReady = async () => {
      for (let wait = objects.ready(kind, this.#shownFirst()); wait; wait = objects.ready(kind, this.#shownFirst())) await wait
      if (this.#ended) return
      // What is not served any more as it was ends its watches; this one was not among them yet.
      if (registry.find(group, version, resource)?.kind === kind) stop = this.start()
      else this.#end()
    }
    whenReady().catch((error: unknown) => {
      this.#outlet.error(error instanceof ApiError ? error : internalError(String(error)))
      this.#end()
    })
    return () => { stop() }
  }
  /** The state that the watch begins with, or what it has missed. */
  #shownFirst(): KeyValue[] {
    const { core: { objects }, served: { kind } } = this.#call
    const { key } = this.#selected
    if (this.#options.sendInitialEvents ?? (this.#after === 0)) return [...objects.range(kind, place(this.#call)).kvs]
    const missed: KeyValue[] = [], prefix = key ?? objects.prefix(kind, place(this.#call))
    if (this.#after === 0 || this.#after >= objects.store.revision || this.#after < objects.store.compactRevision) return missed
    objects.store.watch(prefix, key === undefined ? prefixEnd(prefix) : '', this.#after, ({ events }) => {
      for (const { type, kv, previous } of events) missed.push(...(type === 'PUT' ? [kv] : []), ...(previous ? [previous] : []))
    })()
    return missed
  }

  /** Begins at once. */
  start(): () => void {
    const { core, served } = this.#call
    const { store } = core.objects
    const { sendInitialEvents } = this.#options
    this.#received = store.revision
    const withState = sendInitialEvents ?? (this.#after === 0)
    if (withState) this.#showState()
    else if (this.#after === 0) { /* from now on */ }
    else if (!this.#showPast(served.kind)) return () => {}
    this.#stops.push(core.logs.of(served.kind).listen(this.#selected.place, this))
    this.#startTimers()
    const end = () => { this.#end() }
    core.watches.add(end)
    this.#stops.push(() => { core.watches.delete(end) })
    this.#flush()
    return () => { this.#stop() }
  }

  receive(event: LoggedEvent): void {
    if (event.revision <= this.#received) return
    this.#received = event.revision
    if (event.revision <= this.#after) return
    const type = transition(event, this.#selected.matches)
    if (type) this.#send(type, event)
  }

  end(): void { this.#end() }

  #send(type: EventType, event: LoggedEvent): void {
    if (!this.#blocked) { this.#wait(this.#outlet.event(type, event)); return }
    this.#queue.push([type, event])
    this.#behind += weightOf(type, event)
    if (this.#queue.length > queueBound || this.#behind > queueBytes) {
      this.#call.core.watchMetrics.terminated(this.#call.served.kind)
      this.#call.core.log.info('a slow watcher is closed', { resource: this.#call.served.resource, user: this.#call.user.name, behind: this.#queue.length, bytes: this.#behind })
      this.#end()
    }
  }

  /** Everything there is, as ADDED. */
  #showState(): void {
    const { core: { objects }, served: { kind } } = this.#call
    const { selected, revision } = { selected: this.#selected, revision: objects.store.revision }
    const one = selected.key !== undefined ? objects.store.get(selected.key) : undefined
    const kvs = selected.key !== undefined ? (one ? [one] : []) : objects.range(kind, place(this.#call)).kvs
    const initial = kvs.filter(selected.matches)
    this.#initial = initial.values()
    this.#call.core.watchMetrics.begun(kind, initial.length)
    if (this.#options.sendInitialEvents && this.#options.bookmarks)
      this.#afterInitial = () => { this.#listStreamed(); return this.#outlet.bookmark(revision, { 'k8s.io/initial-events-end': 'true' }) }
  }

  #listStreamed(): void {
    const { core: { watchMetrics }, served, info: { name, namespace }, context } = this.#call
    watchMetrics.listStreamed(served, name !== '' ? 'resource' : namespace !== '' ? 'namespace' : 'cluster', context.elapsed)
  }

  /** What happened after the version that the client has; false when that is forgotten. */
  #showPast(kind: Kind): boolean {
    const { objects } = this.#call.core
    if (this.#after >= objects.store.revision) return true
    const { key } = this.#selected
    const prefix = key ?? objects.prefix(kind, place(this.#call))
    try {
      objects.store.watch(prefix, key === undefined ? prefixEnd(prefix) : '', this.#after, ({ events }) => {
        for (const each of events) {
          const event = logged(each)
          const type = transition(event, this.#selected.matches)
          if (type) this.#queue.push([type, event])
        }
      })()
      this.#call.core.watchMetrics.begun(kind, this.#queue.length)
      return true
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error
      this.#outlet.error(expired(`too old resource version: ${this.#after} (${error.compactRevision})`))
      this.#outlet.end()
      return false
    }
  }

  #startTimers(): void {
    const { core } = this.#call, { clock, random } = core
    const seconds = this.#options.timeoutSeconds ?? Math.floor(core.shortestWatchSeconds * (1 + random()))
    this.#stops.push(clock.after(seconds * 1000, () => { this.#end() }))
    if (!this.#options.bookmarks) return
    if (seconds * 1000 > lastBookmarkMs) this.#stops.push(clock.after(seconds * 1000 - lastBookmarkMs, () => { this.#bookmark() }))
    const again = () => { this.#cancelBookmark = clock.after(bookmarkEveryMs, () => { this.#bookmark(); again() }) }
    again()
    this.#stops.push(() => { this.#cancelBookmark() })
  }

  #bookmark(): void {
    if (!this.#blocked && !this.#ended) this.#wait(this.#outlet.bookmark(Math.max(this.#call.core.objects.store.revision, this.#after)))
  }

  /** Writes what waits, as far as the reader takes it. */
  #flush(): void {
    if (this.#initial) {
      for (let next = this.#initial.next(); !next.done; next = this.#initial.next())
        if (this.#wait(this.#outlet.initial(next.value))) return
      this.#initial = undefined
    }
    if (this.#afterInitial) {
      const mark = this.#afterInitial
      this.#afterInitial = undefined
      if (this.#wait(mark())) return
    }
    const queue = this.#queue
    for (let i = 0; i < queue.length; i++) {
      const [type, event] = queue[i]!
      this.#behind = Math.max(0, this.#behind - weightOf(type, event)) // what was missed before is not counted
      if (this.#wait(this.#outlet.event(type, event))) { this.#queue = queue.slice(i + 1); return }
    }
    this.#queue = []
    this.#behind = 0
  }

  /** Remembers that the reader is slow, when it is. */
  #wait(written: boolean): boolean {
    if (written || this.#ended) return this.#ended
    this.#blocked = true
    this.#outlet.drained(() => { if (!this.#ended) { this.#blocked = false; this.#flush() } })
    return true
  }

  #end(): void {
    if (this.#ended) return
    this.#stop()
    this.#outlet.end()
  }

  #stop(): void {
    this.#ended = true
    for (const stop of this.#stops.splice(0)) stop()
    this.#queue = []
    this.#initial = undefined
  }
}

/** Bytes of the object that an event shows. */
const weightOf = (type: EventType, { kv, previous }: LoggedEvent): number => (type === 'DELETED' ? previous! : kv).value.length

/** Events as lines of JSON, frames of protobuf or a sequence of CBOR, each made once per form for all watchers. */
function byteOutlet(call: Call, sink: StreamSink, include: ReturnType<typeof includedObject>): Outlet {
  const { core: { objects, clock, watchMetrics }, served, output } = call
  const { kind } = served
  const head = typedHead(kind)
  const { encoding } = output
  const asStored = !served.convert && !served.custom && output.as === '' && encoding !== 'protobuf' && encoding !== 'cbor'
  const form = `${encoding === 'yaml' ? 'json' : encoding} ${served.apiVersion} ${output.as} ${output.version} ${include} `
  const forms = { ADDED: `${form}ADDED`, MODIFIED: `${form}MODIFIED`, DELETED: `${form}DELETED` }
  let first = true
  const projected = (object: LooseObject): unknown => {
    if (output.as === 'PartialObjectMetadata') return partialObject(object, output.version)
    if (output.as !== 'Table') return converted(served, object)
    const withColumns = first
    first = false
    return table(served, [object], { resourceVersion: object.metadata.resourceVersion }, { version: output.version, include, now: clock.now(), withColumns })
  }
  const line = (type: string, object: unknown): Uint8Array => encoding === 'protobuf' ? protobufEvent(type, object) : encoding === 'cbor' ? cborEvent(type, object) : encoder.encode(`{"type":"${type}","object":${JSON.stringify(object)}}\n`)
  const encode = (type: EventType, event: LoggedEvent): Uint8Array => {
    if (!asStored) return line(type, projected(shown(objects, kind, event, type)))
    const kv = type === 'DELETED' ? { ...event.previous!, modRevision: event.revision } : event.kv
    return spliced(head, kv, `{"type":"${type}","object":`, '}\n')
  }
  const count = watchMetrics.counterOf(served)
  const send = (bytes: Uint8Array): boolean => { count(bytes.length); return sink.write(bytes) }
  return {
    event(type, event) {
      if (output.as === 'Table') return send(encode(type, event)) // the first differs, ages differ
      let bytes = event.encodings.get(forms[type])
      if (!bytes) { bytes = encode(type, event); event.encodings.set(forms[type], bytes) }
      return send(bytes)
    },
    initial: (kv) => send(asStored ? spliced(head, kv, '{"type":"ADDED","object":', '}\n') : line('ADDED', projected(objects.value(kind, kv)))),
    bookmark: (revision, annotations) => send(line('BOOKMARK', markOf(call, revision, annotations))),
    error: (error) => { send(line('ERROR', error.status)) },
    end: () => { sink.end() },
    drained: (run) => { sink.drained(run) },
  }
}

/** Events as shared frozen values. */
function directOutlet(call: Call, sink: WatchSink): Outlet {
  const { core: { objects }, served } = call
  const { kind } = served
  return {
    event(type, event) { sink.event({ type, object: converted(served, shown(objects, kind, event, type)) }); return true },
    initial(kv) { sink.event({ type: 'ADDED', object: converted(served, objects.value(kind, kv)) }); return true },
    bookmark(revision, annotations) { sink.event({ type: 'BOOKMARK', object: markOf(call, revision, annotations) as LooseObject }); return true },
    error(error) { sink.event({ type: 'ERROR', object: error.status as object as LooseObject }) },
    end() { sink.end() },
    drained() {},
  }
}

function markOf({ served, output }: Call, revision: number, annotations?: Record<string, string>): object {
  const metadata = { resourceVersion: String(revision), ...(annotations && { annotations }) }
  if (output.as === 'PartialObjectMetadata') return { kind: output.as, apiVersion: `meta.k8s.io/${output.version}`, metadata }
  if (output.as === 'Table') return { kind: 'Table', apiVersion: `meta.k8s.io/${output.version}`, metadata: { resourceVersion: String(revision) }, columnDefinitions: [], rows: [{ cells: [], object: { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${output.version}`, metadata } }] }
  return { kind: served.kindName, apiVersion: served.apiVersion, metadata }
}
