// Calling one webhook: where it is, what goes wrong on the way and how the reference words that.
import type { AdmissionWebhookClientConfig } from '#kinds'
import { ApiError, fromBase64, internalError, uuid, type LooseObject, type Random } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import { serviceTarget, type Outbound, type OutboundAnswer, type OutboundRequest } from '../outbound.ts'
import { admissionRequest } from './admission-request.ts'
import type { AdmissionAttributes, AdmissionSurroundings } from './admission.ts'
import { shown, type Addressed } from './addressed.ts'
import { InvalidReview, noDryRun, readReview, refusal, reviewText, reviewVersion, UnreadableReview, type Verdict } from './webhook-review.ts'
import type { Webhook } from './webhook-hooks.ts'
import type { WebhookMetrics, WebhookType } from './webhook-metrics.ts'

/** The webhook could not be asked, or gave no valid answer: its failure policy decides. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed'
  readonly code: number
  constructor(webhook: string, why: string, code: number) {
    super(`failed calling webhook ${JSON.stringify(webhook)}: ${why}`)
    this.code = code
  }
}
/** The webhook says no. */
export class Rejected extends Error {
  override readonly name = 'Rejected'
  readonly error: ApiError
  constructor(error: ApiError) { super(error.message); this.error = error }
}

/**
 * Runs a call (and what follows from it), counts it, and lets a failure pass where the webhook's policy is to ignore it: undefined then,
 * after `passedOver`. Throws what refuses the write.
 */
export async function underPolicy<T>({ stopwatch, log, metrics }: Pick<AdmissionSurroundings, 'stopwatch' | 'log'> & { readonly metrics: WebhookMetrics }, webhook: Webhook, type: WebhookType, operation: string, call: () => Promise<T>, passedOver: () => void): Promise<T | undefined> {
  const begun = stopwatch()
  const counted = (code: number, rejected: boolean) => { metrics.called(webhook.name, type, operation, code, stopwatch() - begun, rejected) }
  try {
    const done = await call()
    counted(200, false)
    return done
  } catch (error) {
    if (error instanceof CallFailed && webhook.failurePolicy === 'Ignore') {
      counted(error.code, false)
      metrics.failedOpen(webhook.name, type)
      log.warn('a webhook could not be called and is passed over', { webhook: webhook.name, error: error.message })
      passedOver()
      return undefined
    }
    const [by, code] = error instanceof CallFailed ? ['calling_webhook_error', error.code] as const : error instanceof Rejected ? ['no_error', error.error.status.code] as const : ['apiserver_internal_error', 0] as const
    counted(code, true)
    metrics.rejected(webhook.name, type, operation, by, code)
    throw error instanceof CallFailed ? internalError(error.message, error) : error instanceof Rejected ? error.error : error
  }
}

export interface Caller { readonly outbound: Outbound; readonly objects: ObjectReader; readonly random: Random }
const secondsByDefault = 10

/**
 * Asks a webhook about a write, in the version that matched, and passes on its warnings and audit annotations. `object` is in that
 * version. Throws CallFailed, Rejected, or an ApiError where the webhook may not be asked at all.
 */
