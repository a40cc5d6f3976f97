// The Client's methods as requests of the Kubernetes API, whatever carries them.
import { ApiError, pause, printSelector, selectorFrom, type AnyObject, type Clock, type Kind, type Log, type New, type Random, type WatchEvent } from '#machinery'
import type { Client, DeleteOptions, List, ListOptions, PatchType, Target, WatchOptions, WriteOptions } from './client.ts'

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  /** Handed over: nobody changes it any more. */
  readonly body?: unknown
}

/** Carries calls to a server. */
export interface Transport {
  /** The decoded answer; rejects with ApiError when it is not a success. */
  send(call: Call): Promise<unknown>
  /** Calls `seen` per event until stopped or the stream ends (then `ended` once). */
  stream(call: Call, seen: (event: WatchEvent) => void, ended: (error?: unknown) => void): () => void
  close(): void
}

export interface ClientOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Also the field manager: what stands before the slash, e.g. "kube-controller-manager/v1.36.0". */
  readonly userAgent?: string
}

const maxTries = 10
const maxRetryAfterMs = 30_000

/** A Client over any transport. */
export const clientOver = (transport: Transport, options: ClientOptions): Client => new CallingClient(transport, options)

class CallingClient implements Client {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly #transport: Transport
  readonly #headers: Readonly<Record<string, string>>

  constructor(transport: Transport, options: ClientOptions) {
    this.clock = options.clock
    this.random = options.random
    this.log = options.log
    this.#transport = transport
    this.#headers = { accept: 'application/json', ...(options.userAgent && { 'user-agent': options.userAgent }) }
  }

  async get<T extends AnyObject>(kind: Kind<T>, target: Target, subresource?: string): Promise<T> {
    return await this.#send('GET', pathOf(kind, target.namespace, target.name, subresource)) as T
  }
  async list<T extends AnyObject>(kind: Kind<T>, options: ListOptions = {}): Promise<List<T>> {
    const list = await this.#send('GET', pathOf(kind, options.namespace), listQuery(options)) as { items: T[] | null; metadata: { resourceVersion?: string; continue?: string } }
    return { items: list.items ?? [], resourceVersion: list.metadata.resourceVersion ?? '', ...(list.metadata.continue && { continue: list.metadata.continue }) }
  }
  watch<T extends AnyObject>(kind: Kind<T>, options: WatchOptions, seen: (event: WatchEvent<T>) => void, ended: (error?: unknown) => void): () => void {
    const query = listQuery(options, { watch: 'true', allowWatchBookmarks: options.bookmarks ? 'true' : undefined,
      sendInitialEvents: options.sendInitialEvents ? 'true' : undefined, timeoutSeconds: options.timeoutSeconds?.toString() })
    let over = false
    const finish = (error?: unknown) => { if (!over) { over = true; ended(error) } }
    const stop = this.#transport.stream({ method: 'GET', path: pathOf(kind, options.namespace), query, headers: this.#headers }, (event) => {
      if (over) return
      if (event.type === 'ERROR') { finish(ApiError.from(event.object as unknown as Parameters<typeof ApiError.from>[0])); stop?.() } // allowed: an ERROR event holds a Status
      else seen(event as WatchEvent<T>)
    }, finish)
    return () => { over = true; stop() }
  }
  async create<T extends AnyObject>(kind: Kind<T>, object: New<T>, options: WriteOptions = {}): Promise<T> {
    return await this.#send('POST', pathOf(kind, object.metadata.namespace), writeQuery(options), typed(kind, object)) as T
  }
  async update<T extends AnyObject>(kind: Kind<T>, object: T, options: WriteOptions = {}): Promise<T> {
    return await this.#send('PUT', pathOf(kind, object.metadata.namespace, object.metadata.name, options.subresource), writeQuery(options), typed(kind, object)) as T
  }
  async patch<T extends AnyObject>(kind: Kind<T>, target: Target, type: PatchType, patch: unknown, options: WriteOptions = {}): Promise<T> {
    const query = writeQuery(options, type === 'apply' ? { force: 'true' } : {})
    return await this.#send('PATCH', pathOf(kind, target.namespace, target.name, options.subresource), query, patch, patchTypes[type]) as T
  }
  async delete<T extends AnyObject>(kind: Kind<T>, target: Target, options?: DeleteOptions): Promise<void> {
    await this.#send('DELETE', pathOf(kind, target.namespace, target.name), '', deleteBody(options))
  }
  async deleteCollection<T extends AnyObject>(kind: Kind<T>, list: ListOptions, options?: DeleteOptions): Promise<void> {
    await this.#send('DELETE', pathOf(kind, list.namespace), listQuery(list), deleteBody(options))
  }
  async post<T extends AnyObject>(kind: Kind<T>, target: Target, subresource: string, body: object): Promise<unknown> {
    return await this.#send('POST', pathOf(kind, target.namespace, target.name, subresource), '', body)
  }
  async raw(method: Call['method'], path: string, options: { body?: unknown; headers?: Record<string, string> } = {}): Promise<unknown> {
    const [bare = '', query = ''] = path.split('?', 2)
    return await this.#retrying({ method, path: bare, query, headers: { ...this.#headers, ...options.headers }, ...(options.body !== undefined && { body: options.body }) })
  }
  close(): void { this.#transport.close() }

  #send(method: Call['method'], path: string, query = '', body?: unknown, contentType = 'application/json'): Promise<unknown> {
    const headers = body === undefined ? this.#headers : { ...this.#headers, 'content-type': contentType }
    return this.#retrying({ method, path, query, headers, ...(body !== undefined && { body }) })
  }

  /** A server that says when to come back is asked again then: it has done nothing yet. */
  async #retrying(call: Call): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      try { return await this.#transport.send(call) } catch (error) {
        const seconds = error instanceof ApiError && (error.status.code === 429 || error.status.code === 503) ? error.status.details?.retryAfterSeconds ?? 0 : 0
        // An eviction that a disruption budget forbids is a 429 that its caller must see.
        if (seconds <= 0 || tries >= maxTries || call.path.endsWith('/eviction')) throw error
        await pause(this.clock, Math.min(seconds * 1000, maxRetryAfterMs))
      }
    }
  }
}

const patchTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json', merge: 'application/merge-patch+json', strategic: 'application/strategic-merge-patch+json', apply: 'application/apply-patch+yaml',
}

const typed = <T extends AnyObject>(kind: Kind<T>, object: object): object =>
  'kind' in object && 'apiVersion' in object && object.kind && object.apiVersion ? object : { ...object, apiVersion: kind.apiVersion, kind: kind.kind }

/** The path of a resource, of one object, or of its subresource. */
export function pathOf(kind: Kind, namespace?: string, name?: string, subresource?: string): string {
  let path = kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`
  if (kind.namespaced && namespace) path += `/namespaces/${encodeURIComponent(namespace)}`
  path += `/${kind.resource}`
  if (name !== undefined) path += `/${encodeURIComponent(name)}`
  return subresource ? `${path}/${subresource}` : path
}

function queryOf(parameters: Readonly<Record<string, string | undefined>>): string {
  let query = ''
  for (const name in parameters) {
    const value = parameters[name]
    if (value !== undefined && value !== '') query += `${query && '&'}${name}=${encodeURIComponent(value)}`
  }
  return query
}
const writeQuery = (options: WriteOptions, more: Readonly<Record<string, string>> = {}): string =>
  queryOf({ dryRun: options.dryRun ? 'All' : undefined, fieldManager: options.fieldManager, ...more })
const listQuery = (o: ListOptions, more: Readonly<Record<string, string | undefined>> = {}): string => queryOf({
  labelSelector: typeof o.labelSelector === 'object' ? printSelector(selectorFrom(o.labelSelector)) : o.labelSelector, fieldSelector: o.fieldSelector, limit: o.limit?.toString(),
  continue: o.continue, resourceVersion: o.resourceVersion, resourceVersionMatch: o.resourceVersionMatch, ...more })

function deleteBody(options: DeleteOptions = {}): object | undefined {
  const { uid, resourceVersion, ...rest } = options
  if (Object.keys(options).length === 0) return undefined
  const preconditions = { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) }
  return { apiVersion: 'v1', kind: 'DeleteOptions', ...rest, ...(Object.keys(preconditions).length > 0 && { preconditions }) }
}
