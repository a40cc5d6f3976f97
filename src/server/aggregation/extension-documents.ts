// What extension servers say of themselves: their resources (discovery) and their schemas (OpenAPI). Fetched when an APIService changes and
// every minute, kept while a server is away, and told as stale then.
import type { Clock, Log, Random } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import { serviceTarget, type Outbound, type OutboundAnswer } from '../outbound.ts'
import { hex, sha256 } from '../paths/sha256.ts'
import type { ApiServices, Remote } from './api-services.ts'
import { identityHeaders } from './identity.ts'

const refreshMs = 60_000
const answerMs = 5_000
const mostBytes = 32 * 1024 * 1024

/** One version in the aggregated form of discovery. */
export interface VersionDiscovery { readonly version: string; readonly resources?: readonly ResourceDiscovery[]; readonly freshness: 'Current' | 'Stale' }
export interface ResourceDiscovery {
  readonly resource: string; readonly responseKind?: TypeName; readonly scope: string; readonly singularResource: string; readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]; readonly categories?: readonly string[]; readonly subresources?: readonly { readonly subresource: string; readonly responseKind?: TypeName; readonly verbs: readonly string[] }[]
}
interface TypeName { readonly group: string; readonly version: string; readonly kind: string }
export interface SwaggerDocument { readonly paths?: Readonly<Record<string, object>>; readonly definitions?: Readonly<Record<string, object>> }

export interface DocumentOptions {
  readonly services: ApiServices
  readonly objects: ObjectReader
  readonly outbound: Outbound
  readonly proxyIdentity: { readonly certificate: string; readonly key: string } | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

interface Kept { discovery: VersionDiscovery; v2: SwaggerDocument | undefined; v2Tag: string | undefined; v3: string | undefined }

export class ExtensionDocuments {
  readonly #options: DocumentOptions
  readonly #kept = new Map<string, Kept>()
  readonly #fetching = new Set<string>()
  #revision = 1
  #stop: () => void = () => {}
  #cancel: () => void = () => {}

