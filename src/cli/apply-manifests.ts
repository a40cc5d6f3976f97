// `up -f`: manifests from files, folders and URLs, created or merged into what is there.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { loadAll } from 'js-yaml'
import { openApi, type Answer, type Api } from './api.ts'
import { Failure, messageOf, systemCode } from './failure.ts'

const fetchTimeoutMs = 30_000
const maxBytes = 16 * 1024 * 1024

interface Manifest { readonly apiVersion: string; readonly kind: string; readonly metadata: { readonly name: string; readonly namespace?: string } }
interface Resource { readonly name: string; readonly kind: string; readonly namespaced: boolean }

/** Applies everything in order; returns a line for each object. Stops at the first that is refused, naming its file. */
export async function applyManifests(kubeconfigFile: string, sources: readonly string[], progress: (step: string) => void): Promise<string[]> {
  const read = []
  // All are read before the first is applied: a file that cannot be read changes nothing.
  for (const source of sources) for (const { from, text } of await readSource(source)) read.push(...parseManifests(text, from).map((manifest) => ({ from, manifest })))
  const api = openApi(kubeconfigFile)
  const discovered = new Map<string, Promise<readonly Resource[]>>()
  const lines: string[] = []
  for (const { from, manifest } of read) {
    progress(`applying ${manifest.kind} ${manifest.metadata.name}`)
    lines.push(await apply(api, manifest, discovered, from))
  }
  return lines
}

async function apply(api: Api, manifest: Manifest, discovered: Map<string, Promise<readonly Resource[]>>, from: string): Promise<string> {
  const { apiVersion, kind, metadata } = manifest
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const resources = discovered.get(base) ?? discover(api, base)
  discovered.set(base, resources)
  const resource = (await resources).find((one) => one.kind === kind && !one.name.includes('/'))
  if (!resource) throw new Failure(`${from}: this cluster knows no kind ${kind} in ${apiVersion}`)
  const collection = resource.namespaced ? `${base}/namespaces/${encodeURIComponent(metadata.namespace ?? 'default')}/${resource.name}` : `${base}/${resource.name}`
  const what = `${resource.name}/${metadata.name}`
  const query = 'fieldManager=proa-up&fieldValidation=Strict'
  const created = await api.call('POST', `${collection}?${query}`, manifest)
  if (created.status === 201) return `${what} created`
  if (created.status !== 409) throw refusal(created, what, from)
  const patched = await api.call('PATCH', `${collection}/${encodeURIComponent(metadata.name)}?${query}`, manifest, 'application/merge-patch+json')
  if (patched.status >= 300) throw refusal(patched, what, from)
  return `${what} configured`
}

async function discover(api: Api, base: string): Promise<readonly Resource[]> {
  const { status, body } = await api.call('GET', base)
  return status === 200 ? (body as { resources: Resource[] }).resources : []
}

function refusal({ status, body }: Answer, what: string, from: string): Failure {
  const message = typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : `answer ${status}`
  return new Failure(`${from}: ${what} was refused: ${message}`)
}

/** The objects of a YAML or JSON text; lists are unpacked. Throws what is no manifest. */
export function parseManifests(text: string, from: string): Manifest[] {
  let documents: unknown[]
  try {
    documents = loadAll(text)
  } catch (error) {
    throw new Failure(`${from} is not valid YAML: ${messageOf(error).split('\n')[0]}`)
  }
  return documents.filter((document) => document !== null && document !== undefined).flatMap((document) => {
    const items = isRecord(document) && document['kind'] === 'List' && Array.isArray(document['items']) ? document['items'] as unknown[] : [document]
    return items.map((item) => {
      const metadata = isRecord(item) ? item['metadata'] : undefined
      if (!isRecord(item) || typeof item['apiVersion'] !== 'string' || typeof item['kind'] !== 'string' || !isRecord(metadata) || typeof metadata['name'] !== 'string') {
        throw new Failure(`${from}: every object needs apiVersion, kind and metadata.name`)
      }
      return item as unknown as Manifest // allowed: checked field by field just above
    })
  })
}

async function readSource(source: string): Promise<{ from: string; text: string }[]> {
  if (/^https?:\/\//.test(source)) return [{ from: source, text: await download(source) }]
  try {
    if (!statSync(source).isDirectory()) return [{ from: source, text: readFileSync(source, 'utf8') }]
    return readdirSync(source).filter((name) => /\.(?:ya?ml|json)$/.test(name)).sort()
      .map((name) => join(source, name)).map((from) => ({ from, text: readFileSync(from, 'utf8') }))
  } catch (error) {
    throw new Failure(systemCode(error) === 'ENOENT' ? `there is no file or folder ${source}` : `cannot read ${source}: ${messageOf(error)}`, 1, { cause: error })
  }
}

async function download(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(fetchTimeoutMs) })
    if (!answer.ok) throw new Error(`answer ${answer.status}`)
    const bytes = await answer.arrayBuffer()
    if (bytes.byteLength > maxBytes) throw new Error('it is too large')
    return new TextDecoder().decode(bytes)
  } catch (error) {
    throw new Failure(`cannot fetch ${url}: ${messageOf(error instanceof Error && error.cause ? error.cause : error)}`, 1, { cause: error })
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