export async function callWebhook(caller: Caller, webhook: Webhook, attributes: AdmissionAttributes, view: Addressed, object: LooseObject | undefined, mutating: boolean): Promise<Verdict> {
  const { name, sideEffects, admissionReviewVersions } = webhook
  if (attributes.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') throw noDryRun(name)
  const version = reviewVersion(admissionReviewVersions ?? [])
  if (!version) throw new CallFailed(name, 'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)', 400)
  const uid = uuid(caller.random)
  const old = attributes.old && shown(attributes.old, attributes, view)
  const text = await exchange(caller, webhook, reviewText(version, uid, admissionRequest(attributes, view), object, old), mutating)
  let verdict: Verdict
  try {
    verdict = readReview(text, version, uid, mutating)
  } catch (error) {
    if (error instanceof UnreadableReview) throw new CallFailed(name, `failed to call webhook: ${error.message}`, mutating ? 503 : 400)
    if (error instanceof InvalidReview) throw new CallFailed(name, `received invalid webhook response: ${error.message}`, 503)
    throw error
  }
  for (const [key, value] of Object.entries(verdict.auditAnnotations)) attributes.annotate(`${name}/${key}`, value)
  for (const warning of verdict.warnings) attributes.warn(warning)
  if (!verdict.allowed) throw new Rejected(refusal(name, verdict.result))
  return verdict
}

/** Sends a review and returns the text of the answer. Throws CallFailed. */
async function exchange(caller: Caller, { name, clientConfig, timeoutSeconds = secondsByDefault }: Webhook, review: string, mutating: boolean): Promise<string> {
  const url = `${urlOf(clientConfig)}?timeout=${timeoutSeconds}s`
  let answer: OutboundAnswer
  try {
    const { caBundle } = clientConfig
    answer = await caller.outbound({
      method: 'POST', url, headers: { 'content-type': 'application/json', accept: 'application/json, */*' }, body: new TextEncoder().encode(review), timeoutMs: timeoutSeconds * 1000,
      ...(caBundle && { ca: pem(caBundle) }), ...placeOf(caller, clientConfig),
    })
  } catch (error) {
    throw new CallFailed(name, `failed to call webhook: Post ${JSON.stringify(url)}: ${error instanceof Error ? error.message : String(error)}`, mutating ? 503 : 400)
  }
  const text = new TextDecoder().decode(answer.body)
  if (answer.status < 200 || answer.status > 206) throw new CallFailed(name, `failed to call webhook: ${wordsFor(answer, text)}`, answer.status)
  if (text === '') throw new CallFailed(name, `failed to call webhook: 0-length response with status code: ${answer.status} and content type: ${answer.headers['content-type'] ?? ''}`, mutating ? 503 : 400)
  return text
}

/** The webhook's URL, as messages show it: with a clean path, and the service's name as its host. */
function urlOf({ url = '', service }: AdmissionWebhookClientConfig): string {
  const [, origin = '', path = ''] = service ? ['', `https://${service.name}.${service.namespace}.svc:${service.port ?? 443}`, service.path] : /^([^/]*\/\/[^/?#]*)([^?#]*)/.exec(url) ?? []
  return `${origin}${cleanPath(path)}`
}
function cleanPath(path: string): string {
  const steps: string[] = []
  for (const step of path.split('/')) {
    if (step === '..') steps.pop()
    else if (step !== '' && step !== '.') steps.push(step)
  }
  return `/${steps.join('/')}`
}
/** Where to connect, for a service: to one of its endpoints. Throws an Error when there is none. */
function placeOf({ objects, random }: Caller, { service }: AdmissionWebhookClientConfig): Pick<OutboundRequest, 'connect' | 'serverName'> {
  if (!service) return {}
  const { connect, serverName } = serviceTarget(service, objects, random)
  return { connect, serverName }
}

const pem = (base64: string): string => new TextDecoder().decode(fromBase64(base64))

/** Where a failing answer is no Status, its code speaks. */
const byCode: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason', 401: 'the server has asked for the client to provide credentials', 404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource', 409: 'the server reported a conflict', 422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later', 503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
}
const mostShown = 2048
function wordsFor({ status, headers }: OutboundAnswer, text: string): string {
  const type = headers['content-type'] ?? ''
  const said = type === '' || type.startsWith('text/') ? text.slice(0, mostShown).trim() : 'unknown'
  if (status === 403 || status === 415) return said
  if (status === 406) return said && said !== 'unknown' ? said : 'the server was unable to respond with a content type that the client supports'
  return byCode[status] ?? (status >= 500 ? `an error on the server (${JSON.stringify(said)}) has prevented the request from succeeding` : `the server responded with the status code ${status} but did not return more information`)
}
