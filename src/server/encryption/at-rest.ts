// Values that are kept unreadable: what of it the object layer must know, and how a value finds its way through the configured providers.
// In memory everything is readable; only what goes to the disk is sealed (see sealedEngine).
import type { KeyValue, Sealing } from '#store'
import { providersFor } from './configuration.ts'
import type { Transformation, TransformationMetrics } from './figures.ts'

/** One key of one provider. Stored values begin with the provider's prefix and the key's. */
export interface SealingKey {
  /** What stands behind the provider's prefix: `key1:`, or nothing. */
  readonly prefix: string
  seal(path: string, value: Uint8Array): Uint8Array
  /** Throws an Error when the data is not what this key made. */
  open(path: string, data: Uint8Array): Uint8Array
  /** Tells apart what was sealed under the same prefix with another key of a key service; absent: nothing does. */
  form?(data: Uint8Array): string
  /** The form in which values would be sealed now. */
  readonly currentForm?: string
}
export interface SealingProvider {
  /** `k8s:enc:aescbc:v1:`; '' keeps values as they are. */
  readonly prefix: string
  readonly keys: readonly SealingKey[]
  /** Why a value is not opened that begins with the prefix, but with none of the keys'. */
  readonly noKey: string
  /** Fetches what is needed to open these (without the prefix); absent: nothing is. */
  prepare?(data: readonly Uint8Array[]): Promise<void>
  /** Throws an Error when nothing can be sealed now. */
  check?(): void
}
export interface SealingRule { readonly group: string; readonly resource: string; readonly providers: readonly SealingProvider[] }
export interface ResourceName { readonly group: string; readonly resource: string }

/** What the object layer asks. */
export interface AtRest {
  /** Why this version cannot be read; undefined when it can. */
  problem(kv: KeyValue): string | undefined
  /** Whether a newly written value would be kept in another form: it is worth writing again unchanged. */
  isStale(kv: KeyValue): boolean
  /** Throws an Error when a value of this key cannot be written now. */
  check(key: string): void
}

/** Every sealed value begins so. */
const mark = new TextEncoder().encode('k8s:enc:')
const identity: SealingProvider = { prefix: '', keys: [], noKey: '' }
const unencrypted: readonly SealingProvider[] = [identity]

export class EncryptionAtRest implements Sealing, AtRest {
  readonly #resourceOf: (key: string) => ResourceName
  #rules: readonly SealingRule[]
  /** In what form the newest value of a key is kept, where it is sealed. */
  readonly #forms = new Map<string, string>()
  /** Versions that could not be opened. */
  readonly #problems = new Map<KeyValue, string>()

  readonly #figures: TransformationMetrics | undefined

  /** `resourceOf` tells what lies under a key. */
  constructor(rules: readonly SealingRule[], resourceOf: (key: string) => ResourceName, figures?: TransformationMetrics) {
    this.#rules = rules
    this.#figures = figures
    this.#resourceOf = resourceOf
  }

