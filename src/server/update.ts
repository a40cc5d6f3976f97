// PUT, and the read-modify-write that PATCH and the subresources share: read, change, admit, prepare, validate, store; again when
// somebody else was faster.
import { ApiError, badRequest, conflict, forbidden, invalid, invalidValue, managerName, modified, notFound, quote, toStoredForm, type ApiResponse, type LooseObject } from '#machinery'
import type { KeyValue } from '#store'
import type { AdmissionOperation } from './admission/admission.ts'
import { place, type Call } from './core.ts'
import { checkNamespace, createObject } from './create.ts'
import { dropDuplicateOwners } from './duplicate-owners.ts'
import { haveOtherManagers, isUnchanged, trackFields } from './managed-fields.ts'
import { writeOptions, type WriteOptions } from './options.ts'
import { objectAnswer, storedAnswer } from './respond.ts'
import { prepareUpdate, shareUnwritten, validateUpdate, wipeMetadata } from './strategy.ts'
import { admitted, allocate, readBody, warnAbout, writeAttempts } from './write.ts'

/** Of what a client gives for a subresource, the part that the subresource may change. Both are left as they are. */
export type Adopt = (given: LooseObject, old: LooseObject) => LooseObject

/** PUT of an object, or of the part of it that a subresource writes. */
export async function update(call: Call, adopt?: Adopt, adoptTracked?: Adopt): Promise<ApiResponse> {
  const { info, served } = call
  const options = writeOptions(info.query, 'UpdateOptions')
  let given: LooseObject | undefined = readBody(call, options)
  checkNamespace(call, given)
  checkName(call, given)
  const hadVersion = namesVersion(given.metadata.resourceVersion)
  const change = (old?: LooseObject) => {
    const object = given ?? readBody({ ...call, warnings: [] }, options) // tried again: the first one has been changed
    given = undefined
    checkNamespace(call, object)
    dropDuplicateOwners(call, object, 'before admission')
    return adopt && old ? adopt(object, old) : object
  }
  const create = served.kind.createOnUpdate && info.subresource === '' ? change : undefined
  return answer(call, await modify(call, { options, change, create, adoptTracked, retry: !hadVersion, uid: given.metadata.uid }))
}

