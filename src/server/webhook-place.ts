// Asking a webhook: where it is, and the words of Go's client for what goes wrong on the way. Admission and conversion both do.
import { fromBase64, pause, quote, type Clock, type Random } from '#machinery'
import type { Credentials } from './kubeconfig-target.ts'
import type { ObjectReader } from './object-reader.ts'
import { serviceTarget, type Outbound, type OutboundAnswer, type OutboundRequest, type ServiceReference } from './outbound.ts'
import { clientSpan, loneClientSpan } from './tracing/requests.ts'
import type { RequestTrace } from './tracing/span.ts'

/** Where a webhook is: at a URL, or behind a service. */
export interface WebhookPlace { readonly url?: string; readonly service?: ServiceReference; readonly caBundle?: string }
export interface WebhookCaller {
  readonly outbound: Outbound; readonly objects: ObjectReader; readonly random: Random; readonly clock: Pick<Clock, 'now' | 'after'>
  /** How to make oneself known to a server (`host:port`); absent: not at all. */
  readonly credentialsFor?: (server: string) => Credentials | undefined
}

/** No usable answer came. `status`: that of an answer that was refused. */
export class WebhookFailure extends Error {
  override readonly name = 'WebhookFailure'
  readonly status: number | undefined
  constructor(message: string, status?: number) { super(message); this.status = status }
}

/** A webhook that says when to come again (Retry-After) is asked again, so often at most. */
const mostRetries = 10

/** Sends a review and returns the text of the answer; all of it takes no longer than it may. Throws WebhookFailure. */
export async function askWebhook(caller: WebhookCaller, place: WebhookPlace, timeoutMs: number, review: string, trace?: RequestTrace): Promise<string> {
  const url = `${urlOf(place)}?timeout=${Math.max(1, Math.ceil(timeoutMs / 1000))}s`, until = caller.clock.now() + timeoutMs
  for (let retries = 0; ; retries++) {
    const left = until - caller.clock.now(), answer = await askOnce(caller, place, url, left, review, trace), again = retries < mostRetries ? retryAfterMs(answer) : undefined
    if (again === undefined) return textOf(answer)
    await pause(caller.clock, Math.min(again, until - caller.clock.now()))
    if (caller.clock.now() >= until) throw new WebhookFailure('context deadline exceeded')
  }
}
/** When the webhook wants to be asked again; undefined where it does not say. */
function retryAfterMs({ status, headers }: OutboundAnswer): number | undefined {
  const seconds = headers['retry-after']
  return (status === 429 || status >= 500) && seconds !== undefined && /^[+-]?\d+$/.test(seconds) ? Math.max(0, Number(seconds) * 1000) : undefined
}

async function askOnce(caller: WebhookCaller, place: WebhookPlace, url: string, timeoutMs: number, review: string, trace: RequestTrace | undefined): Promise<OutboundAnswer> {
  const known = caller.credentialsFor?.(serverOf(url))
  const span = trace?.span ? clientSpan(trace.span, 'POST', url) : trace?.alone && loneClientSpan(trace.alone, 'POST', url, () => caller.clock.now())
  try {
    const answer = await caller.outbound({
      method: 'POST', url, headers: { 'content-type': 'application/json', accept: 'application/json, */*', ...trace?.traceHeaders, ...span?.headers, ...known?.headers }, body: new TextEncoder().encode(review), timeoutMs: Math.max(0, timeoutMs),
      ...(place.caBundle && { ca: pem(place.caBundle) }), ...(known?.identity && { identity: known.identity }), ...placeOf(caller, place),
    })
    span?.set('http.response.status_code', answer.status)
    return answer
  } catch (error) {
    span?.fail()
    throw new WebhookFailure(`Post ${quote(url)}: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    span?.end()
  }
}

function textOf(answer: OutboundAnswer): string {
  const text = new TextDecoder().decode(answer.body)
  if (answer.status < 200 || answer.status > 206) throw new WebhookFailure(wordsFor(answer, text), answer.status)
  if (text === '') throw new WebhookFailure(`0-length response with status code: ${answer.status} and content type: ${answer.headers['content-type'] ?? ''}`)
  return text
}

const serverOf = (url: string): string => { const host = /\/\/([^/]*)/.exec(url)?.[1] ?? ''; return /:\d+$/.test(host) ? host : `${host}:443` }

/** The webhook's URL, as messages show it: with a clean path, and the service's name as its host. */
function urlOf({ url = '', service }: WebhookPlace): string {
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
function placeOf({ objects, random }: WebhookCaller, { service }: WebhookPlace): Pick<OutboundRequest, 'connect' | 'serverName'> {
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
  return byCode[status] ?? (status >= 500 ? `an error on the server (${quote(said)}) has prevented the request from succeeding` : `the server responded with the status code ${status} but did not return more information`)
}
