// Where a kubeconfig file leads, for the calls that the server makes: webhooks that authorize, authenticate, review images.
import { quote } from '#machinery'
import type { OutboundRequest } from './outbound.ts'
import { readYaml } from './yaml.ts'

/** A file's text; throws an Error that names the file. */
export type ReadFile = (path: string) => string

/** A path as it is meant in a file: from the file's folder. */
export const beside = (file: string, path: string): string => (path.startsWith('/') || !file.includes('/') ? path : `${file.slice(0, file.lastIndexOf('/'))}/${path}`)

/** What of an outbound call the file decides. */
export type KubeconfigTarget = Pick<OutboundRequest, 'url' | 'ca' | 'insecure' | 'serverName' | 'identity'> & { readonly headers: Readonly<Record<string, string>> }

interface Named { readonly name?: string }
interface ClusterEntry extends Named { readonly cluster?: { readonly server?: string; readonly 'certificate-authority'?: string; readonly 'certificate-authority-data'?: string; readonly 'insecure-skip-tls-verify'?: boolean; readonly 'tls-server-name'?: string } }
interface UserEntry extends Named { readonly user?: { readonly 'client-certificate'?: string; readonly 'client-certificate-data'?: string; readonly 'client-key'?: string; readonly 'client-key-data'?: string;
  readonly token?: string; readonly tokenFile?: string; readonly username?: string; readonly password?: string } }
interface ContextEntry extends Named { readonly context?: { readonly cluster?: string; readonly user?: string } }
interface Kubeconfig { readonly clusters?: readonly ClusterEntry[]; readonly users?: readonly UserEntry[]; readonly contexts?: readonly ContextEntry[]; readonly 'current-context'?: string }

/** Throws an Error that says what is missing. */
export function kubeconfigTarget(path: string, read: ReadFile): KubeconfigTarget {
  const config = kubeconfig(path, read)
  const context = config.contexts?.find((c) => c.name === config['current-context'])?.context
  if (!context) throw new Error(`${path}: there is no current context`)
  const cluster = config.clusters?.find((c) => c.name === context.cluster)?.cluster
  if (!cluster?.server) throw new Error(`${path}: cluster ${quote(context.cluster ?? '')} has no server`)
  const user = config.users?.find((u) => u.name === context.user)?.user ?? {}
  const ca = given(path, read, cluster['certificate-authority-data'], cluster['certificate-authority'])
  return {
    url: cluster.server, ...credentialsOf(user, path, read), ...(ca !== undefined && { ca }), ...(cluster['insecure-skip-tls-verify'] && { insecure: true as const }),
    ...(cluster['tls-server-name'] && { serverName: cluster['tls-server-name'] }),
  }
}

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'
/** The cluster in whose pod this process runs, as its account. Throws an Error where it runs in none. */
export function inClusterTarget(environment: Readonly<Record<string, string | undefined>>, read: ReadFile): KubeconfigTarget {
  const host = environment['KUBERNETES_SERVICE_HOST'], port = environment['KUBERNETES_SERVICE_PORT']
  if (!host || !port) throw new Error('unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined')
  return { url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, headers: { authorization: `Bearer ${read(`${serviceAccountFolder}/token`).trim()}` }, ca: read(`${serviceAccountFolder}/ca.crt`) }
}

/** How to make oneself known to somebody. */
export type Credentials = Pick<KubeconfigTarget, 'headers' | 'identity'>
/** The users of a file by their names, for files in which those are the names of servers. */
export function kubeconfigUsers(path: string, read: ReadFile): ReadonlyMap<string, Credentials> {
  return new Map((kubeconfig(path, read).users ?? []).map(({ name = '', user = {} }) => [name, credentialsOf(user, path, read)]))
}

function kubeconfig(path: string, read: ReadFile): Kubeconfig {
  const { value, error } = readYaml(read(path))
  if (error !== undefined || typeof value !== 'object' || value === null) throw new Error(`${path}: ${error ?? 'not a kubeconfig'}`)
  return value as Kubeconfig
}
const given = (path: string, read: ReadFile, data: string | undefined, file: string | undefined): string | undefined => (data ? atob(data) : file ? read(beside(path, file)) : undefined)
function credentialsOf(user: NonNullable<UserEntry['user']>, path: string, read: ReadFile): Credentials {
  const certificate = given(path, read, user['client-certificate-data'], user['client-certificate']), key = given(path, read, user['client-key-data'], user['client-key'])
  const token = user.token ?? (user.tokenFile ? read(beside(path, user.tokenFile)).trim() : undefined)
  const authorization = token ? `Bearer ${token}` : user.username ? `Basic ${btoa(`${user.username}:${user.password ?? ''}`)}` : undefined
  return { headers: authorization ? { authorization } : {}, ...(certificate !== undefined && key !== undefined && { identity: { certificate, key } }) }
}
