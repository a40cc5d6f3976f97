// Calling one webhook: where it is, what goes wrong on the way and how the reference words that.
import { ApiError, internalError, quote, uuid, type LooseObject } from '#machinery'
import { askWebhook, WebhookFailure, type WebhookCaller as Caller } from '../webhook-place.ts'
import { admissionRequest } from './admission-request.ts'
import type { AdmissionAttributes, AdmissionSurroundings } from './admission.ts'
import { shown, type Addressed } from './addressed.ts'
import { InvalidReview, noDryRun, readReview, refusal, reviewText, reviewVersion, UnreadableReview, type Verdict } from './webhook-review.ts'
import type { Hook, Webhook } from './webhook-hooks.ts'
import type { WebhookMetrics, WebhookType } from './webhook-metrics.ts'
import type { RequestTrace } from '../tracing/span.ts'

/** The webhook could not be asked, or gave no valid answer: its failure policy decides. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed'
  readonly code: number
  constructor(webhook: string, why: string, code: number) {
    super(`failed calling webhook ${quote(webhook)}: ${why}`)
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
export async function underPolicy<T>(
  { stopwatch, log, metrics }: Pick<AdmissionSurroundings, 'stopwatch' | 'log'> & { readonly metrics: WebhookMetrics }, webhook: Webhook, type: WebhookType, operation: string,
  call: () => Promise<T>, passedOver: () => void,
): Promise<T | undefined> {
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
    const [by, code] = error instanceof CallFailed ? ['calling_webhook_error', error.code] as const
      : error instanceof Rejected ? ['no_error', error.error.status.code] as const : ['apiserver_internal_error', 0] as const
    counted(code, true)
    metrics.rejected(webhook.name, type, operation, by, code)
    throw error instanceof CallFailed ? internalError(error.message, error) : error instanceof Rejected ? error.error : error
  }
}

export type { Caller }
const secondsByDefault = 10

/**
 * Asks a webhook about a write, in the version that matched, and passes on its warnings and audit annotations. `object` is in that
 * version. Throws CallFailed, Rejected, or an ApiError where the webhook may not be asked at all.
 */
export async function callWebhook(
  caller: Caller, { webhook, configuration }: Pick<Hook, 'webhook' | 'configuration'>, attributes: AdmissionAttributes, view: Addressed, object: LooseObject | undefined, mutating: boolean,
): Promise<Verdict> {
  const { name, sideEffects, admissionReviewVersions } = webhook
  if (attributes.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') throw noDryRun(name)
  const version = reviewVersion(admissionReviewVersions ?? [])
  if (!version) throw new CallFailed(name, 'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)', 400)
  const uid = uuid(caller.random)
  const old = attributes.old && await shown(attributes.old, attributes, view)
  const span = attributes.trace?.span?.child(mutating ? 'Call mutating webhook' : 'Call validating webhook', [['configuration', configuration], ['webhook', name],
    ['resource', `${attributes.served.group}/${attributes.served.version}, Resource=${attributes.served.resource}`], ['subresource', attributes.subresource], ['operation', attributes.operation], ['UID', uid]])
  let text: string
  try {
    text = await exchange(caller, webhook, reviewText(version, uid, admissionRequest(attributes, view), object, old), mutating, attributes.left(), attributes.trace && { span, traceHeaders: attributes.trace.traceHeaders })
    span?.event('Request completed')
  } finally {
    span?.end()
  }
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
async function exchange(caller: Caller, { name, clientConfig, timeoutSeconds = secondsByDefault }: Webhook, review: string, mutating: boolean, leftMs: number, trace: RequestTrace | undefined): Promise<string> {
  try {
    return await askWebhook(caller, clientConfig, Math.min(timeoutSeconds * 1000, leftMs), review, trace)
  } catch (error) {
    if (!(error instanceof WebhookFailure)) throw error
    throw new CallFailed(name, `failed to call webhook: ${error.message}`, error.status ?? (mutating ? 503 : 400))
  }
}
