// The commands of scripts: what kubectl does, on the real server, without a process.
import { load, loadAll, dump } from 'js-yaml'
import { event, kinds } from '#kinds'
import { ApiError, is, qualified, type AnyObject, type Kind, type LooseObject, type OwnerReference } from '#machinery'
import { StableNames } from './stable-names.ts'
import { TestCluster } from './test-cluster.ts'

export class ScriptedKubectl {
  #cluster: TestCluster | undefined
  #names: StableNames | undefined

  async stop(): Promise<void> {
    this.#names?.stop()
    await this.#cluster?.stop()
  }

  /** One command of a script; its output as scripts show it. Errors of the server are output too. */
  async run(line: string, body: string): Promise<string> {
    const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '')
    const [verb = '', ...rest] = words
    if (verb === 'cluster') { await this.#begin(Object.fromEntries(rest.map((word) => word.split('=') as [string, string]))); return '' }
    const { cluster, names } = await this.#ready()
    try {
      const output = await this.#verb(verb, parseWords(rest.map((word) => names.real(word))), body, cluster)
      return aligned(names.shown(output), verb === 'get')
    } catch (error) {
      if (error instanceof ApiError) return names.shown(`Error from server (${error.status.reason ?? error.status.code}): ${error.message}\n`)
      throw error
    }
  }

  async #ready(): Promise<{ cluster: TestCluster; names: StableNames }> {
    if (!this.#cluster || !this.#names) await this.#begin({})
    return { cluster: this.#cluster!, names: this.#names! }
  }
  async #begin({ nodes = '0', seed = '1', scheduler = 'yes' }: Record<string, string>): Promise<void> {
    await this.stop()
    this.#cluster = await TestCluster.start({ nodes: Number(nodes), seed: Number(seed), scheduler: scheduler === 'yes' })
    this.#names = new StableNames(this.#cluster.client)
    await this.#cluster.settle()
  }

  async #verb(verb: string, given: Words, body: string, cluster: TestCluster): Promise<string> {
    const { words, flags, namespace } = given, { client } = cluster
    const settle = async () => { if (!flags.has('no-wait')) await cluster.settle() }
    switch (verb) {
      case 'apply': {
        const out: string[] = []
        for (const given of loadAll(body) as LooseObject[]) out.push(await apply(given, namespace, cluster))
        await settle()
        return out.join('')
      }
      case 'get': return table(words, given, cluster)
      case 'show': {
        const { kind, target } = one(words[0], namespace)
        const value = valueAt(await client.get(kind, target), words[1] ?? '')
        return value === undefined ? '<absent>\n' : typeof value === 'object' ? dump(value, { noRefs: true, lineWidth: -1 }) : `${String(value)}\n`
      }
      case 'delete': {
        const out: string[] = []
        const cascade = { orphan: 'Orphan', foreground: 'Foreground', background: 'Background' } as const
        for (const word of words) {
          const { kind, target } = one(word, namespace)
          await client.delete(kind, target, { ...(flags.has('cascade') && { propagationPolicy: cascade[flags.get('cascade') as keyof typeof cascade] }), ...(flags.has('force') && { gracePeriodSeconds: 0 }) })
          out.push(`${said(kind, target.name)} deleted\n`)
        }
        await settle()
        return out.join('')
      }
      case 'patch': {
        const { kind, target } = one(words[0], namespace)
        const subresource = flags.get('subresource')
        await client.patch(kind, target, (flags.get('type') ?? 'merge') as 'merge', load(words[1] || body), subresource ? { subresource } : {})
        await settle()
        return `${said(kind, target.name)} patched\n`
      }
      case 'scale': {
        const { kind, target } = one(words[0], namespace)
        await client.patch(kind, target, 'merge', { spec: { replicas: Number(words[1]) } })
        await settle()
        return `${said(kind, target.name)} scaled\n`
      }
      case 'own': {
        const { kind, target } = one(words[0], namespace), owners: OwnerReference[] = []
        for (const name of words.slice(1)) {
          const owner = await client.get<AnyObject>(kind, { name, namespace })
          owners.push({ apiVersion: kind.apiVersion, kind: kind.kind, name, uid: owner.metadata.uid, ...(flags.has('block') && { blockOwnerDeletion: true }) })
        }
        const finalizer = flags.get('finalizer')
        await client.create<AnyObject>(kind, { metadata: { ...target, ownerReferences: owners, ...(finalizer && { finalizers: [finalizer] }) } })
        await settle()
        return `${said(kind, target.name)} created\n`
      }
      case 'events': return events(words[0], namespace, cluster)
      case 'advance': await cluster.clock.advance(words[0] ?? '1s'); return ''
      case 'settle': await cluster.settle(); return ''
      case 'node': return node(words, cluster, settle)
      default: throw new Error(`scripts have no command "${verb}"`)
    }
  }
}