/** Throws BadRequest when the object is not called as the URL says. */
export function checkName(call: Call, { metadata }: LooseObject): void {
  const { name } = call.info
  if (!metadata.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  if (metadata.name !== name) throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
}

export interface Modification {
  readonly options: WriteOptions
  /** The new object from the stored one, which it must not change; called again after a lost race. Both are of the stored version. */
  readonly change: (old: LooseObject) => LooseObject | Promise<LooseObject>
  /** The object to create when there is none. */
  readonly create?: (() => LooseObject) | undefined
  /** The object that is meant, where the client says so: another one of that name is a Conflict. */
  readonly uid?: string | undefined
  /** Whether a lost race is tried again; else it is a Conflict. */
  readonly retry: boolean
  /** For subresources that admission sees as something else than an UPDATE. */
  readonly operation?: AdmissionOperation
  /** Fields are tracked for this manager; default: the options' or the user agent's. */
  readonly manager?: string
  /** The change has tracked the fields itself (apply). */
  readonly tracked?: boolean
  /** What the subresource may change of the object, once the fields of all that was asked for have been tracked. */
  readonly adoptTracked?: Adopt | undefined
  /** Admission sees something else than the objects (their scale): what it sees, and what the object is after that was changed. */
  readonly seenAs?: { readonly of: (object: LooseObject) => LooseObject; readonly back: (seen: LooseObject, object: LooseObject) => LooseObject }
}
export interface Modified { readonly kv: KeyValue | undefined; readonly object: LooseObject; readonly status: 200 | 201 }

/** What was written, or would have been (dry runs). */
export const answer = (call: Call, { kv, object, status }: Modified): ApiResponse => (kv ? storedAnswer(call, status, kv) : objectAnswer(call, status, object))

export async function modify(call: Call, modification: Modification): Promise<Modified> {
  const { core: { objects }, served, info } = call
  for (let attempt = 1; ; attempt++) {
    const kv = objects.find(served.kind, place(call), info.name)
    if (!kv) {
      if (!modification.create) throw notFound(served.name, info.name)
      if (modification.uid) throw otherUid(call, modification.uid, { name: info.name, namespace: place(call), uid: '' })
      return createInstead(call, modification, modification.create())
    }
    const done = await attemptOnce(call, modification, kv, attempt === 1)
    if (done) return done
    if (!modification.retry || attempt === writeAttempts) throw modified(served.name, info.name)
  }
}

/** undefined: somebody else was faster. */
async function attemptOnce(call: Call, { options, change, operation = 'UPDATE', manager, tracked, uid, seenAs, adoptTracked }: Modification, kv: KeyValue, first: boolean): Promise<Modified | undefined> {
  const { core: { objects, admission, clock, comparisons }, served, info: { subresource } } = call
  const wait = objects.ready(served.kind, [kv])
  if (wait) await wait
  const old = objects.value(served.kind, kv)
  if (uid && uid !== old.metadata.uid) throw otherUid(call, uid, old.metadata)
  let object = await change(old)
  checkVersion(call, object, old)
  if (subresource === 'status') shareUnwritten(object, old)
  if (!tracked) trackFields(call, object, old, manager ?? managerName(options.fieldManager, call.request.headers['user-agent']), subresource)
  if (adoptTracked) object = adoptTracked(object, old)
  const write = admitted(call, operation, options)
  const oldSeen = seenAs ? seenAs.of(old) : old, seen = seenAs ? seenAs.of(object) : object
  const mutating = admission.mutate(write, seen, oldSeen)
  if (mutating) await mutating
  if (seenAs) object = seenAs.back(seen, object)
  dropDuplicateOwners(call, object, 'after admission')
  const release = allocate(call, object, old, options.dryRun)
  let stored = false
  try {
    prepareUpdate(served, object, old, subresource, clock.now())
    validateUpdate(served, object, old, subresource, (text) => { call.warnings.push(text) }, clock.now())
    if (first) warnAbout(call, object, old)
    const validating = admission.validate(write, seenAs ? seenAs.of(object) : object, oldSeen)
    if (validating) await validating
    toStoredForm(served.kind.schema, object)
    const begun = call.context.elapsed, isSame = isUnchanged(object, old)
    comparisons.compared(isSame ? 'equalObjectsSlow' : haveOtherManagers(object, old) ? 'unequalObjectsFast' : 'unequalObjectsSlow', call.context.elapsed - begun)
    if (isSame && !objects.isStale(served.kind, kv)) return { kv, object: old, status: 200 }
    if (options.dryRun) return { kv: undefined, object, status: 200 }
    if (mayGo(call, object)) {
      const revision = await call.core.storeRequests.timed(call.context, 'delete', served.kind, objects.remove(kv))
      return revision === undefined ? undefined : { kv: undefined, object, status: 200 }
    }
    call.context.step('About to store object in database')
    const written = await call.core.storeRequests.timed(call.context, 'update', served.kind, objects.replace(served.kind, kv, isSame ? { ...old, metadata: { ...old.metadata } } : object))
    stored = written !== undefined
    const again = written && objects.ready(served.kind, [written])
    if (again) await again
    return written && { kv: written, object, status: 200 }
  } finally {
    release(stored)
  }
}

function otherUid({ served }: Call, wanted: string, { name, namespace, uid }: { readonly name: string; readonly namespace?: string | undefined; readonly uid: string }): ApiError {
  const key = `${served.kind.storagePrefix}${namespace ? `${namespace}/` : ''}${name}`
  return conflict(served.name, name, `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${uid}`)
}

/** Whether a client means a certain version. Versions are numbers: "0" is none, as the empty text is. */
export const namesVersion = (resourceVersion: unknown): boolean => Boolean(resourceVersion) && !/^0+$/.test(String(resourceVersion))

/** The version that the object names must be the stored one's. Sets it where none is named. */
function checkVersion({ served }: Call, { metadata }: LooseObject, old: LooseObject): void {
  const { resourceVersion, name } = old.metadata
  if (!namesVersion(metadata.resourceVersion)) {
    if (served.kind.versionRequiredOnUpdate) throw invalid({ group: served.group, kind: served.resource }, name, [invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')])
    metadata.resourceVersion = resourceVersion
  } else if (metadata.resourceVersion !== resourceVersion) {
    if (!/^\d+$/.test(metadata.resourceVersion)) throw new ApiError('', `resourceVersion: Invalid value: ${quote(metadata.resourceVersion)}: strconv.ParseUint: parsing ${quote(metadata.resourceVersion)}: invalid syntax`, undefined, { code: 500 })
    throw modified(served.name, name)
  }
}

/** Whether a terminating object that has lost its last finalizer is to go now. */
export function mayGo({ served: { kind } }: Call, { metadata, ...rest }: LooseObject): boolean {
  if (!metadata.deletionTimestamp || metadata.finalizers?.length || (metadata.deletionGracePeriodSeconds ?? 0) > 0) return false
  return kind.rules.mayGo?.({ metadata, ...rest }) ?? true
}

/** PUT of an object that is not there, for the kinds that allow it: the user must be allowed to create it. */
async function createInstead(call: Call, { options, manager, tracked }: Modification, object: LooseObject): Promise<Modified> {
  const { core, served, info, user } = call
  const decision = await core.authorizer.authorize({
    user, verb: 'create', path: info.path,
    resource: { group: served.group, version: served.version, resource: served.resource, subresource: '', namespace: place(call), name: info.name },
  })
  if (decision.verdict !== 'allow') throw forbidden(served.name, info.name, `User ${quote(user.name)} cannot create resource ${quote(served.resource)} in API group ${quote(served.group)}${place(call) ? ` in the namespace ${quote(place(call))}` : ' at the cluster scope'}`)
  wipeMetadata(object)
  delete (object.metadata as { resourceVersion?: string }).resourceVersion
  if (!tracked) trackFields(call, object, undefined, manager ?? managerName(options.fieldManager, call.request.headers['user-agent']), '')
  const { kv, object: made } = await createObject(call, object, options)
  return { kv, object: made, status: 201 }
}
