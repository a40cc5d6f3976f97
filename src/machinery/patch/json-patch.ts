// JSON patch (RFC 6902) as the reference applies it: any failing operation refuses the whole. Beyond the standard, negative
// indexes count from the end, what stands before a path's first slash is ignored, and replacing a missing member adds it.
import { patchRefused } from '../errors.ts'
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
  if (!Array.isArray(patch)) {
    const type = patch === null ? 'null' : typeof patch === 'boolean' ? 'bool' : typeof patch
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
  if (typeof path !== 'string') throw refused('missing path')
  switch (op) {
    case 'add': return put(state, path, value ?? null, 'add')
    case 'replace': return put(state, path, value ?? null, 'replace')
    case 'remove': return remove(state, path)
    case 'test':
      if (!same(find(state.root, path) ?? null, value ?? null)) throw refused(`testing value ${path} failed`)
      return
    case 'move': {
      const moved = find(state.root, fromOf(from))
      if (path.startsWith(from + '/')) throw refused('a value cannot be moved into itself')
      remove(state, from!)
      return put(state, path, moved, 'add')
    }
    case 'copy': {
      const copied = find(state.root, fromOf(from))
      state.copied += JSON.stringify(copied)?.length ?? 0
      if (state.copied > maxCopiedBytes) throw refused(`copy operations may add no more than ${maxCopiedBytes} bytes`)
      return put(state, path, copy(copied), 'add')
    }
    default: throw refused(`unexpected kind: ${String(op)}`)
  }
}
const refused = (why: string) => patchRefused(422, why)
const fromOf = (from: string | undefined): string => { if (typeof from !== 'string') throw refused('missing from'); return from }

function stepsOf(path: string): string[] {
  if (path === '') return []
  const slash = path.indexOf('/')
  if (slash < 0) throw refused(`path ${JSON.stringify(path)} has no slash`)
  return path.slice(slash + 1).split('/').map((step) => step.replace(/~1/g, '/').replace(/~0/g, '~'))
}
const isContainer = (value: Json): value is Container => typeof value === 'object' && value !== null

/** Place in an array: from 0 to its length (`add`) or its last item; -1 is the last. */
function indexOf(list: readonly Json[], step: string, limit: number): number {
  if (!/^-?\d{1,15}$/.test(step)) throw refused(`${JSON.stringify(step)} is not an index`)
  const index = Number(step) < 0 ? Number(step) + limit : Number(step)
  if (index < 0 || index >= limit) throw refused(`index ${step} is out of the bounds of ${list.length}`)
  return index
}
function inner(container: Json, step: string, path: string): Json {
  if (!isContainer(container)) throw refused(`${path}: ${JSON.stringify(step)} lies in no object`)
  if (Array.isArray(container)) return container[indexOf(container, step, container.length)]
  if (!Object.hasOwn(container, step)) throw refused(`${path}: no ${JSON.stringify(step)}`)
  return container[step]
}
const find = (root: Json, path: string): Json => stepsOf(path).reduce<Json>((value, step) => inner(value, step, path), root)

/** The container that holds the path's last step, with all on the way made changeable. */
function holder(state: State, steps: readonly string[], path: string): Container {
  const own = (value: Json, place: (changeable: Container) => void): Container => {
    if (!isContainer(value)) throw refused(`${path} lies in no object`)
    if (state.mine.has(value)) return value
    const changeable = Array.isArray(value) ? [...value] : { ...value }
    state.mine.add(changeable)
    place(changeable)
    return changeable
  }
  let at = own(state.root, (changeable) => { state.root = changeable })
  for (const step of steps.slice(0, -1)) {
    const parent = at
    at = own(inner(parent, step, path), (changeable) => {
      if (Array.isArray(parent)) parent[indexOf(parent, step, parent.length)] = changeable
      else setOwn(parent, step, changeable)
    })
  }
  return at
}
function put(state: State, path: string, value: Json, how: 'add' | 'replace'): void {
  const steps = stepsOf(path)
  const last = steps.at(-1)
  if (last === undefined) { state.root = value; return }
  const at = holder(state, steps, path)
  if (!Array.isArray(at)) setOwn(at, last, value)
  else if (how === 'replace') at[indexOf(at, last, at.length)] = value
  else at.splice(last === '-' ? at.length : indexOf(at, last, at.length + 1), 0, value)
}
function remove(state: State, path: string): void {
  const steps = stepsOf(path)
  const last = steps.at(-1)
  if (last === undefined) throw refused('the whole object cannot be removed')
  find(state.root, path)
  const at = holder(state, steps, path)
  if (Array.isArray(at)) at.splice(indexOf(at, last, at.length), 1)
  else delete at[last]
}
