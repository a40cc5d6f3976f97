// Custom resources whose versions differ in more than their name: somebody else converts them, and is watched while doing so.
import type { CustomResourceConversion, CustomResourceDefinition, Json } from '#kinds'
import { ApiError, copy, goPrint, JsonError, parseJson, quote, same, uuid, validateAnnotations, validateLabels, type Log, type LooseObject } from '#machinery'
import type { ConversionFailure, ConversionMetrics } from '../metrics/conversions.ts'
import { traceBlock } from '../tracing/slow.ts'
import type { Tracer } from '../tracing/span.ts'
import { askWebhook, WebhookFailure, type WebhookCaller } from '../webhook-place.ts'

/** The deadline of one call; what is sent and answered in one. */
const timeoutMs = 30_000
const mostObjects = 500
const group = 'apiextensions.k8s.io'

export interface Converter {
  /** Objects (of any version) as objects of this one, in order. Throws an ApiError in the reference's words. */
  convert(objects: readonly LooseObject[], to: string): Promise<readonly LooseObject[]>
}

/** The converter of a definition; undefined where versions differ by name alone. */
export function converterOf({ metadata: { name }, spec: { conversion } }: CustomResourceDefinition, caller: ConversionCaller): Converter | undefined {
  if (conversion?.strategy !== 'Webhook') return undefined
  return {
    async convert(objects, to) {
      const converted: LooseObject[] = []
      for (let from = 0; from < objects.length; from += mostObjects) converted.push(...await observed(name, caller, objects.slice(from, from + mostObjects), to, (some, note) => convertSome(conversion, caller, some, to, note)))
      return converted
    },
  }
}

/** What calls of conversion webhooks need of the server. */
export interface ConversionCaller extends WebhookCaller {
  readonly stopwatch: () => number
  readonly conversions: ConversionMetrics
  readonly log: Log
  readonly tracer?: Tracer | undefined
}
/** What is noted of a conversion while it is made. */
interface Note { uid: string; answeredMs: number | undefined; failure: ConversionFailure }

