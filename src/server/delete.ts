// DELETE: at once, or in two steps where finalizers or a grace period stand in the way.
import { badRequest, conflict, forbidden, formatTime, notFound, parseTime, secondsToMs, type ApiResponse, type DeleteOptions, type LooseObject } from '#machinery'
import type { KeyValue } from '#store'
import { readOptional } from './body.ts'
import { place, type Call } from './core.ts'
import { findReady, listAnswer } from './list.ts'
import { nameOfKey } from './objects.ts'
import { deleteOptions } from './options.ts'
import { deletedStatus, objectAnswer, storedAnswer } from './respond.ts'
import { admitted, writeAttempts } from './write.ts'
import { listOptions } from './versions.ts'

const orphanFinalizer = 'orphan'
const foregroundFinalizer = 'foregroundDeletion'

/** What became of the object. */
export interface Removal {
  /** The object is gone (or would be: dry runs). */
  readonly gone: boolean
  /** Gone or still going, as it was last. */
  readonly object: LooseObject
  /** Still there. */
  readonly kv: KeyValue | undefined
}

export async function remove(call: Call): Promise<ApiResponse> {
  const { info, served, core: { objects } } = call
  const options = deleteOptions(info.query, givenOptions(call))
  warnAboutOrphans(call, options)
  const why = served.kind.whyKept?.(info.name)
  if (why !== undefined) throw forbidden(served.name, info.name, why)
  const kv = objects.find(served.kind, place(call), info.name)
  if (!kv) throw notFound(served.name, info.name)
  const removal = await removeObject(call, info.name, options)
  const status = !removal.gone && options.orphanDependents === false ? 202 : 200 // for no other wish does the reference say that it takes a while
  if (removal.kv) return storedAnswer(call, status, removal.kv)
  if (served.kind.returnsDeleted || !removal.gone) return objectAnswer(call, status, removal.object)
  return deletedStatus(call, removal.object)
}

