// Calls that the server makes to others: webhooks of every sort, identity providers, audit collectors. One way out, with a deadline and a bound.
import { endpointSlice, service as serviceKind } from '#kinds'
import { quote, type PeerTrust, type Random } from '#machinery'
import type { ObjectReader } from './object-reader.ts'

export interface OutboundRequest extends PeerTrust {
  readonly method: 'GET' | 'POST'
  /** https://host:port/path?query, or http:// where the caller allows it. */
  readonly url: string
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: Uint8Array
  /** Where to connect instead of the URL's host: an endpoint of the service that the URL names. */
  readonly connect?: { readonly host: string; readonly port: number }
  readonly timeoutMs: number
  /** The most of an answer that is read; default 3 MiB. More is an error. */
  readonly mostBytes?: number
}
export interface OutboundAnswer { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array }

/**
 * Rejects with an Error in the words of Go's client, without the method and URL in front: `dial tcp 10.0.0.9:443: connect: connection refused`,
 * `context deadline exceeded`, `tls: failed to verify certificate: x509: certificate signed by unknown authority`, `EOF`.
 */
export type Outbound = (request: OutboundRequest) => Promise<OutboundAnswer>

/** What webhook configurations, conversion and aggregation say of a service. */
export interface ServiceReference { readonly namespace: string; readonly name: string; readonly path?: string; readonly port?: number }

/**
 * The URL of a service as messages show it, and a ready endpoint of it to connect to, chosen by chance. The server is no node: it goes to
 * endpoints, not to cluster addresses. Throws an Error in the reference's words where there is no such service, port or endpoint.
 */
export function serviceTarget(reference: ServiceReference, objects: ObjectReader, random: Random): { readonly url: string; readonly serverName: string; readonly connect: { readonly host: string; readonly port: number } } {
  const { namespace, name, path = '', port = 443 } = reference
  const host = `${name}.${namespace}.svc`
  const service = objects.get(serviceKind, name, namespace)
  if (!service) throw new Error(`service ${quote(name)} not found`)
  const url = `https://${host}:${port}${path === '' || path.startsWith('/') ? path : `/${path}`}`
  if (service.spec.type === 'ExternalName') return { url, serverName: host, connect: { host: service.spec.externalName ?? '', port } }
  const wanted = service.spec.ports?.find((p) => p.port === port)
  if (!wanted) throw new Error(`no service port ${port} found for service ${quote(name)}`)
  const ready = objects.list(endpointSlice, namespace).filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name).flatMap((slice) => {
    const number = slice.ports?.find((p) => (p.name ?? '') === (wanted.name ?? ''))?.port
    return number === undefined ? [] : (slice.endpoints ?? []).filter((e) => e.conditions?.ready !== false).flatMap((e) => e.addresses.map((address) => ({ host: address, port: number })))
  })
  const connect = ready[Math.floor(random() * ready.length)]
  if (!connect) throw new Error(`no endpoints available for service ${quote(name)}`)
  return { url, serverName: host, connect }
}