  constructor(options: DocumentOptions) { this.#options = options }

  start(): void {
    const { services } = this.#options
    this.#stop = services.listen((name, service) => {
      const remote = service?.spec.service && find(services, name)
      if (remote) void this.#refresh(remote)
      else if (this.#kept.delete(name)) this.#revision++
    })
    const again = () => {
      for (const remote of services.remotes()) void this.#refresh(remote)
      this.#cancel = this.#options.clock.after(refreshMs, again)
    }
    again()
  }
  stop(): void { this.#stop(); this.#cancel() }

  /** Grows with every change of what they say. */
  get revision(): number { return this.#revision }
  discovery({ name, version }: Remote): VersionDiscovery { return this.#kept.get(name)?.discovery ?? { version, freshness: 'Stale' } }
  /** OpenAPI v2; undefined: not known. */
  swagger({ name }: Remote): SwaggerDocument | undefined { return this.#kept.get(name)?.v2 }
  /** The hash of the version's OpenAPI v3 document; undefined: it has none. */
  openapiHash(remote: Remote): string | undefined {
    const swagger = this.onlySwagger(remote)
    return swagger ? hashOf(swagger) : this.#kept.get(remote.name)?.v3
  }
  /** OpenAPI v2 of a server that has no v3: the version's v3 document is made of it. */
  onlySwagger({ name, group, version }: Remote): SwaggerDocument | undefined {
    const kept = this.#kept.get(name), base = `/apis/${group}/${version}/`
    return kept?.v3 === undefined && Object.keys(kept?.v2?.paths ?? {}).some((path) => `${path}/`.startsWith(base)) ? kept?.v2 : undefined
  }

  async #refresh(remote: Remote): Promise<void> {
    const { name, version, available } = remote
    const before = this.#kept.get(name)
    if (!available) { this.#keep(name, stale(before, version)); return }
    if (this.#fetching.has(name)) return
    this.#fetching.add(name)
    try {
      const [discovery, swagger, v3] = await Promise.all([this.#discover(remote), this.#swagger(remote, before), this.#openapi(remote)])
      if (find(this.#options.services, name)) this.#keep(name, { discovery, ...swagger, v3 })
    } catch (error) {
      this.#options.log.warn('an extension server did not tell what it serves', { api: name, error })
      this.#keep(name, stale(this.#kept.get(name), version))
    } finally {
      this.#fetching.delete(name)
    }
  }
  #keep(name: string, kept: Kept): void {
    const before = this.#kept.get(name)
    if (before && before.v2 === kept.v2 && before.v3 === kept.v3 && JSON.stringify(before.discovery) === JSON.stringify(kept.discovery)) return
    this.#kept.set(name, kept)
    this.#revision++
  }

  async #discover(remote: Remote): Promise<VersionDiscovery> {
    const { group, version } = remote
    const all = await this.#get(remote, '/apis', ['v2', 'v2beta1'].map((v) => `application/json;g=apidiscovery.k8s.io;v=${v};as=APIGroupDiscoveryList`).join(','))
    if (all.status === 200 && /as=APIGroupDiscoveryList/.test(String(all.headers['content-type']))) {
      const { items = [] } = parsed(all) as { items?: { metadata?: { name?: string }; versions?: VersionDiscovery[] }[] }
      const found = items.find((item) => item.metadata?.name === group)?.versions?.find((v) => v.version === version)
      return { ...found, version, freshness: 'Current' }
    }
    const one = await this.#get(remote, `/apis/${group}/${version}`, 'application/json')
    if (one.status !== 200) throw new Error(`/apis/${group}/${version} answered ${one.status}`)
    const { resources = [] } = parsed(one) as { resources?: ListedResource[] }
    return { version, resources: aggregatedForm(resources), freshness: 'Current' }
  }

  async #swagger(remote: Remote, before: Kept | undefined): Promise<Pick<Kept, 'v2' | 'v2Tag'>> {
    const answer = await this.#get(remote, '/openapi/v2', 'application/json', before?.v2Tag)
    if (answer.status === 304 && before) return { v2: before.v2, v2Tag: before.v2Tag }
    if (answer.status !== 200) return { v2: undefined, v2Tag: undefined }
    return { v2: parsed(answer) as SwaggerDocument, v2Tag: answer.headers['etag'] }
  }

  async #openapi(remote: Remote): Promise<string | undefined> {
    const answer = await this.#get(remote, '/openapi/v3', 'application/json')
    if (answer.status !== 200) return undefined
    const { paths = {} } = parsed(answer) as { paths?: Record<string, { serverRelativeURL?: string } | undefined> }
    const url = paths[`apis/${remote.group}/${remote.version}`]?.serverRelativeURL
    return url === undefined ? undefined : /[?&]hash=([^&]*)/.exec(url)?.[1] ?? ''
  }

  #get({ service, trust }: Remote, path: string, accept: string, etag?: string): Promise<OutboundAnswer> {
    const { objects, random, outbound, proxyIdentity } = this.#options
    const { url, connect } = serviceTarget({ ...service, path }, objects, random)
    const headers = { accept, ...(etag && { 'if-none-match': etag }), ...identityHeaders({ name: 'system:kube-aggregator', groups: ['system:masters'] }) }
    return outbound({ method: 'GET', url, connect, headers, ...trust, ...(proxyIdentity && { identity: proxyIdentity }), timeoutMs: answerMs, mostBytes })
  }
}

const hashes = new WeakMap<SwaggerDocument, string>()
function hashOf(document: SwaggerDocument): string {
  let hash = hashes.get(document)
  if (hash === undefined) { hash = hex(sha256(JSON.stringify(document))).toUpperCase().repeat(2); hashes.set(document, hash) }
  return hash
}
const find = (services: ApiServices, name: string): Remote | undefined => [...services.remotes()].find((r) => r.name === name)
const parsed = ({ body }: OutboundAnswer): unknown => JSON.parse(new TextDecoder().decode(body))
const stale = (before: Kept | undefined, version: string): Kept =>
  ({ v2: undefined, v2Tag: undefined, v3: undefined, ...before, discovery: { ...before?.discovery, version, freshness: 'Stale' } })

/** A resource as /apis/GROUP/VERSION lists it. */
export interface ListedResource {
  readonly name: string; readonly singularName?: string; readonly namespaced?: boolean; readonly group?: string; readonly version?: string; readonly kind?: string; readonly verbs?: readonly string[]
  readonly shortNames?: readonly string[]; readonly categories?: readonly string[]
}
/** The same resources in the aggregated form: subresources stand with their parents. */
export function aggregatedForm(list: readonly ListedResource[]): ResourceDiscovery[] {
  type Made = ResourceDiscovery & { subresources?: { subresource: string; responseKind: TypeName; verbs: readonly string[] }[] }
  const kindOf = ({ group = '', version = '', kind = '' }: ListedResource): TypeName => ({ group, version, kind })
  const scopeOf = ({ namespaced }: ListedResource) => (namespaced ? 'Namespaced' : 'Cluster')
  const made = new Map<string, Made>()
  for (const each of list) {
    if (each.name.includes('/')) continue
    const { name, singularName = '', verbs = [], shortNames = [], categories = [] } = each
    made.set(name, { resource: name, responseKind: kindOf(each), scope: scopeOf(each), singularResource: singularName, verbs, ...(shortNames.length > 0 && { shortNames }), ...(categories.length > 0 && { categories }) })
  }
  for (const each of list) {
    const [parent, ...rest] = each.name.split('/')
    if (rest.length === 0) continue
    const of: Made = made.get(parent!) ?? { resource: parent!, responseKind: { group: '', version: '', kind: '' }, scope: scopeOf(each), singularResource: '', verbs: [] }
    made.set(parent!, of)
    ;(of.subresources ??= []).push({ subresource: rest.join('/'), responseKind: kindOf(each), verbs: each.verbs ?? [] })
  }
  return [...made.values()]
}