interface Words { readonly words: readonly string[]; readonly flags: ReadonlyMap<string, string>; readonly namespace: string }
function parseWords(all: readonly string[]): Words {
  const words: string[] = [], flags = new Map<string, string>()
  const short: Record<string, string> = { n: 'namespace', l: 'selector', o: 'output' }
  for (let i = 0; i < all.length; i++) {
    const word = all[i]!
    if (word === '-A') flags.set('all-namespaces', '')
    else if (/^-[nlo]$/.test(word)) flags.set(short[word[1]!]!, all[++i] ?? '')
    else if (word.startsWith('--')) { const [name = '', value = ''] = word.slice(2).split(/=(.*)/s, 2); flags.set(name, value) } else words.push(word)
  }
  return { words, flags, namespace: flags.get('namespace') ?? 'default' }
}

const kindNamed = (word: string): Kind => {
  const found = kinds.find((k) => [k.resource, k.singular, k.kind.toLowerCase(), `${k.resource}.${k.group}`, ...k.shortNames].includes(word.toLowerCase()))
  if (!found) throw new Error(`there is no kind called "${word}"`)
  return found
}
function one(word = '', namespace: string): { kind: Kind; target: { name: string; namespace?: string } } {
  const [noun = '', name = ''] = word.split('/'), kind = kindNamed(noun)
  return { kind, target: { name, ...(kind.namespaced && { namespace }) } }
}
const said = (kind: Kind, name: string): string => `${qualified({ resource: kind.singular, group: kind.group })}/${name}`

/** Creates, or merges into what is there, as an apply of a complete file does. */
async function apply(given: LooseObject, namespace: string, { client }: TestCluster): Promise<string> {
  const kind = kinds.find((k) => k.kind === given.kind && k.apiVersion === given.apiVersion)
  if (!kind) throw new Error(`there is no kind ${given.kind} in ${given.apiVersion}`)
  const metadata = { ...given.metadata, ...(kind.namespaced && { namespace: given.metadata.namespace ?? namespace }) }, object = { ...given, metadata }
  try {
    const before = await client.get<AnyObject>(kind, metadata)
    const after = await client.patch<AnyObject>(kind, metadata, 'merge', object)
    return `${said(kind, metadata.name)} ${before.metadata.resourceVersion === after.metadata.resourceVersion ? 'unchanged' : 'configured'}\n`
  } catch (error) {
    if (!is(error, 'NotFound')) throw error
    await client.create(kind, object)
    return `${said(kind, metadata.name)} created\n`
  }
}

