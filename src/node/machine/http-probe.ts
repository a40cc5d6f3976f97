// Asking a container over HTTP, as probes and hooks do.
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { HTTPGetAction } from '#kinds'
import type { HandlerResult } from '../pods/environment.ts'
import { dialText, joinHostPort } from './dial-text.ts'

/** What is read of an answer. */
const mostBody = 10 * 1024
const mostRedirects = 10

export interface HttpAnswer { readonly status: number; readonly body: string }

/**
 * Asks and follows redirects that stay on the same host; others are the answer. Rejects with the kubelet's words.
 * Certificates are not looked at: the address is the pod's own.
 */
export async function httpGet(action: HTTPGetAction, podIP: string, port: number, signal: AbortSignal): Promise<HttpAnswer> {
  const first = httpUrl(action, podIP, port), headers = httpHeaders(action)
  let url = first
  for (let n = 0; ; n++) {
    const { status, body, location } = await ask(url, first, headers, signal)
    if (location === undefined || status < 300 || status > 399 || status === 304) return { status, body }
    let next: URL
    try { next = new URL(location, url) } catch { return { status, body } }
    if (next.hostname !== first.hostname || !/^https?:$/.test(next.protocol)) return { status, body }
    if (n + 1 >= mostRedirects) throw new Error(`Get ${JSON.stringify(next.href)}: stopped after ${mostRedirects} redirects`)
    url = next
  }
}

export function httpUrl({ scheme = 'HTTP', host, path = '' }: HTTPGetAction, podIP: string, port: number): URL {
  return new URL(`${scheme.toLowerCase()}://${joinHostPort(host || podIP, port)}${path.startsWith('/') ? path : `/${path}`}`)
}
/** Several values of a name are all sent; an empty User-Agent or Accept takes away the usual one. */
export function httpHeaders({ httpHeaders: given = [] }: HTTPGetAction): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = { 'user-agent': 'kube-probe/1.36', accept: '*/*' }
  const named = new Map<string, string[]>()
  for (const { name, value } of given) named.set(name.toLowerCase(), [...(named.get(name.toLowerCase()) ?? []), value])
  for (const [name, values] of named) {
    if (values.every((v) => v === '') && (name === 'user-agent' || name === 'accept')) delete out[name]
    else out[name] = values.length === 1 || name === 'host' ? values[0]! : values
  }
  return out
}

function ask(url: URL, shown: URL, headers: Record<string, string | string[]>, signal: AbortSignal): Promise<HttpAnswer & { readonly location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:', port = Number(url.port) || (secure ? 443 : 80), host = url.hostname.replace(/^\[|\]$/g, '')
    const options = { host, port, path: url.pathname + url.search, method: 'GET', headers, agent: false as const, signal, ...(secure && { rejectUnauthorized: false }) }
    const call = (secure ? httpsRequest : httpRequest)(options, (answer) => { void bodyOf(answer).then((body) => { call.destroy(); resolve({ status: answer.statusCode ?? 0, body, location: answer.headers.location }) }) })
    call.on('error', (error) => reject(new Error(`Get ${JSON.stringify(textOf(shown))}: ${signal.aborted ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' : dialText(error, host, port)}`)))
    call.end()
  })
}
/** Go shows the port also where it is the scheme's own. */
function textOf(url: URL): string {
  return url.port ? url.href : url.href.replace(url.host, `${url.host}:${url.protocol === 'https:' ? 443 : 80}`)
}
/** The beginning of the body; whatever came of it when it breaks off. */
function bodyOf(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    let size = 0
    const done = () => resolve(Buffer.concat(pieces).subarray(0, mostBody).toString('utf8'))
    answer.on('data', (piece: Buffer) => { pieces.push(piece); size += piece.length; if (size >= mostBody) done() })
    answer.on('end', done).on('close', done).on('error', done)
  })
}

/** 200 to 399 is well. */
export const httpProbeResult = ({ status, body }: HttpAnswer): HandlerResult =>
  (status >= 200 && status < 400 ? { success: true, output: body } : { success: false, output: `HTTP probe failed with statuscode: ${status}` })