/** The body, as far as there is one. The audit log names its type as the reference does. */
function givenOptions({ request, context: { audit } }: Call): unknown {
  const body = readOptional(request)
  if (audit && typeof body === 'object' && body !== null) audit.requestObject({ ...body, kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/__internal' })
  return body
}

function warnAboutOrphans({ served: { kind, deletePolicy }, warnings }: Call, { propagationPolicy, orphanDependents }: DeleteOptions): void {
  if (kind.orphanWarning !== undefined && deletePolicy === 'Orphan' && propagationPolicy === undefined && orphanDependents === undefined) warnings.push(kind.orphanWarning)
}

/** Deletes one object as the options say; throws NotFound, Conflict. */
export async function removeObject(call: Call, name: string, options: DeleteOptions, admit: boolean | 'nameless' = true): Promise<Removal> {
  const { core: { objects, admission }, served } = call
  const { kind } = served
  const dryRun = (options.dryRun?.length ?? 0) > 0
  /** As this delete has marked it. Whoever removes what is marked (the garbage collector of pods, say) does this delete's work. */
  let ending: LooseObject | undefined
  for (let attempt = 1; attempt <= writeAttempts; attempt++) {
    const kv = objects.find(kind, place(call), name)
    if (!kv && ending) return { gone: true, object: ending, kv: undefined }
    if (!kv) throw notFound(served.name, name)
    const wait = objects.ready(kind, [kv])
    if (wait) await wait
    const old = objects.value(kind, kv)
    if (ending && old.metadata.uid !== ending.metadata.uid) return { gone: true, object: ending, kv: undefined }
    checkPreconditions(call, old, options)
    if (admit && attempt === 1) {
      const write = admitted(call, 'DELETE', { ...options, dryRun }, admit === 'nameless' ? '' : name) // of a collection the reference names nobody
      await admission.mutate(write, undefined, old)
      await admission.validate(write, undefined, old)
    }
    const step = nextStep(call, old, options)
    if (step.type === 'wait') return { gone: false, object: old, kv }
    let current = kv
    let object = old
    if (step.type === 'mark') {
      if (dryRun) return { gone: step.thenRemove, object: step.object, kv: undefined }
      const marked = await call.core.storeRequests.timed(call.context, 'update', kind, objects.replace(kind, kv, step.object))
      if (!marked) continue
      const again = objects.ready(kind, [marked])
      if (again) await again
      if (!step.thenRemove) return { gone: false, object: objects.value(kind, marked), kv: marked }
      current = marked
      object = ending = objects.value(kind, marked)
    }
    if (dryRun) return { gone: true, object, kv: undefined }
    const revision = await call.core.storeRequests.timed(call.context, 'delete', kind, objects.remove(current))
    if (revision === undefined) continue
    return { gone: true, object: objects.lastValue(kind, current, revision), kv: undefined }
  }
  throw conflict(served.name, name, 'the object is being changed too often to be deleted; please try again')
}

function checkPreconditions({ served }: Call, { metadata }: LooseObject, { preconditions }: DeleteOptions): void {
  const about = { group: served.group, resource: served.kindName } // the reference names the kind here, not the resource
  const { uid, resourceVersion } = preconditions ?? {}
  if (uid !== undefined && uid !== metadata.uid)
    throw conflict(about, metadata.name, `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`)
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw conflict(about, metadata.name, `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`)
}

type Step =
  /** Somebody else has to finish: nothing changes. */
  | { readonly type: 'wait' }
  /** Write the object as terminating; then, perhaps, take it away. */
  | { readonly type: 'mark'; readonly object: LooseObject; readonly thenRemove: boolean }
  | { readonly type: 'remove' }

/** What a delete does to an object as it is now. */
function nextStep(call: Call, old: LooseObject, options: DeleteOptions): Step {
  const { core: { clock }, served: { kind } } = call
  const requested = options.gracePeriodSeconds === undefined ? undefined : options.gracePeriodSeconds < 0 ? 1 : options.gracePeriodSeconds
  const { deletionTimestamp, deletionGracePeriodSeconds } = old.metadata
  const object: LooseObject = { ...old, metadata: { ...old.metadata } }
  const { metadata } = object
  let graceful: number | undefined
  if (kind.rules.gracePeriod) {
    if (deletionTimestamp && (deletionGracePeriodSeconds ?? 0) > 0) {
      // A second delete may shorten the time that is left, never lengthen it.
      if (requested === undefined || requested >= deletionGracePeriodSeconds!) return { type: 'wait' }
      // What is over already ends now; only a delete without grace takes the object away, so a second is left.
      const now = clock.now(), wanted = parseTime(deletionTimestamp) + secondsToMs(BigInt(requested) - BigInt(deletionGracePeriodSeconds!))
      graceful = wanted < now && requested > 0 ? 1 : requested
      metadata.deletionTimestamp = formatTime(wanted < now ? now : wanted)
      metadata.deletionGracePeriodSeconds = graceful
    } else if (!deletionTimestamp) {
      graceful = kind.rules.gracePeriod(old, requested)
      if (graceful !== undefined) markDeleted(object, clock.now(), graceful)
    }
  }
  const finalizers = finalizersFor(call, old, options)
  const held = finalizers.length > 0 || !(kind.rules.mayGo?.(old) ?? true)
  if (finalizers.length > 0) metadata.finalizers = finalizers
  else delete metadata.finalizers
  if (graceful !== undefined) return { type: 'mark', object, thenRemove: graceful === 0 && !held }
  if (!held) return { type: 'remove' }
  if (!deletionTimestamp) markDeleted(object, clock.now(), 0)
  else if ((deletionGracePeriodSeconds ?? 0) > 0) metadata.deletionGracePeriodSeconds = 0
  else if (sameFinalizers(finalizers, old.metadata.finalizers ?? [])) return { type: 'wait' }
  if (!deletionTimestamp && kind.rules.prepareDelete) {
    const own = structuredClone(object)
    kind.rules.prepareDelete(own)
    return { type: 'mark', object: own, thenRemove: false }
  }
  return { type: 'mark', object, thenRemove: false }
}

function markDeleted({ metadata }: LooseObject, now: number, seconds: number): void {
  metadata.deletionTimestamp = formatTime(now + secondsToMs(seconds))
  metadata.deletionGracePeriodSeconds = seconds
  if (metadata.generation) metadata.generation++
}

/** The finalizers after the garbage collector's two were set as the options, the object or the version want it. */
function finalizersFor({ served: { kind, deletePolicy } }: Call, { metadata }: LooseObject, { propagationPolicy, orphanDependents }: DeleteOptions): string[] {
  const present = metadata.finalizers ?? []
  const policy = propagationPolicy ?? (orphanDependents !== undefined ? (orphanDependents ? 'Orphan' : 'Background')
    : present.includes(orphanFinalizer) ? 'Orphan' : present.includes(foregroundFinalizer) ? 'Foreground' : deletePolicy)
  const others = present.filter((f) => f !== orphanFinalizer && f !== foregroundFinalizer)
  if (kind.deletePolicy === 'Unsupported') return others
  return policy === 'Orphan' ? [...others, orphanFinalizer] : policy === 'Foreground' ? [...others, foregroundFinalizer] : others
}
const sameFinalizers = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((f) => b.includes(f))

/** Deletes running at once in one deletecollection. */
const parallel = 16

/** DELETE of a collection: every object that the selectors mean, as it is deleted one by one; answers the list of what was there. */
export async function removeCollection(call: Call): Promise<ApiResponse> {
  const { info } = call
  const options = deleteOptions(info.query, givenOptions(call))
  warnAboutOrphans(call, options)
  if (options.preconditions?.uid !== undefined) throw badRequest('a precondition on the uid makes no sense for a collection')
  const found = await findReady(call, listOptions(info.query, false))
  const waiting = [...found.items]
  const worker = async () => {
    for (let kv = waiting.shift(); kv; kv = waiting.shift()) {
      const name = nameOfKey(kv.key)
      try {
        await removeObject(call, name, options, 'nameless')
      } catch (error) {
        if (!isGone(error)) throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, waiting.length) }, worker))
  return listAnswer(call, found)
}
const isGone = (error: unknown): boolean => (error as { status?: { reason?: string } }).status?.reason === 'NotFound'
