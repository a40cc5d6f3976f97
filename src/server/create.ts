// POST of a new object.
import { alreadyExists, ApiError, badRequest, managerName, toStoredForm, type ApiResponse, type LooseObject } from '#machinery'
import type { KeyValue } from '#store'
import { place, type Call } from './core.ts'
import { dropDuplicateOwners } from './duplicate-owners.ts'
import { trackFields } from './managed-fields.ts'
import { writeOptions, type WriteOptions } from './options.ts'
import { objectAnswer, storedAnswer } from './respond.ts'
import { beginMetadata, generatedName, prepareCreate, validateCreate, wipeMetadata } from './strategy.ts'
import { admitted, allocate, readNew, warnAbout } from './write.ts'

export async function create(call: Call): Promise<ApiResponse> {
  const options = writeOptions(call.info.query, 'CreateOptions')
  const { object, known } = readNew(call, options)
  checkNamespace(call, object)
  wipeMetadata(object)
  dropDuplicateOwners(call, object, 'before admission')
  trackFields(call, object, undefined, managerName(options.fieldManager, call.request.headers['user-agent']), '', known)
  const made = await createObject(call, object, options)
  return made.kv ? storedAnswer(call, 201, made.kv) : objectAnswer(call, 201, made.object)
}

/** The reference makes this a server error, at the very end; a version that is no number means nothing. */
const versionOnCreate = () => new ApiError('', 'resourceVersion should not be set on objects to be created', undefined, { code: 500 })

/** The object goes where the URL says. Throws BadRequest when the body says otherwise. */
export function checkNamespace(call: Call, object: LooseObject): void {
  const namespace = place(call)
  const { metadata } = object
  if (namespace === '') delete metadata.namespace
  else if (!metadata.namespace) metadata.namespace = namespace
  else if (metadata.namespace !== namespace) throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
}

/** Names from chance that turn out to be taken are made anew this often. */
const nameAttempts = 8

/** Admits, prepares, validates and stores a decoded, defaulted object. `kv` is absent on a dry run. */
export async function createObject(call: Call, object: LooseObject, options: WriteOptions): Promise<{ readonly kv: KeyValue | undefined; readonly object: LooseObject }> {
  const { core, served } = call
  const { objects, admission } = core
  const write = admitted(call, 'CREATE', options, object.metadata.name ?? '')
  const refused = served.custom?.refuseCreate(object.metadata.name || object.metadata.generateName || 'Unknown')
  if (refused) throw refused
  const generated = !object.metadata.name && Boolean(object.metadata.generateName)
  const mutating = admission.mutate(write, object, undefined)
  if (mutating) await mutating
  dropDuplicateOwners(call, object, 'after admission')
  beginMetadata(object, core)
  for (let attempt = 1; ; attempt++) {
    const release = allocate(call, object, undefined, options.dryRun)
    try {
      prepareCreate(served, object, call.user)
      validateCreate(served, object, core.verifySignature)
      if (attempt === 1) warnAbout(call, object)
      const validating = admission.validate(generated ? { ...write, name: object.metadata.name } : write, object, undefined)
      if (validating) await validating
      const { metadata: { name, namespace = '' } } = object
      toStoredForm(served.kind.schema, object)
      if (!options.dryRun && Number(object.metadata.resourceVersion) > 0) throw versionOnCreate()
      if (options.dryRun) {
        const found = objects.find(served.kind, namespace, name)
        release(false)
        if (found) throw exists(call, object, found)
        return { kv: undefined, object }
      }
      call.context.step('About to store object in database')
      const kv = await core.storeRequests.timed(call.context, 'create', served.kind, objects.create(served.kind, object))
      release(kv !== undefined)
      const wait = kv && objects.ready(served.kind, [kv])
      if (wait) await wait
      if (kv) return { kv, object }
      if (!generated || attempt === nameAttempts) throw exists(call, object, objects.find(served.kind, namespace, name))
    } catch (error) {
      release(false)
      throw error
    }
    object = { ...object, metadata: { ...object.metadata, name: generatedName(object.metadata.generateName!, core.random) } }
  }
}

/** Who gave a prefix may try again for another name, so the answer says when, also where the object had a name too. */
function exists({ core, served }: Call, { metadata: { name, generateName } }: LooseObject, found: KeyValue | undefined): ApiError {
  const { status: { message, details } } = alreadyExists(served.name, name)
  const going = found && core.objects.value(served.kind, found).metadata.deletionTimestamp ? 'object is being deleted: ' : ''
  return generateName
    ? new ApiError('AlreadyExists', `${going}${message}, the server was not able to generate a unique name for the object`, { ...details, retryAfterSeconds: 1 })
    : new ApiError('AlreadyExists', `${going}${message}`, details)
}
