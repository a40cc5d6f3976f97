// A whole server in the process for tests, asked as clients ask it. No sockets, no waiting.
import { kinds, type loadFormer } from '#kinds'
import { seeded, silent, type ApiRequest, type ApiResponse, type Clock, type Log, type StreamSink, type User } from '#machinery'
import { memoryEngine, openStore, type Engine } from '#store'
import {
  allowAll, authenticatorChain, bearerAuthenticator, createApiServer, createObjects, impersonator, servedVersions, tokenFileAuthenticator, type AdmissionParts, type AdmissionPlugin, type AllowedOrigins, type ApiServer, type Auditor, type Authorizer, type Debugging, type FlowControlSettings, type KubeletConnector, type Metrics, type Objects, type Outbound, type RuntimeConfig, type TokenSigner, type Tracer,
} from './index.ts'

export type Body = Record<string, any> // allowed: whatever JSON came back
export interface Answer { readonly status: number; readonly body: Body; readonly text: string; readonly headers: ApiResponse['headers'] }
export type Ask = (line: string, body?: unknown, headers?: Record<string, string>, user?: User) => Promise<Answer>

/** Time that passes only when told. */
export class HandClock implements Clock {
  #now = Date.UTC(2026, 0, 1)
  #timers: { at: number; run: () => void }[] = []
  now() { return this.#now }
  after(ms: number, run: () => void) {
    const timer = { at: this.#now + ms, run }
    this.#timers.push(timer)
    return () => { this.#timers = this.#timers.filter((t) => t !== timer) }
  }
  pass(ms: number) {
    this.#now += ms
    for (const due of this.#timers.filter((t) => t.at <= this.#now)) { this.#timers = this.#timers.filter((t) => t !== due); due.run() }
  }
}

/** What plugins are made of, where a test needs nothing else of it. */
export const admissionParts = (parts: Pick<AdmissionParts, 'clock' | 'api'> & Partial<AdmissionParts>): AdmissionParts => ({
  random: seeded(2), authorizer: allowAll, tolerationSeconds: { notReady: 300, unreachable: 300 }, outbound: async () => { throw new Error('nobody is there') }, read: (path) => { throw new Error(`no file ${path}`) }, ...parts,
})

interface StartOptions {
  /** Default: one in memory whose commits are over at once. */
  readonly engine?: Engine
  readonly admission?: readonly AdmissionPlugin[] | ((parts: AdmissionParts) => readonly AdmissionPlugin[])
  readonly parts?: Partial<AdmissionParts>
  /** Default: everybody may do everything. Where one is given, users may act as others too. */
  readonly authorizer?: (objects: Objects) => Authorizer
  readonly former?: Awaited<ReturnType<typeof loadFormer>>
  /** --runtime-config; `features` are the gates that are on. */
  readonly runtimeConfig?: RuntimeConfig
  /** Bearer tokens; whoever has none is anonymous. */
  readonly users?: Readonly<Record<string, User>>
  readonly auditor?: Auditor
  readonly tokens?: TokenSigner
  readonly metrics?: Metrics
  readonly outbound?: Outbound
  readonly kubelet?: KubeletConnector
  readonly flowControl?: FlowControlSettings
  readonly log?: Log
  readonly features?: ReadonlySet<string>
  readonly tracer?: Tracer
  readonly debugging?: Debugging
  readonly cors?: AllowedOrigins
  readonly ttlSeconds?: number
}

export async function start({ admission = [], parts = {}, authorizer: authorizerOf, former, runtimeConfig, users, tokens, auditor, metrics, outbound, flowControl, log = silent, features, tracer, debugging, cors, ttlSeconds, kubelet, engine = memoryEngine() }: StartOptions = {}) {
  const clock = new HandClock()
  const store = await openStore({ engine, clock })
  const objects = createObjects({ store, clock, freeze: true, ...(ttlSeconds !== undefined && { ttlSeconds }) })
  const authorizer = authorizerOf?.(objects) ?? allowAll
  const plugins = typeof admission === 'function' ? admission(admissionParts({ clock, authorizer, api: (request) => handler(request), ...parts })) : admission
  const versions = runtimeConfig && await servedVersions(runtimeConfig, features ?? new Set(), log), further = versions?.further ?? former?.formerVersions
  const api: ApiServer = createApiServer({
    objects, clock, random: seeded(7), log, kinds: [...kinds, ...(versions?.kinds ?? former?.formerKinds ?? [])], admission: plugins, ...(further && { former: further }), ...(versions && { serves: versions.serves }), authorizer,
    ...(authorizerOf && { impersonate: impersonator(authorizer) }), ...(tokens && { tokens }), ...(auditor && { auditor }), ...(metrics && { metrics }), ...(outbound && { outbound }), ...(flowControl && { flowControl }), ...(features && { features }), ...(tracer && { tracer }), ...(debugging && { debugging }), ...(cors && { cors }), ...(kubelet && { kubelet }),
    authenticator: authenticatorChain(users ? [bearerAuthenticator([tokenFileAuthenticator(new Map(Object.entries(users)))])] : [], { anonymous: () => true, log: silent }),
  })
  const { handler } = api
  const send = (line: string, body?: unknown, headers: Record<string, string> = {}, user?: User): Promise<ApiResponse> => {
    const [method, url] = line.split(' ') as [ApiRequest['method'], string]
    const [path, query = ''] = url.split('?') as [string, string?]
    const type = method === 'PATCH' && !headers['content-type'] ? { 'content-type': 'application/merge-patch+json' } : {}
    const bytes = body === undefined ? undefined : body instanceof Uint8Array ? body : new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
    return handler({ method, path, query, headers: { 'user-agent': 'test/1', ...type, ...headers }, body: bytes, remote: '192.0.2.7', ...(user && { user }) })
  }
  const ask: Ask = async (line, body, headers, user) => {
    const response = await send(line, body, headers, user)
    const text = response.body.type === 'bytes' ? response.body.chunks.map((c) => new TextDecoder().decode(c)).join('') : ''
    return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) as Body : {}, headers: response.headers }
  }
  return { clock, store, objects, api, handler, send, ask }
}

export const maps = '/api/v1/namespaces/n/configmaps'
export const map = (name: string, more: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...more } })

/** Lines of a watch as they are written. */
export function collect(response: ApiResponse, options: { slow?: true } = {}) {
  if (response.body.type !== 'stream') throw new Error(`a stream was expected, not ${response.body.type} (${response.status})`)
  const events: { type: string; object: Body }[] = []
  let ended = false
  let drain: (() => void) | undefined
  const sink: StreamSink = {
    write(chunk) {
      for (const line of new TextDecoder().decode(chunk).trimEnd().split('\n')) events.push(JSON.parse(line) as { type: string; object: Body })
      return !options.slow
    },
    end() { ended = true },
    drained(run) { drain = run },
  }
  const stop = response.body.open(sink)
  return { events, isEnded: () => ended, drain: () => { const run = drain; drain = undefined; run?.() }, stop, seen: () => events.map((e) => `${e.type} ${e.object.metadata?.name ?? e.object.reason ?? ''}`.trim()) }
}

