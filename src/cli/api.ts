// The few requests that commands themselves make to a running cluster, as its administrator.
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { load } from 'js-yaml'
import { Failure, messageOf } from './failure.ts'

const timeoutMs = 15_000
/** No answer that the commands ask for is larger. */
const maxBytes = 64 * 1024 * 1024

export interface Answer { readonly status: number; readonly body: unknown }

/** The API of a cluster, by its own kubeconfig file. */
export interface Api {
  readonly server: string
  call(method: string, path: string, body?: unknown, contentType?: string): Promise<Answer>
  /** Tells of every object of a list as it is and as it changes. Resolves when it is told to stop; rejects where it cannot go on. */
  watch(path: string, each: (type: string, object: unknown) => void, stop: AbortSignal): Promise<void>
}

/** Reads the kubeconfig that `up` wrote into the cluster's folder. */
export function openApi(kubeconfigFile: string): Api {
  const { clusters: [cluster], users: [user] } = load(readFileSync(kubeconfigFile, 'utf8')) as {
    clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }]
    users: [{ user: { 'client-certificate-data': string; 'client-key-data': string } }]
  }
  const pem = (base64: string) => Buffer.from(base64, 'base64')
  const { server } = cluster.cluster
  const tls = { ca: pem(cluster.cluster['certificate-authority-data']), cert: pem(user.user['client-certificate-data']), key: pem(user.user['client-key-data']) }
  return {
    server,
    call: (method, path, body, contentType = 'application/json') => new Promise((resolve, reject) => {
      const url = new URL(path, server)
      const payload = body === undefined ? undefined : JSON.stringify(body)
      const outgoing = request(url, { method, ...tls, timeout: timeoutMs, headers: { accept: 'application/json', ...(payload ? { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) } : {}) } }, (incoming) => {
        const chunks: Buffer[] = []
        let size = 0
        incoming.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > maxBytes) outgoing.destroy(new Error('the answer is too large'))
          else chunks.push(chunk)
        })
        incoming.on('error', reject)
        incoming.on('end', () => { resolve({ status: incoming.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString('utf8')) }) })
      })
      outgoing.on('timeout', () => { outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)) })
      outgoing.on('error', (error) => { reject(new Failure(`cannot reach ${server}: ${messageOf(error)}`, 1, { cause: error })) })
      outgoing.end(payload)
    }),
    watch: (path, each, stop) => new Promise((resolve, reject) => {
      const fail = (error: Error) => { if (stop.aborted) resolve(); else reject(new Failure(`cannot watch ${path} of ${server}: ${messageOf(error)}`, 1, { cause: error })) }
      const outgoing = request(new URL(`${path}?watch=true`, server), { ...tls, headers: { accept: 'application/json' }, signal: stop }, (incoming) => {
        let rest = ''
        incoming.setEncoding('utf8').on('data', (text: string) => {
          const lines = `${rest}${text}`.split('\n')
          rest = lines.pop()!
          if (rest.length > maxBytes) { outgoing.destroy(new Error('the answer is too large')); return }
          for (const { type, object } of lines.map(parse) as { type: string; object: unknown }[]) if (!stop.aborted) each(type, object)
        })
        incoming.on('error', fail)
        incoming.on('close', () => { fail(new Error(`the server ended it (status ${incoming.statusCode ?? 0})`)) })
      })
      outgoing.on('error', fail)
      outgoing.end()
    }),
  }
}

function parse(text: string): unknown {
  try { return JSON.parse(text) } catch { return text }
}