interface Table { readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[]; readonly rows?: readonly { readonly cells: readonly unknown[]; readonly object?: { readonly metadata?: { readonly namespace?: string } } }[] }
async function table([word = '', name]: readonly string[], { flags, namespace }: Words, { client }: TestCluster): Promise<string> {
  const [noun = '', single = name] = word.split('/'), kind = kindNamed(noun), everywhere = flags.has('all-namespaces')
  let path = kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`
  if (kind.namespaced && !everywhere) path += `/namespaces/${namespace}`
  path += `/${kind.resource}${single ? `/${single}` : ''}${flags.has('selector') ? `?labelSelector=${encodeURIComponent(flags.get('selector')!)}` : ''}`
  const { columnDefinitions, rows } = await client.raw('GET', path, { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } }) as Table
  if (!rows?.length) return everywhere || !kind.namespaced ? 'No resources found\n' : `No resources found in ${namespace} namespace.\n`
  const shown = columnDefinitions.map(({ priority }, i) => ({ i, priority })).filter(({ priority }) => priority === 0 || flags.get('output') === 'wide').map(({ i }) => i)
  const lines = rows.map(({ cells, object }) => [...(everywhere && kind.namespaced ? [object?.metadata?.namespace ?? ''] : []), ...shown.map((i) => String(cells[i] ?? '<none>'))])
  return columns([[...(everywhere && kind.namespaced ? ['NAMESPACE'] : []), ...shown.map((i) => columnDefinitions[i]!.name.toUpperCase())], ...lines])
}

const columns = (rows: readonly (readonly string[])[]): string => rows.map((row) => row.join('\t')).join('\n') + '\n'
/** Cells in columns, once the names in them are those that scripts show, and in the order of those. */
function aligned(text: string, sorted: boolean): string {
  if (!text.includes('\t')) return text
  const [header = '', ...lines] = text.trimEnd().split('\n')
  const rows = [header, ...(sorted ? lines.sort() : lines)].map((line) => line.split('\t')), widths: number[] = []
  for (const row of rows) row.forEach((cell, i) => { widths[i] = Math.max(widths[i] ?? 0, cell.length) })
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join('   ').trimEnd()).join('\n') + '\n'
}

async function events(about: string | undefined, namespace: string, { client }: TestCluster): Promise<string> {
  const list = await client.list(event, { namespace }), only = about === undefined ? undefined : one(about, namespace)
  const rows = list.items.filter((e) => !only || (e.involvedObject.kind === only.kind.kind && e.involvedObject.name === only.target.name))
    .toSorted((a, b) => Number(a.metadata.name.split('.').at(-1) === b.metadata.name.split('.').at(-1) ? 0 : a.metadata.name.split('.').at(-1)! < b.metadata.name.split('.').at(-1)! ? -1 : 1))
    .map((e) => `${e.type ?? ''} ${e.reason ?? ''} ${(e.involvedObject.kind ?? '').toLowerCase()}/${e.involvedObject.name ?? ''}: ${e.message ?? ''}${(e.count ?? e.series?.count ?? 1) > 1 ? ` (x${e.count ?? e.series?.count})` : ''}\n`)
  return rows.join('') || `No events found in ${namespace} namespace.\n`
}

async function node([action, name = '', ...more]: readonly string[], cluster: TestCluster, settle: () => Promise<void>): Promise<string> {
  if (action === 'add') await cluster.nodes.add(name, Object.fromEntries(more.map((word) => word.split('=') as [string, string])))
  else if (action === 'cut-off') cluster.nodes.cutOff(name)
  else if (action === 'reconnect') await cluster.nodes.reconnect(name)
  else throw new Error('node add|cut-off|reconnect NAME')
  if (action !== 'cut-off') await settle()
  return `node ${name} ${action === 'add' ? 'added' : action === 'cut-off' ? 'cut off' : 'reconnected'}\n`
}

/** "status.conditions[type=Ready].reason" */
function valueAt(object: unknown, path: string): unknown {
  let value = object
  for (const step of path.replace(/^\./, '').match(/[^.[\]]+|\[[^\]]*\]/g) ?? []) {
    if (value === undefined || value === null) return undefined
    const inner = /^\[(.*)\]$/.exec(step)?.[1]
    if (inner === undefined) value = (value as Record<string, unknown>)[step]
    else if (/^\d+$/.test(inner)) value = (value as unknown[])[Number(inner)]
    else if (/^(["']).*\1$/.test(inner)) value = (value as Record<string, unknown>)[inner.slice(1, -1)]
    else { const [key = '', wanted] = inner.split('='); value = (value as Record<string, unknown>[]).find((entry) => entry[key] === wanted) }
  }
  return value
}
