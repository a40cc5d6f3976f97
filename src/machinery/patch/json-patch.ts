// JSON patch (RFC 6902) as the reference applies it: any failing operation refuses the whole. Beyond the standard, negative
// indexes count from the end, what stands before a path's first slash is ignored, and replacing a missing member adds it.
import { ApiError, patchRefused } from '../errors.ts'
import { quote } from '../go-quote.ts'
import { copy, same, setOwn } from '../same.ts'

/** The reference takes no more operations than this. */
export const maxJsonPatchOperations = 10_000
/** Bytes of JSON that all copy operations of one patch may add. */
const maxCopiedBytes = 3 * 1024 * 1024

type Json = unknown
type Container = Json[] | Record<string, Json>
interface Operation { readonly op: string; readonly path: string; readonly from?: string; readonly value?: Json }

/** The document after the patch; what the patch does not touch is shared. Throws ApiError (400, 413, 422). */
export function applyJsonPatch(document: Json, patch: Json): Json {
  const state: State = { root: document, mine: new WeakSet(), copied: 0 }
  for (const operation of operationsOf(patch)) apply(state, operation)
  return state.root
}

function operationsOf(patch: Json): Operation[] {
  if (patch === null) return []
  if (!Array.isArray(patch)) {
    const type = typeof patch === 'boolean' ? 'bool' : typeof patch
    throw patchRefused(400, `json: cannot unmarshal ${type} into Go value of type jsonpatch.Patch`)
  }
  if (patch.length > maxJsonPatchOperations)
    throw patchRefused(413, `The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${patch.length}`)
  for (const operation of patch) {
    if (typeof operation !== 'object' || operation === null || Array.isArray(operation))
      throw patchRefused(400, `json: cannot unmarshal ${Array.isArray(operation) ? 'array' : typeof operation} into Go value of type jsonpatch.Operation`)
  }
  return patch
}

/** `mine` are the containers made while patching: they may be changed in place, all others are copied first. */
interface State { root: Json; readonly mine: WeakSet<object>; copied: number }

function apply(state: State, { op, path, from, value }: Operation): void {
  if (typeof path !== 'string') throw refused(`${op} operation failed to decode path: missing value`)
  switch (op) {
    case 'add': return put(state, path, value ?? null, 'add')
    case 'replace': return put(state, path, value ?? null, 'replace')
    case 'remove': return remove(state, path, 'remove')
    case 'test':
      if (!same(find(state.root, path, 'test') ?? null, value ?? null)) throw refused(`testing value ${path} failed: test failed`, testFailed)
      return
    case 'move': {
      const moved = find(state.root, fromOf(from, op), 'move')
      if (path.startsWith(from + '/')) throw refused('a value cannot be moved into itself')
      remove(state, from!, 'move')
      return put(state, path, moved, 'move')
    }
    case 'copy': {
      const copied = find(state.root, fromOf(from, op), 'copy')
      state.copied += JSON.stringify(copied)?.length ?? 0
      if (state.copied > maxCopiedBytes)
        throw refused(`Unable to complete the copy, the accumulated size increase of copy is ${state.copied}, exceeding the limit ${maxCopiedBytes}`)
      return put(state, path, copy(copied), 'copy')
    }
    default: throw refused(`Unexpected kind: ${String(op ?? 'unknown')}`)
  }
}
type Op = 'add' | 'replace' | 'remove' | 'test' | 'move' | 'copy'
const testFailed = 'test'
/** Whether a patch was refused because a `test` in it failed. */
export const isFailedTest = (error: unknown): boolean => error instanceof ApiError && (error.cause as { name?: string } | undefined)?.name === testFailed
/** What went wrong in a patch, in the words of the reference's library; clients of PATCH do not get to see them. */
export const whyPatchFailed = (error: ApiError): string => (error.cause instanceof Error ? error.cause.message : error.message)
function refused(why: string, name = 'refused'): ApiError {
  const error = patchRefused(422, why)
  if (error.cause instanceof Error) error.cause.name = name
  return error
}
const missing = (op: Op, path: string): ApiError => refused(
  op === 'add' || op === 'remove' ? `${op} operation does not apply: doc is missing path: "${path}": missing value`
    : op === 'replace' ? `replace operation does not apply: doc is missing path: ${path}: missing value`
    : op === 'test' ? `test operation does not apply: is missing path: ${path}: missing value`
      : `${op} operation does not apply: doc is missing ${op === 'move' ? 'from path' : 'path'}: ${path}: missing value`)
