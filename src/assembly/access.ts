// How a component reaches an API server that is not in its process: what a kubeconfig says, or what a pod is given.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { load } from 'js-yaml'
import type { HttpOptions } from '#client/http'

export type Access = Pick<HttpOptions, 'server' | 'ca' | 'insecure' | 'cert' | 'key' | 'serverName' | 'token'>

/** What pods find of their service account. */
const account = '/var/run/secrets/kubernetes.io/serviceaccount'
/** Tokens in files are renewed by whoever put them there; they are read again this often. */
const tokenFreshMs = 60_000

/** The access that a kubeconfig's current context gives; without a file, the access of the pod that this process runs in. Throws an Error that names what is missing. */
export function accessFrom(file: string | undefined, now: () => number = Date.now): Access {
  return file === undefined ? inPod(now) : ofKubeconfig(file, now)
}

function inPod(now: () => number): Access {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env
  if (!host || !port) throw new Error('this is no pod, so --kubeconfig FILE must say which cluster is meant')
  return { server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, ca: readFileSync(`${account}/ca.crt`, 'utf8'), token: freshly(`${account}/token`, now) }
}

type Entry = Readonly<Record<string, unknown>>
function ofKubeconfig(file: string, now: () => number): Access {
  const config = load(readFileSync(file, 'utf8')) as Entry | null | undefined, refuse = (why: string) => new Error(`${file}: ${why}`)
  if (typeof config !== 'object' || config === null) throw refuse('this is no kubeconfig')
  const named = (section: string, inner: string, name: unknown): Entry => {
    const found = (Array.isArray(config[section]) ? config[section] as Entry[] : []).find((one) => one['name'] === name)?.[inner]
    if (typeof found !== 'object' || found === null) throw refuse(`there is no ${inner} named ${JSON.stringify(name ?? '')}`)
    return found as Entry
  }
  const context = named('contexts', 'context', config['current-context']), cluster = named('clusters', 'cluster', context['cluster']), user = named('users', 'user', context['user'])
  const text = (entry: Entry, field: string) => (typeof entry[field] === 'string' && entry[field] !== '' ? entry[field] : undefined)
  const path = (given: string) => resolve(dirname(file), given)
  /** A PEM text, from the field that holds it in base64 or the file that another field names. */
  const pem = (entry: Entry, field: string) => {
    const data = text(entry, `${field}-data`), at = text(entry, field)
    return data !== undefined ? Buffer.from(data, 'base64').toString() : at !== undefined ? readFileSync(path(at), 'utf8') : undefined
  }
  const server = text(cluster, 'server')
  if (server === undefined) throw refuse('the cluster has no server')
  for (const field of ['exec', 'auth-provider', 'username', 'as'] as const) if (user[field] !== undefined) throw refuse(`the user's ${field} cannot be used here; give a client certificate or a token`)
  if (cluster['proxy-url'] !== undefined) throw refuse('the cluster\'s proxy-url cannot be used here')
  const tokenFile = text(user, 'tokenFile')
  return { server: server.replace(/\/+$/, ''), ca: pem(cluster, 'certificate-authority'), insecure: cluster['insecure-skip-tls-verify'] === true, serverName: text(cluster, 'tls-server-name'),
    cert: pem(user, 'client-certificate'), key: pem(user, 'client-key'), token: tokenFile !== undefined ? freshly(path(tokenFile), now) : text(user, 'token') }
}

/** A file's text, read again when a minute has passed. */
function freshly(file: string, now: () => number): () => string {
  let text = readFileSync(file, 'utf8').trim(), readAt = now()
  return () => {
    if (now() - readAt >= tokenFreshMs) {
      readAt = now()
      try { text = readFileSync(file, 'utf8').trim() } catch { /* what was read last may still be good */ }
    }
    return text
  }
}
