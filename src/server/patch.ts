// PATCH: the stored object in the served version, patched, decoded again and written like an update. Tried again on lost races.
import { applyJsonPatch, applyMergePatch, applyStrategicPatch, ApiError, badRequest, invalid, invalidValue, goPrint, JsonError, parseJson, type ApiResponse, type LooseObject } from '#machinery'
import { apply } from './apply.ts'
import { inForm, whyAnotherType } from './body.ts'
import { checkNamespace } from './create.ts'
import type { Call } from './core.ts'
import { patchForm, type PatchForm } from './media.ts'
import { writeOptions, type WriteOptions } from './options.ts'
import { fromAnotherVersion, saysAnotherVersion } from './patched-version.ts'
import { converted } from './served.ts'
import { answer, checkName, modify, type Adopt } from './update.ts'
import { asStored } from './write.ts'

export async function patch(call: Call, adopt?: Adopt, adoptTracked?: Adopt): Promise<ApiResponse> {
  const { request, info } = call
  const form = patchForm(request)
  const options = writeOptions(info.query, 'PatchOptions', form === 'apply')
  if (form === 'apply') return apply(call, options, adopt ?? adoptTracked)
  const body = readPatch(call)
  const version = versionIn(body)
  let warned = false
  const checked = (object: LooseObject, old: LooseObject): LooseObject => {
    warned = true
    checkName(call, object)
    checkNamespace(call, object)
    return adopt ? adopt(object, old) : object
  }
  const change = (old: LooseObject): LooseObject | Promise<LooseObject> => {
    const object = patched(call, old, body, form, options, warned)
    return object instanceof Promise ? object.then((converted) => checked(converted, old)) : checked(object, old)
  }
  return answer(call, await modify(call, { options, change, adoptTracked, retry: version === undefined }))
}

/** The JSON of a patch. Throws BadRequest. */
export function readPatch({ request: { body }, context: { audit } }: Call): unknown {
  try {
    const patch = body !== undefined && 'object' in body ? body.object : parseJson(new TextDecoder().decode(body))
    audit?.requestPatch(patch)
    return patch
  } catch (error) {
    if (error instanceof JsonError) throw badRequest(`error decoding patch: ${error.message}`)
    throw error
  }
}
/** A patch that names a version wants that version or none. */
const versionIn = (body: unknown): unknown => (body as { metadata?: { resourceVersion?: unknown } } | null)?.metadata?.resourceVersion

function patched(call: Call, old: LooseObject, body: unknown, form: PatchForm, options: WriteOptions, warned: boolean): LooseObject | Promise<LooseObject> {
  const { served } = call
  const document = converted(served, old)
  const result = form === 'json' ? applyJsonPatch(document, body) : form === 'merge' ? applyMergePatch(document, body) : applyStrategicPatch(served.schema, document, body)
  const refused = (why: string): ApiError => {
    const shown = form === 'strategic' ? goPrint(body) : JSON.stringify(result)
    return invalid({ group: '', kind: '' }, '', [invalidValue('patch', shown, why)])
  }
  const otherType = served.custom ? undefined : whyAnotherType(result, served, call.core.registry)
  if (otherType !== undefined) throw refused(otherType)
  const strict: string[] = [], decoding = { strict, sorted: true, converting: form === 'strategic' }
  const read = (object: LooseObject): LooseObject => {
    if (strict.length > 0 && options.fieldValidation === 'Strict') throw refused(`strict decoding error: ${strict.join(', ')}`)
    if (options.fieldValidation === 'Warn' && !warned) call.warnings.push(...strict)
    return asStored(served, object)
  }
  return saysAnotherVersion(served, result) ? fromAnotherVersion(call.core.registry, served, result, decoding, refused).then(read) : read(inForm(result, served, decoding, refused))
}