/** A container refuses the last step. */
const within = (op: Op, path: string, why: string): ApiError => refused(`error in ${op} for path: '${path}': ${why}`)
const fromOf = (from: string | undefined, op: Op): string => { if (typeof from !== 'string') throw refused(`${op} operation failed to decode from: missing value`); return from }

function stepsOf(path: string, op: Op): string[] {
  if (path === '') return []
  const slash = path.indexOf('/')
  if (slash < 0) throw missing(op, path)
  return path.slice(slash + 1).split('/').map((step) => step.replace(/~1/g, '/').replace(/~0/g, '~'))
}
const isContainer = (value: Json): value is Container => typeof value === 'object' && value !== null

/** Place in an array: from 0 to its length (`add`) or its last item; -1 is the last. Or why there is none. */
function indexOf(step: string, limit: number): number | string {
  if (!/^[+-]?\d{1,15}$/.test(step)) return `value was not a proper array index: '${step}': strconv.Atoi: parsing ${quote(step)}: invalid syntax`
  const index = Number(step) < 0 ? Number(step) + limit : Number(step)
  return index < 0 || index >= limit ? `Unable to access invalid index: ${Number(step)}: invalid index referenced` : index
}
function inner(container: Json, step: string, path: string, op: Op): Json {
  if (!isContainer(container)) throw missing(op, path)
  if (Array.isArray(container)) {
    const index = indexOf(step, container.length)
    if (typeof index === 'string') throw missing(op, path)
    return container[index]
  }
  if (!Object.hasOwn(container, step)) throw missing(op, path)
  return container[step]
}
/** What lies at a path; a missing member of an object is nothing where it is the last step of a `test`. */
function find(root: Json, path: string, op: Op): Json {
  const steps = stepsOf(path, op)
  if (steps.length === 0 && op !== 'test') throw missing(op, path)
  return steps.reduce<Json>((value, step, i) => {
    if (i === steps.length - 1 && isContainer(value)) {
      if (op === 'test' && !Array.isArray(value)) return Object.hasOwn(value, step) ? value[step] : null
      const index = Array.isArray(value) ? indexOf(step, value.length) : 0
      if (typeof index === 'string') throw within(op, path, index)
    }
    return inner(value, step, path, op)
  }, root)
}

/** The container that holds the path's last step, with all on the way made changeable. */
function holder(state: State, steps: readonly string[], path: string, op: Op): Container {
  const own = (value: Json, place: (changeable: Container) => void): Container => {
    if (!isContainer(value)) throw missing(op, path)
    if (state.mine.has(value)) return value
    const changeable = Array.isArray(value) ? [...value] : { ...value }
    state.mine.add(changeable)
    place(changeable)
    return changeable
  }
  let at = own(state.root, (changeable) => { state.root = changeable })
  for (const step of steps.slice(0, -1)) {
    const parent = at
    at = own(inner(parent, step, path, op), (changeable) => {
      if (Array.isArray(parent)) parent[indexOf(step, parent.length) as number] = changeable
      else setOwn(parent, step, changeable)
    })
  }
  return at
}
/** The index that the last step means. */
function lastIndex(step: string, limit: number, path: string, op: Op): number {
  const index = indexOf(step, limit)
  if (typeof index === 'string') throw within(op, path, index)
  return index
}
function put(state: State, path: string, value: Json, op: Op): void {
  const steps = stepsOf(path, op)
  const last = steps.at(-1)
  if (last === undefined) {
    if (op !== 'replace') throw missing(op, path)
    if (isContainer(value)) state.root = value
    return
  }
  const at = holder(state, steps, path, op)
  if (!Array.isArray(at)) setOwn(at, last, value)
  else if (op === 'replace') at[lastIndex(last, at.length, path, op)] = value
  else at.splice(last === '-' ? at.length : lastIndex(last, at.length + 1, path, op), 0, value)
}
function remove(state: State, path: string, op: Op): void {
  const steps = stepsOf(path, op)
  const last = steps.at(-1)
  if (last === undefined) throw refused('the whole object cannot be removed')
  const at = holder(state, steps, path, op)
  if (Array.isArray(at)) at.splice(lastIndex(last, at.length, path, op), 1)
  else if (!Object.hasOwn(at, last)) throw within(op, path, `Unable to remove nonexistent key: ${last}: missing value`)
  else delete at[last]
}