  async open(rows: Iterable<KeyValue>): Promise<readonly KeyValue[]> {
    const all = [...rows]
    await this.#prepare(all)
    return all.map((row) => {
      if (row.version === 0) { this.#forms.delete(row.key); return row }
      const opened = this.#tryOpen(row)
      if (typeof opened !== 'string') { this.#note(row.key, opened.form); return opened.value === row.value ? row : { ...row, value: opened.value } }
      this.#note(row.key, 'unreadable')
      const kept = { ...row }
      this.#problems.set(kept, opened)
      return kept
    })
  }

  seal(row: KeyValue): KeyValue {
    if (row.version === 0) { this.#forms.delete(row.key); return row }
    const providers = this.#providers(row.key), [first = identity] = providers, [key] = first.keys
    const sealed = this.#counted('to_storage', providers, first.prefix, key?.prefix, row.key, () => key?.seal(row.key, row.value))
    if (!key || !sealed) { this.#note(row.key, ''); return row }
    const front = latin1(first.prefix + key.prefix), value = new Uint8Array(front.length + sealed.length)
    value.set(front)
    value.set(sealed, front.length)
    this.#note(row.key, formOf(first, key, key.currentForm))
    return { ...row, value }
  }

  problem(kv: KeyValue): string | undefined { return this.#problems.size === 0 ? undefined : this.#problems.get(kv) }

  isStale({ key }: KeyValue): boolean {
    const [first = identity] = this.#providers(key), [current] = first.keys
    return (this.#forms.get(key) ?? '') !== (current ? formOf(first, current, current.currentForm) : '')
  }

  check(key: string): void { this.#providers(key)[0]?.check?.() }

  /** Other rules from now on. What could not be read before may be readable with them: it becomes so in its place, for everybody who holds it. */
  async replace(rules: readonly SealingRule[]): Promise<void> {
    const before = this.#rules
    this.#rules = rules
    try { await this.#prepare([...this.#problems.keys()]) } catch (error) { this.#rules = before; throw error }
    for (const kv of [...this.#problems.keys()]) {
      const opened = this.#tryOpen(kv)
      if (typeof opened === 'string') { this.#problems.set(kv, opened); continue }
      this.#problems.delete(kv)
      if (this.#forms.get(kv.key) === 'unreadable') this.#note(kv.key, opened.form)
      ;(kv as { value: Uint8Array }).value = opened.value
    }
  }

  /** Key services are asked once for all that is to be opened. */
  async #prepare(rows: readonly KeyValue[]): Promise<void> {
    const data = new Map<SealingProvider, Uint8Array[]>()
    for (const { key, value } of rows) {
      if (!startsWith(value, mark)) continue
      for (const provider of this.#providers(key)) {
        const front = latin1(provider.prefix)
        if (!provider.prepare || !startsWith(value, front)) continue
        const list = data.get(provider) ?? []
        list.push(value.subarray(front.length))
        data.set(provider, list)
      }
    }
    await Promise.all([...data].map(([provider, list]) => provider.prepare!(list)))
  }

  /** The value and the form it was in, or why it cannot be opened. */
  #tryOpen({ key, value }: KeyValue): { value: Uint8Array; form: string } | string {
    const providers = this.#providers(key), reasons: string[] = []
    if (!startsWith(value, mark)) return this.#counted('from_storage', providers, 'identity', undefined, key, () => ({ value, form: '' }))
    if (providers === unencrypted) return 'identity transformer tried to read encrypted data'
    for (const provider of providers) {
      if (provider.prefix === '' || !startsWith(value, latin1(provider.prefix))) continue
      const data = value.subarray(provider.prefix.length), fitting = provider.keys.filter((k) => startsWith(data, latin1(k.prefix)))
      if (fitting.length === 0) reasons.push(provider.noKey)
      for (const each of fitting) {
        try {
          const inner = data.subarray(each.prefix.length)
          return { value: this.#counted('from_storage', providers, provider.prefix, each.prefix, key, () => each.open(key, inner)), form: formOf(provider, each, each.form?.(inner)) }
        } catch (error) { reasons.push(error instanceof Error ? error.message : String(error)) }
      }
    }
    const all = [...new Set(reasons)]
    return all.length === 0 ? 'no matching prefix found' : all.length === 1 ? all[0]! : `[${all.join(', ')}]`
  }

  /** What is configured is counted under the provider's prefix, and the key's where it has one. */
  #counted<T>(type: Transformation, providers: readonly SealingProvider[], prefix: string, inner: string | undefined, key: string, run: () => T): T {
    const figures = this.#figures
    if (!figures || providers === unencrypted) return run()
    const { group, resource } = this.#resourceOf(key), of = group === '' ? resource : `${resource}.${group}`, begun = figures.stopwatch(), prefixes = inner ? [prefix, inner] : [prefix]
    try {
      const result = run(), ms = figures.stopwatch() - begun
      for (const each of prefixes) figures.done(type, each, of, ms)
      return result
    } catch (error) {
      for (const each of prefixes) figures.failed(type, each, of)
      throw error
    }
  }

  #providers(key: string): readonly SealingProvider[] {
    const { group, resource } = this.#resourceOf(key)
    return providersFor(this.#rules, group, resource)?.providers ?? unencrypted
  }

  #note(key: string, form: string): void {
    if (form === '') this.#forms.delete(key)
    else this.#forms.set(key, form)
  }
}

const formOf = ({ prefix }: SealingProvider, key: SealingKey, form = ''): string => `${prefix}${key.prefix}${form}`
const latin1 = (text: string): Uint8Array => { const out = new Uint8Array(text.length); for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i); return out }
function startsWith(data: Uint8Array, front: Uint8Array): boolean {
  if (data.length < front.length) return false
  for (let i = 0; i < front.length; i++) if (data[i] !== front[i]) return false
  return true
}

/** What lies under a key of the store: by the prefixes of the kinds that are known, else (custom resources) by the names in it. */
export function resourceNames(kinds: readonly { readonly group: string; readonly resource: string; readonly storagePrefix: string }[]): (key: string) => ResourceName {
  const known = new Map<string, ResourceName>()
  for (const { group, resource, storagePrefix } of kinds) if (!known.has(storagePrefix) || group === '') known.set(storagePrefix, { group, resource })
  return (key) => {
    const parts = key.split('/', 5), one = `/${parts[1]}/${parts[2]}/`
    return known.get(one) ?? known.get(`${one}${parts[3]}/`) ?? { group: parts[2] ?? '', resource: parts[3] ?? '' }
  }
}