/** Counts a conversion, and logs it where it is slower than its objects account for: the reference's bound is 50 ms and 8 ms for each of them. */
async function observed(definition: string, { stopwatch, conversions, clock, random, log }: ConversionCaller, objects: readonly LooseObject[], to: string, convert: (objects: readonly LooseObject[], note: Note) => Promise<LooseObject[]>): Promise<LooseObject[]> {
  const begun = stopwatch(), received = clock.now(), note: Note = { uid: '', answeredMs: undefined, failure: 'conversion_webhook_call_failure' }
  try {
    const converted = await convert(objects, note)
    note.failure = ''
    return converted
  } finally {
    const elapsed = stopwatch() - begun
    conversions.converted(definition, versionOf(objects[0]!.apiVersion), versionOf(to), note.failure, elapsed)
    if (elapsed >= 50 + 8 * objects.length) {
      const fields = [['custom-resource-definition', definition], ['desired-api-version', to], ['object-count', String(objects.length)], ['UID', note.uid]] as const
      log.info(traceBlock({ name: 'Call conversion webhook', fields, received, elapsed, steps: note.answeredMs === undefined ? [] : ['Request completed', note.answeredMs - begun], threshold: 50 + 8 * objects.length }, random))
    }
  }
}
const versionOf = (apiVersion: string | undefined): string => (apiVersion ?? '').replace(/^.*\//, '')

async function convertSome({ webhook }: CustomResourceConversion, caller: ConversionCaller, objects: readonly LooseObject[], to: string, note: Note): Promise<LooseObject[]> {
  const first = objects[0]!, about = `conversion webhook for ${first.apiVersion}, Kind=${first.kind}`
  const fail = (why: string) => new ApiError('', `${about} ${why}`)
  const version = (webhook?.conversionReviewVersions ?? []).find((v) => v === 'v1' || v === 'v1beta1')
  if (!webhook?.clientConfig || !version) throw new ApiError('', 'no supported conversion review versions')
  const uid = note.uid = uuid(caller.random)
  const review = { kind: 'ConversionReview', apiVersion: `${group}/${version}`, request: { uid, desiredAPIVersion: to, objects }, response: { uid: '', convertedObjects: null, result: { metadata: {} } } }
  let answered: readonly Json[]
  try {
    const text = await askWebhook(caller, webhook.clientConfig, timeoutMs, JSON.stringify(review), { span: undefined, traceHeaders: {}, ...(caller.tracer && { alone: caller.tracer }) })
    note.answeredMs = caller.stopwatch()
    note.failure = 'conversion_webhook_malformed_response_failure'
    answered = readReview(text, version, uid)
  } catch (error) {
    if (error instanceof WebhookFailure) throw fail(`failed: ${error.message}`)
    throw error
  }
  note.failure = answered.length !== objects.length ? 'conversion_webhook_partial_response_failure' : 'conversion_webhook_invalid_converted_object_failure'
  if (answered.length !== objects.length) throw fail(`returned ${answered.length} objects, expected ${objects.length}`)
  return objects.map((object, i) => {
    try {
      return checked(object, answered[i], to)
    } catch (error) {
      if (error instanceof Unacceptable) throw fail(`returned invalid ${objects.length === 1 ? error.alone : `${error.among} at index ${i}`}: ${error.message}`)
      throw error
    }
  })
}

interface Response { readonly uid?: string; readonly convertedObjects?: readonly Json[] | null; readonly result?: { readonly status?: string; readonly message?: string } }
/** The objects of a review's answer. Throws WebhookFailure when it is none, or says that something failed. */
function readReview(text: string, version: string, uid: string): readonly Json[] {
  let review: { readonly kind?: unknown; readonly apiVersion?: unknown; readonly response?: Response | null }
  try {
    review = parseJson(text) as typeof review
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new WebhookFailure(`couldn't get version/kind; json parse error: ${error.message}`)
  }
  if (typeof review !== 'object' || review === null) throw new WebhookFailure('no response provided')
  const { kind = '', apiVersion = '', response } = review
  const shown = (api: unknown, name: unknown) => `${String(api).includes('/') ? String(api) : `/${String(api)}`}, Kind=${String(name)}`
  if (version === 'v1' && (kind !== 'ConversionReview' || apiVersion !== `${group}/v1`))
    throw new WebhookFailure(`expected webhook response of ${group}/v1, Kind=ConversionReview, got ${shown(apiVersion, kind)}`)
  if (!response) throw new WebhookFailure('no response provided')
  if (version === 'v1' && response.uid !== uid) throw new WebhookFailure(`expected response.uid=${quote(uid)}, got ${quote(response.uid ?? '')}`)
  const { status = '', message = '' } = response.result ?? {}
  if (status !== 'Success') throw new WebhookFailure(message || `response.result.status was '${status}', not 'Success'`)
  return response.convertedObjects ?? []
}

/** A converted object that may not be used. */
class Unacceptable extends Error {
  /** How it is called when it was converted alone, and among others. */
  readonly alone: string
  readonly among: string
  constructor(message: string, alone = 'object', among = 'converted object') { super(message); this.alone = alone; this.among = among }
}

const aboutMetadata = ['metadata', 'metadata in object'] as const
type Metadata = Record<string, unknown>
/** What was converted, with the metadata that it had: of that only labels and annotations may change. */
function checked(original: LooseObject, given: Json, to: string): LooseObject {
  const converted = given as LooseObject | null
  if (typeof converted !== 'object' || converted === null || Array.isArray(converted)) throw new Unacceptable(`json: cannot unmarshal ${goPrint(given)} into Go value of type map[string]interface {}`)
  const { apiVersion = '', kind = '' } = converted
  if (apiVersion !== to) throw new Unacceptable(`invalid groupVersion (expected ${to}, received ${apiVersion})`, 'object at index 0')
  if (kind !== original.kind) throw new Unacceptable(`invalid kind (expected ${original.kind}, received ${kind})`, 'object at index 0')
  const metadata = converted.metadata as unknown as Metadata | undefined // allowed: what a webhook answers may be anything
  for (const [field, words] of [['name', 'name'], ['namespace', 'namespace'], ['uid', 'UID']] as const) {
    const before = original.metadata[field] ?? '', after = textOf(metadata?.[field])
    if (before !== after) throw new Unacceptable(`must have the same ${words}: ${before} != ${after}`)
  }
  if (metadata === undefined) throw new Unacceptable('missing metadata in converted object', ...aboutMetadata)
  const kept: Metadata = { ...copy(original.metadata) }
  for (const field of ['labels', 'annotations'] as const) {
    const now = metadata[field]
    if (now === undefined || now === null) { delete kept[field]; continue }
    kept[field] = checkedTexts(field, now, kept[field])
  }
  return { ...converted, metadata: kept as unknown as LooseObject['metadata'] } // allowed: the original's metadata with other labels and annotations
}
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function checkedTexts(field: 'labels' | 'annotations', now: unknown, before: unknown): Record<string, string> {
  const wrong = (why: string) => new Unacceptable(why, ...aboutMetadata)
  if (typeof now !== 'object' || now === null || Array.isArray(now)) throw wrong(`invalid metadata.${field} of type ${goTypeOf(now)} in converted object`)
  for (const [key, value] of Object.entries(now)) if (typeof value !== 'string') throw wrong(`metadata.${field}[${key}] must be a string, but is ${goTypeOf(value)} in converted object`)
  const texts = now as Record<string, string>
  if (same(texts, before ?? {})) return texts
  const errors = field === 'labels' ? validateLabels(texts, 'metadata.labels') : validateAnnotations(texts, 'metadata.annotation')
  const lines = errors.map((e) => `${e.field}: ${e.message}`)
  if (lines.length > 0) throw wrong(lines.length === 1 ? lines[0]! : `[${lines.join(', ')}]`)
  return texts
}
const goTypeOf = (value: unknown): string => (value === null ? '<nil>' : Array.isArray(value) ? '[]interface {}' : typeof value === 'object' ? 'map[string]interface {}'
  : typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'int64' : typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'float64') : typeof value)
