// PATCH: the stored object in the served version, patched, decoded again and written like an update. Tried again on lost races.
import {
  applyDefaults, applyJsonPatch, applyMergePatch, applyStrategicPatch, invalid, invalidValue, goPrint, type ApiError, type ApiResponse, type DecodeOptions, type LooseObject, type Schema,
} from '#machinery'
import { apply } from './apply.ts'
import { inForm, whyAnotherType } from './body.ts'
import { checkNamespace } from './create.ts'
import type { Call } from './core.ts'
import { patchForm } from './media.ts'
import { writeOptions, type WriteOptions } from './options.ts'
import { readPatch, type PatchBody } from './patch-body.ts'
import { fromAnotherVersion, saysAnotherVersion } from './patched-version.ts'
import { converted } from './served.ts'
import { answer, checkName, modify, namesVersion, type Adopt } from './update.ts'
import { asStored } from './write.ts'
import { arrived, asWritten } from './written-numbers.ts'

export async function patch(call: Call, adopt?: Adopt, adoptTracked?: Adopt): Promise<ApiResponse> {
  const { request, info } = call
  const form = patchForm(request)
  const options = writeOptions(info.query, 'PatchOptions', form === 'apply')
  if (form === 'apply') return apply(call, options, adopt ?? adoptTracked)
  const body = readPatch(call, form, options)
  const version = versionIn(body)
  let warned = false
  const checked = (object: LooseObject, old: LooseObject): LooseObject => {
    warned = true
    checkName(call, object)
    checkNamespace(call, object)
    return adopt ? adopt(object, old) : object
  }
  const change = (old: LooseObject): LooseObject | Promise<LooseObject> => {
    const object = patched(call, old, body, options, warned)
    return object instanceof Promise ? object.then((converted) => checked(converted, old)) : checked(object, old)
  }
  return answer(call, await modify(call, { options, change, adoptTracked, retry: !namesVersion(version) }))
}

/** A patch that names a version wants that version or none. */
export const versionIn = ({ value }: PatchBody): unknown => (value as { metadata?: { resourceVersion?: unknown } } | null | undefined)?.metadata?.resourceVersion

function patched(call: Call, old: LooseObject, body: PatchBody, options: WriteOptions, warned: boolean): LooseObject | Promise<LooseObject> {
  const { served } = call
  const document = converted(served, old), { value: result, refused, decoding: plain } = patchedValue(served.schema, document, body)
  // A write of /status cannot change the spec: what the patch leaves as it is need not be read again.
  const shared = call.info.subresource === 'status' && document === old && served.kind.rules.defaultsOf === 'spec' ? { spec: old.spec } : undefined
  const decoding = { ...plain, ...(shared && { known: shared }) }
  const otherType = served.custom ? undefined : whyAnotherType(result, served, call.core.registry)
  if (otherType !== undefined) throw refused(otherType)
  const read = (object: LooseObject): LooseObject => {
    reportProblems(call, [...body.problems, ...decoding.strict], options, refused, warned)
    if (!shared || object.spec !== shared.spec) return asStored(served, object)
    applyDefaults(served.schema.fields!.status!, object.status)
    return object
  }
  return saysAnotherVersion(served, result) ? fromAnotherVersion(call.core.registry, served, result, decoding, refused).then(read) : read(inForm(result, served, decoding, refused))
}

/** A JSON value with the patch applied. */
export interface Patched {
  readonly value: unknown
  readonly decoding: DecodeOptions & { readonly strict: string[] }
  /** 422: the result is not what the resource takes. */
  readonly refused: (why: string) => ApiError
}
/** Throws ApiError, also where the body was no patch. */
export function patchedValue(schema: Schema<any>, document: unknown, { form, value: patch, fractions: given, refusal }: PatchBody): Patched { // allowed: of any kind
  if (refusal) throw refusal
  const applied = form === 'json' ? applyJsonPatch(document, patch) : form === 'merge' ? applyMergePatch(document, patch) : applyStrategicPatch(schema, document, patch)
  const { value, fractions } = form === 'json' && given ? arrived(applied) : { value: applied, fractions: given }
  const refused = (why: string): ApiError => {
    const sorted = isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value
    const shown = form === 'strategic' ? goPrint(patch) : fractions ? asWritten(sorted, fractions) : JSON.stringify(sorted)
    return invalid({ group: '', kind: '' }, '', [invalidValue('patch', shown, why)])
  }
  return { value, decoding: { strict: [], sorted: true, converting: form === 'strategic', ...(fractions && { fractions }) }, refused }
}
/** Refuses or warns, as the client wants it. */
export function reportProblems(call: Call, problems: readonly string[], { fieldValidation }: WriteOptions, refused: (why: string) => ApiError, warned: boolean): void {
  if (problems.length > 0 && fieldValidation === 'Strict') throw refused(`strict decoding error: ${problems.join(', ')}`)
  if (fieldValidation === 'Warn' && !warned) call.warnings.push(...problems)
}
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
