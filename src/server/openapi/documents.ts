// The documents themselves, made when they are asked for and kept while what they show stays: /openapi/v3 has an index and one for each
// version (and for what is no resource), /openapi/v2 is one for all.
import { LRUCache } from 'lru-cache'
import type { Aggregation, Remote, SwaggerDocument } from '../aggregation/index.ts'
import type { Core } from '../core.ts'
import { hex, sha256 } from '../paths/sha256.ts'
import type { Served } from '../served.ts'
import { definitionsOf, discoveryDefinitions } from './definitions.ts'
import { fromSwagger } from './from-swagger.ts'
import { gnostic } from './gnostic.ts'
import { addSwagger } from './merge.ts'
import { pathsOf } from './paths.ts'
import { rootDocuments, versionPath } from './root-paths.ts'

/** All documents that are kept, in bytes. */
const keptBytes = 12 * 1024 * 1024
const encoder = new TextEncoder()
const about = { title: 'Kubernetes', version: 'v1.36.2' }
const token = { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' }

export type Form = 'json' | 'protobuf'
export interface Document { readonly bytes: Uint8Array; readonly hash: string }
/** What one version adds to the document of all, as JSON texts by their names. */
interface Part { readonly paths: Entries; readonly parameters: Entries; readonly definitions: Entries }
type Entries = readonly (readonly [name: string, text: string])[]

export class OpenApiDocuments {
  readonly #core: Core
  readonly #aggregation: Aggregation
  readonly #build: string
  readonly #kept = new LRUCache<string, Uint8Array>({ maxSize: keptBytes, sizeCalculation: (bytes) => bytes.length + 1 })
  readonly #parts = new LRUCache<string, Part>({ maxSize: keptBytes, sizeCalculation: ({ paths, definitions }) => [...paths, ...definitions].reduce((sum, [name, text]) => sum + name.length + text.length, 1) })
  #index: { readonly of: string; readonly hashes: ReadonlyMap<string, string> } | undefined
  readonly #hashes = new Map<string, { readonly revision: number; readonly hash: string }>()

  /** `build` changes with the program. */
  constructor(core: Core, aggregation: Aggregation, build: string) {
    this.#core = core
    this.#aggregation = aggregation
    this.#build = build
  }

  /** The names of all v3 documents, with their hashes. */
  index(): ReadonlyMap<string, string> {
    const { services, documents } = this.#aggregation, { registry } = this.#core
    const of = `${registry.revision}/${services.revision}/${documents.revision}`
    if (this.#index?.of === of) return this.#index.hashes
    const out = new Map(Object.keys(rootDocuments(this.#groups())).map((name) => [name, this.#hashOfRoot(name)]))
    for (const { name: group, versions } of [{ name: '', versions: registry.versions('') }, ...services.groups('byService')]) {
      for (const version of versions) {
        const remote = services.remote(group, version), hash = remote ? documents.openapiHash(remote) : this.#hashOf(group, version)
        if (hash !== undefined) out.set(group === '' ? `api/${version}` : `apis/${group}/${version}`, hash)
      }
    }
    const hashes = new Map([...out].sort(([a], [b]) => (a < b ? -1 : 1)))
    this.#index = { of, hashes }
    return hashes
  }

  /** A v3 document by its name in the index; undefined: there is none (or another server has it). */
  v3(name: string, form: Form): Document | undefined {
    const [prefix, group, version] = name.startsWith('api/') ? ['api', '', name.slice(4)] : name.split('/')
    const served = version === undefined || (prefix !== 'api' && prefix !== 'apis') ? [] : this.#core.registry.resources(group!, version)
    if (served.length > 0) {
      const hash = this.#hashOf(group!, version!)
      return { hash, bytes: this.#made(`v3/${form}/${name}/${hash}`, form, 'v3', () => this.#document3(pathsOf('v3', served, isBuiltIn(served) ? versionPath(group!, version!) : {}).paths, definitionsOf('v3', served, this.#builtInVersions()))) }
    }
    const root = rootDocuments(this.#groups())[name]
    return root && { hash: this.#hashOfRoot(name), bytes: this.#made(`v3/${form}/${name}/${this.#hashOfRoot(name)}`, form, 'v3', () => this.#document3(pathsOf('v3', [], root).paths, discoveryDefinitions('v3'))) }
  }

  /** The v3 document of a version that another server serves, where that server knows v2 alone; undefined: it has its own. */
  v3Elsewhere(remote: Remote, form: Form): Document | undefined {
    const { documents } = this.#aggregation, { group, version } = remote, swagger = documents.onlySwagger(remote)
    if (!swagger) return undefined
    const hash = documents.openapiHash(remote)!
    return { hash, bytes: this.#made(`v3/${form}/apis/${group}/${version}/${hash}`, form, 'v3', () => fromSwagger(swagger as SwaggerDocument & Record<string, unknown>, `/apis/${group}/${version}`)) }
  }

  /** The v2 document of everything that is served, here and elsewhere. */
  v2(form: Form): Document {
    const { services, documents } = this.#aggregation
    const versions = this.#versions()
    const hash = this.#hash([this.#build, ...this.#groups(), ...versions.map(({ group, version }) => this.#hashOf(group, version)), `${services.revision}/${documents.revision}`])
    return { hash, bytes: this.#made(`v2/${form}/${hash}`, form, 'v2', () => this.#document2(versions)) }
  }

  #made(key: string, form: Form, version: 'v2' | 'v3', make: () => object | string): Uint8Array {
    let bytes = this.#kept.get(key)
    if (!bytes) {
      const made = make()
      bytes = form === 'json' ? encoder.encode(typeof made === 'string' ? made : JSON.stringify(made)) : gnostic(version, typeof made === 'string' ? JSON.parse(made) as object : made)
      this.#kept.set(key, bytes)
    }
    return bytes
  }

  #document3 = (paths: object, schemas: object): object => ({ openapi: '3.0.0', info: about, paths, components: { schemas, securitySchemes: { BearerToken: token } }, security: [{ BearerToken: [] }] })

  #document2(versions: readonly Version[]): string {
    const { services, documents } = this.#aggregation
    const parts = [this.#rootPart(), ...versions.map((version) => this.#part(version))]
    const merged = { paths: new Map<string, string>(), parameters: new Map<string, string>(), definitions: new Map<string, string>() }
    for (const part of parts) for (const member of ['paths', 'parameters', 'definitions'] as const) for (const [name, text] of part[member]) if (!merged[member].has(name)) merged[member].set(name, text)
    const extensions = [...services.remotes()].flatMap((remote) => { const swagger = documents.swagger(remote); return swagger ? [{ remote, swagger }] : [] })
    if (extensions.length > 0) {
      const values = { paths: parsed(merged.paths), definitions: parsed(merged.definitions) }
      for (const { remote, swagger } of extensions) addSwagger(values, swagger, remote.group, remote.version)
      for (const member of ['paths', 'definitions'] as const) for (const [name, value] of Object.entries(values[member])) merged[member].set(name, JSON.stringify(value))
    }
    const object = (entries: Map<string, string>) => `{${[...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`
    return `{"swagger":"2.0","info":${JSON.stringify(about)},"paths":${object(merged.paths)},"definitions":${object(merged.definitions)},"parameters":${object(merged.parameters)},"securityDefinitions":${JSON.stringify({ BearerToken: token })},"security":[{"BearerToken":[]}]}`
  }
  #part({ group, version }: Version): Part {
    const key = `${group}/${version}/${this.#hashOf(group, version)}`
    let part = this.#parts.get(key)
    if (!part) {
      const served = this.#core.registry.resources(group, version)
      const { paths, parameters } = pathsOf('v2', served, isBuiltIn(served) ? versionPath(group, version) : {})
      part = { paths: texts(paths), parameters: texts(parameters), definitions: texts(definitionsOf('v2', served, this.#builtInVersions())) }
      this.#parts.set(key, part)
    }
    return part
  }
  #rootPart(): Part {
    const { paths, parameters } = pathsOf('v2', [], Object.assign({}, ...Object.values(rootDocuments(this.#groups()))))
    return { paths: texts(paths), parameters: texts(parameters), definitions: texts(discoveryDefinitions('v2')) }
  }

  #groups(): string[] { return this.#aggregation.services.groups('byService').map(({ name }) => name) }
  /** What this server serves itself. */
  #versions(): Version[] {
    const { registry } = this.#core, { services } = this.#aggregation
    return [{ name: '', versions: registry.versions('') }, ...services.groups('byService')].flatMap(({ name: group, versions }) => versions.filter((version) => !services.remote(group, version)).map((version) => ({ group, version })))
  }
  #builtInVersions(): Version[] { return this.#core.registry.groups().filter(({ name }) => this.#core.registry.isBuiltIn(name)).flatMap(({ name: group, versions }) => versions.map((version) => ({ group, version }))) }

  #hash(parts: readonly string[]): string { return hex(sha256(parts.join('\n'))).toUpperCase().repeat(2) }
  /** What a root document says follows from its name. */
  #hashOfRoot(name: string): string { return this.#hash([this.#build, 'root', name]) }
  /** Follows from what the version serves: the same after a restart. */
  #hashOf(group: string, version: string): string {
    const key = `${group}/${version}`, { registry } = this.#core, revision = registry.revisionOf(group, version)
    let known = this.#hashes.get(key)
    if (known?.revision !== revision) {
      known = { revision, hash: this.#hash([this.#build, key, ...registry.resources(group, version).map(described)]) }
      if (revision === 0) this.#hashes.delete(key)
      else this.#hashes.set(key, known)
    }
    return known.hash
  }
}
interface Version { readonly group: string; readonly version: string }

const isBuiltIn = (served: readonly Served[]): boolean => served.some((each) => !each.custom)
const texts = (values: Readonly<Record<string, object>>): Entries => Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)])
const parsed = (entries: ReadonlyMap<string, string>): Record<string, object> => Object.fromEntries([...entries].map(([name, text]) => [name, JSON.parse(text) as object]))

/** What a document shows of a resource: for those of the program its name is enough. */
const schemas = new WeakMap<Served, string>()
function described(served: Served): string {
  if (!served.custom) return served.resource
  let text = schemas.get(served)
  if (text === undefined) {
    const { resource, kindName, namespaced, verbs, subresources, custom, deprecated } = served
    text = hex(sha256(JSON.stringify([resource, kindName, namespaced, verbs, [...subresources.keys()], custom.stamp, deprecated])))
    schemas.set(served, text)
  }
  return text
}
