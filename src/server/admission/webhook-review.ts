// The letter to a webhook and its answer: AdmissionReview of admission.k8s.io, v1 and v1beta1.
import { ApiError, badRequest, decode, DecodeError, fromBase64, JsonError, parseJsonStrict, quote, s, type Infer, type LooseObject, type Status, type Told } from '#machinery'
import type { AdmissionRequest } from './admission-request.ts'

const group = 'admission.k8s.io'
export type ReviewVersion = 'v1' | 'v1beta1'

/** The first version that both sides speak; undefined when there is none. */
export const reviewVersion = (accepted: readonly string[]): ReviewVersion | undefined => accepted.find((version) => version === 'v1' || version === 'v1beta1')

/** The review's JSON. Objects are in the version that the webhook asked for. */
export function reviewText(
  version: ReviewVersion, uid: string, { dryRun, options, ...about }: AdmissionRequest, object: LooseObject | undefined, old: LooseObject | undefined,
): string {
  const request = { uid, ...about, object: object ?? null, oldObject: old ?? null, dryRun, options }
  return JSON.stringify({ kind: 'AdmissionReview', apiVersion: `${group}/${version}`, request })
}

const status = s.object('Status', {
  status: s.string(), message: s.string(), reason: s.string(), code: s.int(),
  details: s.object('StatusDetails', {
    name: s.string(), group: s.string(), kind: s.string(), uid: s.string(), retryAfterSeconds: s.int(),
    causes: s.list(s.object('StatusCause', { reason: s.string(), message: s.string(), field: s.string() })),
  }),
})
const review = s.object('io.k8s.api.admission.v1.AdmissionReview', {
  kind: s.string(), apiVersion: s.string(),
  response: s.object('io.k8s.api.admission.v1.AdmissionResponse', {
    uid: s.string(), allowed: s.bool(), status, patch: s.bytes(), patchType: s.string({ keepEmpty: true }), auditAnnotations: s.map(s.string()), warnings: s.list(s.string()),
  }),
})
type Response = NonNullable<Infer<typeof review>['response']>
export interface Verdict {
  readonly allowed: boolean
  readonly result: Response['status']
  /** The patch's JSON text; '' when there is none. */
  readonly patch: string
  readonly patchType: string
  readonly auditAnnotations: Readonly<Record<string, string>>
  readonly warnings: readonly string[]
}

/** An answer that cannot be read. */
export class UnreadableReview extends Error { override readonly name = 'UnreadableReview' }
/** An answer that can be read, but is no valid one. */
export class InvalidReview extends Error { override readonly name = 'InvalidReview' }

const typeStruct = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

/** What a webhook says. Throws UnreadableReview or InvalidReview in the reference's words. */
export function readReview(text: string, sent: ReviewVersion, uid: string, mutating: boolean): Verdict {
  let told: Told
  try {
    told = parseJsonStrict(text)
  } catch (error) {
    if (error instanceof JsonError) throw new UnreadableReview(`couldn't get version/kind; json parse error: ${error.message}`)
    throw error
  }
  const { value: json, fractions } = told
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    const given = Array.isArray(json) ? 'array' : json === null ? 'null' : typeof json
    throw new UnreadableReview(`couldn't get version/kind; json parse error: json: cannot unmarshal ${given} into Go value of type ${typeStruct}`)
  }
  let given: Infer<typeof review>
  try {
    given = decode(review, json, { fractions })
  } catch (error) {
    if (error instanceof DecodeError) throw new UnreadableReview(error.message)
    throw error
  }
  checkType(given, sent)
  return verdict(given, sent, uid, mutating)
}

function checkType({ kind = '', apiVersion = '' }: Infer<typeof review>, sent: ReviewVersion): void {
  if (kind === '' || apiVersion === '') return // taken for what was asked; v1 minds it afterwards
  if (kind === 'AdmissionReview' && apiVersion === `${group}/${sent}`) return
  if (kind === 'AdmissionReview' && (apiVersion === `${group}/v1` || apiVersion === `${group}/v1beta1`))
    throw new UnreadableReview(`converting (${apiVersion.slice(group.length + 1)}.AdmissionReview) to (${sent}.AdmissionReview): unknown conversion`)
  throw new UnreadableReview(`no kind ${quote(kind)} is registered for version ${quote(apiVersion)} in scheme "k8s.io/apiserver/pkg/util/webhook/client.go:86"`)
}

function verdict({ kind = '', apiVersion = '', response }: Infer<typeof review>, sent: ReviewVersion, uid: string, mutating: boolean): Verdict {
  if (!response) throw new InvalidReview('webhook response was absent')
  const { allowed = false, status: result, auditAnnotations = {}, warnings = [] } = response
  const patch = response.patch ? textOf(response.patch) : ''
  const said = { allowed, result, auditAnnotations, warnings, patch: mutating ? patch : '' }
  if (sent === 'v1beta1') return { ...said, patchType: mutating && patch ? 'JSONPatch' : '' } // nobody checked the rest, so nobody may now
  if ((response.uid ?? '') !== uid) throw new InvalidReview(`expected response.uid=${quote(uid)}, got ${quote(response.uid ?? '')}`)
  if (kind !== 'AdmissionReview' || apiVersion !== `${group}/v1`) {
    const given = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
    throw new InvalidReview(`expected webhook response of ${group}/v1, Kind=AdmissionReview, got ${given}, Kind=${kind}`)
  }
  const { patchType } = response
  if (!mutating) {
    if (patch) throw new InvalidReview('validating webhook may not return response.patch')
    if (patchType !== undefined) throw new InvalidReview('validating webhook may not return response.patchType')
  } else {
    if (patch && patchType === undefined) throw new InvalidReview('webhook returned response.patch but not response.patchType')
    if (!patch && patchType !== undefined) throw new InvalidReview('webhook returned response.patchType but not response.patch')
    if (patchType === '') throw new InvalidReview('webhook returned invalid response.patchType of ""')
  }
  return { ...said, patchType: patchType ?? '' }
}
const textOf = (base64: string): string => new TextDecoder().decode(fromBase64(base64))

/** The Status of a refusal, as the webhook gave it where it gave one. */
export function refusal(webhook: string, result: Response['status'] = {}): ApiError {
  const by = `admission webhook ${quote(webhook)} denied the request`
  const message = result.message ? `${by}: ${result.message}` : result.reason ? `${by}: ${result.reason}` : `${by} without explanation`
  const given = result.code ?? 400, code = given < 400 ? 400 : given > 599 ? 500 : given // no answer can carry more
  return new ApiError((result.reason ?? '') as Status['reason'] & string, message, result.details, { code })
}
export const noDryRun = (webhook: string): ApiError => badRequest(`admission webhook ${quote(webhook)} does not support dry run`)
