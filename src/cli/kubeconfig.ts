// Puts a context into the text of a kubeconfig and takes it out again. What others wrote stays as it is, comments included,
// as long as the file has kubectl's usual shape; a file of another shape (JSON, say) is written anew with the same content.
import { isDeepStrictEqual } from 'node:util'
import { dump, load } from 'js-yaml'
import { Failure, messageOf } from './failure.ts'

/** What a context needs, PEM texts as they are. */
export interface Access { readonly server: string; readonly certificateAuthority: string; readonly certificate: string; readonly key: string }

interface Named { readonly name: string; readonly [field: string]: unknown }
type Section = 'clusters' | 'contexts' | 'users'
/** The parts of a kubeconfig that matter here; everything else is carried along. */
export interface Kubeconfig { readonly clusters: readonly Named[]; readonly contexts: readonly Named[]; readonly users: readonly Named[]; readonly currentContext: string; readonly all: Readonly<Record<string, unknown>> }

/** Our mark on a context, where the one selected before is kept. Clients of Kubernetes ignore and keep extensions. */
const mark = 'proa'

/** Reads a kubeconfig; refuses what is none, naming the file. An empty text is an empty kubeconfig. */
export function parseKubeconfig(text: string, file: string): Kubeconfig {
  const refuse = (why: string) => new Failure(`${file} is not a kubeconfig (${why}), so it is left as it is. Repair it, or use --kubeconfig FILE for another one.`)
  let all: unknown
  try {
    // A file without content, or with comments only, is an empty kubeconfig.
    all = text.replace(/^\s*(?:#.*)?$/gm, '').trim() === '' ? {} : loaded(text) ?? {}
  } catch (error) {
    throw refuse(messageOf(error).split('\n')[0]!)
  }
  if (!isRecord(all)) throw refuse('it holds no mapping')
  if ('kind' in all && all['kind'] !== 'Config') throw refuse(`its kind is ${JSON.stringify(all['kind'])}`)
  const section = (name: Section): Named[] => {
    const list = all[name] ?? []
    if (!Array.isArray(list) || !list.every((item) => isRecord(item) && typeof item['name'] === 'string')) throw refuse(`${name} is not a list of named entries`)
    return list as Named[]
  }
  const current = all['current-context'] ?? ''
  if (typeof current !== 'string') throw refuse('current-context is not a name')
  return { clusters: section('clusters'), contexts: section('contexts'), users: section('users'), currentContext: current, all }
}

/** A start looks at the same text five times; nobody changes what is read here. */
function loaded(text: string): unknown {
  if (last?.text !== text) last = { text, value: load(text) }
  return last.value
}
let last: { readonly text: string; readonly value: unknown } | undefined

/** Whether a kubeconfig has a context of that name, and whether it is ours. */
export function findContext(config: Kubeconfig, name: string): 'ours' | 'foreign' | undefined {
  const entry = config.contexts.find((item) => item.name === name)
  return entry ? extensionOf(entry) ? 'ours' : 'foreign' : undefined
}

/** The context that was selected before ours was; '' when none was. */
export function previousContext(config: Kubeconfig, name: string): string {
  const extension = extensionOf(config.contexts.find((item) => item.name === name))
  return isRecord(extension) && typeof extension['previous'] === 'string' ? extension['previous'] : ''
}

/** A kubeconfig of one context, complete in itself. */
export const renderKubeconfig = (name: string, access: Access): string => render({
  apiVersion: 'v1', kind: 'Config', ...entriesOf(name, access, ''), 'current-context': name,
})

/** The text with the context in it, replaced if it was there. `previous` is selected again when it is removed. */
export function addContext(text: string, file: string, name: string, access: Access, previous: string): string {
  const config = parseKubeconfig(text, file)
  if (Object.keys(config.all).length === 0) return text + render({ apiVersion: 'v1', kind: 'Config', ...entriesOf(name, access, previous) })
  const entries = entriesOf(name, access, previous)
  const all: Record<string, unknown> = { ...config.all }
  let edited = text
  for (const section of ['clusters', 'contexts', 'users'] as const) {
    const entry = entries[section][0]!
    const at = config[section].findIndex((item) => item.name === name)
    all[section] = at === -1 ? [...config[section], entry] : config[section].with(at, entry)
    edited = editSection(edited, section, name, entry)
  }
  return verified(edited, text, all)
}

/** The text without the context, its cluster and its user. */
export function removeContext(text: string, file: string, name: string): string {
  const config = parseKubeconfig(text, file)
  const all: Record<string, unknown> = { ...config.all }
  let edited = text
  for (const section of ['clusters', 'contexts', 'users'] as const) {
    if (!config[section].some((item) => item.name === name)) continue
    all[section] = config[section].filter((item) => item.name !== name)
    edited = editSection(edited, section, name, undefined)
  }
  return verified(edited, text, all)
}

/** The text with another context selected. */
export function selectContext(text: string, file: string, name: string): string {
  const config = parseKubeconfig(text, file)
  if (config.currentContext === name && (name !== '' || 'current-context' in config.all)) return text
  const line = `current-context: ${render(name).trim()}`
  const edited = /^current-context:/m.test(text) ? text.replace(/^current-context:.*$/m, () => line) : `${endLine(text)}${line}\n`
  return verified(edited, text, { ...config.all, 'current-context': name })
}

function entriesOf(name: string, { server, certificateAuthority, certificate, key }: Access, previous: string): Record<Section, Named[]> {
  const base64 = (pem: string) => Buffer.from(pem).toString('base64')
  return {
    clusters: [{ cluster: { 'certificate-authority-data': base64(certificateAuthority), server }, name }],
    contexts: [{ context: { cluster: name, extensions: [{ extension: { previous }, name: mark }], user: name }, name }],
    users: [{ name, user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } }],
  }
}

function extensionOf(entry: Named | undefined): unknown {
  const context = entry?.['context']
  const extensions = isRecord(context) && Array.isArray(context['extensions']) ? context['extensions'] as unknown[] : []
  const found = extensions.find((item) => isRecord(item) && item['name'] === mark)
  return isRecord(found) ? found['extension'] ?? {} : undefined
}

/** The edited text if it means what it should, else the whole content written anew. */
function verified(edited: string, before: string, all: Record<string, unknown>): string {
  try {
    if (isDeepStrictEqual(load(edited), all)) return edited
    if (isDeepStrictEqual(load(before), all)) return before
  } catch { /* the edit did not fit the file's shape */ }
  return render(all)
}

/** Adds, replaces or removes the entry `name` of a section in block style, line by line. */
function editSection(text: string, section: Section, name: string, entry: Named | undefined): string {
  const lines = endLine(text).split('\n').slice(0, -1)
  const header = lines.findIndex((line) => line.startsWith(`${section}:`))
  if (header === -1) return entry ? [...lines, `${section}:`, ...item(entry, ''), ''].join('\n') : text
  let end = lines.findIndex((line, i) => i > header && /^[^\s#-]/.test(line))
  if (end === -1) end = lines.length
  const indent = /^( *)- /.exec(lines.slice(header + 1, end).find((line) => /^ *- /.test(line)) ?? '- ')?.[1] ?? ''
  const starts = lines.flatMap((line, i) => i > header && i < end && line.startsWith(`${indent}- `) ? [i] : [])
  for (const [n, start] of starts.entries()) {
    let stop = starts[n + 1] ?? end
    // Comments and blank lines above the next entry stay with that one.
    while (stop > start + 1 && /^\s*(?:#.*)?$/.test(lines[stop - 1]!)) stop--
    if (nameOf(lines.slice(start, stop)) !== name) continue
    lines.splice(start, stop - start, ...(entry ? item(entry, indent) : []))
    if (!entry && starts.length === 1) lines[header] = `${section}: []`
    return `${lines.join('\n')}\n`
  }
  if (!entry) return text
  if (starts.length === 0) lines[header] = `${section}:`
  let at = end
  while (at > header + 1 && /^\s*(?:#.*)?$/.test(lines[at - 1]!)) at--
  lines.splice(at, 0, ...item(entry, indent))
  return `${lines.join('\n')}\n`
}

const item = (entry: Named, indent: string): string[] => render([entry]).trimEnd().split('\n').map((line) => indent + line)

function nameOf(lines: readonly string[]): string | undefined {
  try {
    const [read] = load(lines.join('\n')) as Named[]
    return read?.name
  } catch {
    return undefined
  }
}

const render = (value: unknown): string => dump(value, { noRefs: true, lineWidth: -1 })
const endLine = (text: string): string => text === '' || text.endsWith('\n') ? text : `${text}\n`
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
