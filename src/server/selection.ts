// Which objects a list, watch or deletecollection is about: namespace, label selector, field selector; and where to look for them.
import { badRequest, everyField, everything, parseFieldSelector, parseLabelSelector, quote, SelectorError, type FieldSelector, type LooseObject } from '#machinery'
import type { KeyValue } from '#store'
import { place, type Call } from './core.ts'
import type { Place } from './event-log.ts'
import { nameOfKey } from './objects.ts'

export interface Selection {
  /** Key prefix of everything in the namespace (or of all). */
  readonly prefix: string
  /** The one key it can be, when the selector names it. */
  readonly key: string | undefined
  /** Nothing is left out. */
  readonly all: boolean
  /** Whether the object of this version is meant. */
  readonly matches: (kv: KeyValue) => boolean
  /** Where a watcher should sit. */
  readonly place: Place
}

/** Reads the query's selectors. Throws BadRequest in the reference's words. */
export function selection(call: Call): Selection {
  const { core: { objects }, served: { kind, selectable }, info } = call
  const namespace = place(call)
  const labels = read(info.query.get('labelSelector'), parseLabelSelector, everything)
  const fields = read(info.query.get('fieldSelector'), parseFieldSelector, everyField)
  const known = fieldsOf(call, fields)
  const prefix = objects.prefix(kind, namespace)
  const name = info.name !== '' ? info.name : exact(known, 'metadata.name')
  const key = name !== undefined && name !== '' && isSegment(name) && (namespace !== '' || !kind.namespaced) ? objects.key(kind, namespace, name) : undefined
  const all = labels.empty && known.empty
  const rest = known.requirements.filter((r) => !(key !== undefined && r.field === 'metadata.name' && r.operator === '=' && r.value === name))
  const byValue = !labels.empty || rest.some((r) => r.field !== 'metadata.name')
  const matchesFields = (kv: KeyValue, value: LooseObject | undefined) => rest.every(({ field, operator, value: wanted }) => {
    const text = field === 'metadata.name' ? nameOfKey(kv.key) : field === 'metadata.namespace' ? value!.metadata.namespace ?? '' : selectable[field]!(value!) ?? ''
    return (text === wanted) === (operator === '=')
  })
  const matches = (kv: KeyValue): boolean => {
    if (key !== undefined ? kv.key !== key : !kv.key.startsWith(prefix)) return false
    if (all) return true
    const value = byValue ? objects.value(kind, kv) : undefined
    return (labels.empty || labels.matches(value!.metadata.labels)) && matchesFields(kv, value)
  }
  const field = selectable === kind.selectable ? rest.find((r) => r.operator === '=' && Object.hasOwn(selectable, r.field)) : undefined
  const sits: Place = key !== undefined ? { on: 'key', key } : field ? { on: 'field', field: field.field, value: field.value }
    : namespace !== '' && kind.namespaced ? { on: 'namespace', prefix } : { on: 'everything' }
  return { prefix, key, all: all && key === undefined, matches, place: sits }
}

function read<T>(text: string | undefined, parse: (text: string) => T, none: T): T {
  if (text === undefined || text === '') return none
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
}

/** Every field the selector names must be one the kind lets itself be selected by. */
function fieldsOf({ served: { kind, selectable, custom } }: Call, selector: FieldSelector): FieldSelector {
  const own = Object.keys(selectable)
  for (const { field } of selector.requirements) {
    if (field === 'metadata.name' || (field === 'metadata.namespace' && (kind.namespaced || (own.length === 0 && !custom))) || Object.hasOwn(selectable, field)) continue
    throw badRequest(kind.notSelectable ? kind.notSelectable(field) : own.length > 0 || custom ? `field label not supported: ${field}` : `${quote(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`)
  }
  return selector
}

const exact = (selector: FieldSelector, field: string): string | undefined => selector.requirements.find((r) => r.field === field && r.operator === '=')?.value
const isSegment = (name: string): boolean => !/[/%]/.test(name) && name !== '.' && name !== '..'

