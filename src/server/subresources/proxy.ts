// nodes/proxy, pods/proxy, services/proxy: HTTP through the API server. What asks for an upgrade is handed over whole; everything else is
// carried both ways as it flows, its redirects and links led back through the proxy.
import { endpoints as endpointsKind, pod as podKind, service as serviceKind } from '#kinds'
import { badRequest, notFound, quote, unavailable, type ApiResponse } from '#machinery'
import { place, type Call } from '../core.ts'
import { answeredHeaders, bodyOf, forwardedHeaders, wantsUpgrade, type BackendAnswer } from '../proxying/backend.ts'
import { rewrittenAnswer } from '../proxying/rewrite.ts'
import { agentOf, podOf } from './agent.ts'
import { admitConnect } from './connect.ts'
import type { Subresource } from './subresource.ts'

const verbs = ['create', 'delete', 'get', 'patch', 'update']
interface Target { readonly scheme: 'http' | 'https'; readonly host: string; readonly port: number; readonly kubelet?: true }

const proxy = (kind: string, target: (call: Call) => Target): Subresource => ({
  name: 'proxy', type: { group: '', version: '', kind }, verbs, deep: true, connects: true,
  async handle(call) {
    const to = target(call)
    return carried(await admitConnect(call), to)
  },
})

export const nodeProxy = proxy('NodeProxyOptions', (call) => {
  const { name } = nameParts(call, 'node')
  return { ...agentOf(call, name), scheme: 'https', kubelet: true }
})

/** To a pod's own port: the one named, or the first that it declares. */
export const podProxy = proxy('PodProxyOptions', (call) => {
  const { name, port, scheme } = nameParts(call, 'pod')
  const pod = podOf({ ...call, info: { ...call.info, name } })
  const host = pod.status.podIP
  if (!host || !isProxyable(host)) throw badRequest('address not allowed')
  const declared = pod.spec.containers.flatMap((c) => c.ports ?? [])[0]?.containerPort
  return { scheme, host, port: port === '' ? declared ?? wellKnown[scheme] : numberOf(port) }
})

/** To one of a service's pods, chosen by chance. */
export const serviceProxy = proxy('ServiceProxyOptions', (call) => {
  const { name, port, scheme } = nameParts(call, 'service')
  const { objects, random } = call.core
  const namespace = place(call)
  const portName = /^[+-]?\d+$/.test(port) ? servicePortName(call, name, Number(port)) : port
  const found = objects.get(endpointsKind, name, namespace)
  if (!found) throw notFound(endpointsKind, name)
  if (!found.subsets?.length) throw unavailable(`no endpoints available for service ${quote(name)}`)
  const isOfPod = (address: { ip: string; targetRef?: { namespace?: string; name?: string } }): boolean => {
    if (address.targetRef?.namespace !== namespace) return false
    const pod = objects.get(podKind, address.targetRef.name ?? '', namespace)
    return pod?.status.podIPs?.some(({ ip }) => ip === address.ip) ?? false
  }
  const targets = found.subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.filter((p) => (p.name ?? '') === portName).flatMap((p) => addresses.filter(isOfPod).map(({ ip }) => ({ scheme, host: ip, port: p.port }))))
  const chosen = targets[Math.floor(random() * targets.length)]
  if (!chosen) throw unavailable(`no endpoints available for service ${quote(call.info.name)}`)
  return chosen
})

function servicePortName(call: Call, name: string, port: number): string {
  const service = call.core.objects.get(serviceKind, name, place(call))
  if (!service) throw notFound(serviceKind, name)
  const found = service.spec.ports?.find((p) => p.port === port)
  if (!found) throw unavailable(`no service port ${port} found for service ${quote(name)}`)
  return found.name ?? ''
}

/** `https:name:port`, `name:port` or `name`. Throws BadRequest. */
function nameParts({ info: { name: text } }: Call, what: string): { name: string; port: string; scheme: 'http' | 'https' } {
  const parts = text.split(':')
  const [scheme, name, port] = parts.length === 3 ? parts : ['', parts[0], parts[1] ?? '']
  if (parts.length > 3 || !name || (scheme !== '' && scheme !== 'http' && scheme !== 'https')) throw badRequest(`invalid ${what} request ${quote(text)}`)
  return { scheme: scheme || 'http', name, port: port! } as { name: string; port: string; scheme: 'http' | 'https' }
}

const wellKnown: { readonly http: number; readonly https: number; readonly [name: string]: number | undefined } = { http: 80, https: 443 }
/** A port by its number or by the name that it has everywhere. */
function numberOf(port: string): number {
  const number = /^\d+$/.test(port) ? Number(port) : wellKnown[port]
  if (number === undefined || number > 65_535) throw unavailable(`error trying to reach service: dial tcp: lookup tcp/${port}: unknown port`)
  return number
}

/** Loopback, link-local and multicast addresses lead to the server itself or to nobody. */
const isProxyable = (ip: string): boolean => !/^(?:127\.|0\.0\.0\.0$|169\.254\.|22[4-9]\.|23\d\.|255\.255\.255\.255$|::1?$|fe[89ab]|ff)/i.test(ip)

async function carried(call: Call, { scheme, host, port, kubelet }: Target): Promise<ApiResponse> {
  const { request, core, info } = call
  const parts = info.path.split('/'), prefix = parts.slice(0, info.namespaced ? 8 : 6).join('/')
  const path = info.path.slice(prefix.length), query = info.query.text && `?${info.query.text}`
  if (wantsUpgrade(request)) return { status: 101, headers: {}, body: { type: 'upgrade', target: { host, port, path: `${path || '/'}${query}`, tls: kubelet ? 'kubelet' : scheme === 'https' ? { insecure: true } : 'none' } } }
  // Relative links of a page only lead back here when its path ends in a slash.
  if (path === '' && (request.method === 'GET' || request.method === 'HEAD')) return { status: 301, headers: { location: `${info.path}/${query}` }, body: { type: 'bytes', chunks: [] } }
  if (!core.backend) throw unavailable('this server has no way to pods and services')
  const ourHost = request.headers['host'] ?? request.headers[':authority'] ?? ''
  const headers = { ...forwardedHeaders(request), 'x-forwarded-uri': info.path, ...(ourHost && { 'x-forwarded-host': ourHost }), 'x-forwarded-proto': 'https' }
  const body = bodyOf(request)
  let answer: BackendAnswer
  try {
    answer = await core.backend({ method: request.method, scheme, host, port, path: `${path || '/'}${query}`, headers, trust: kubelet ? 'kubelet' : { insecure: true }, ...(body && { body }), ...(request.onGone && { onGone: request.onGone }) })
  } catch (error) {
    throw unavailable(`error trying to reach service: ${error instanceof Error ? error.message : String(error)}`)
  }
  const { status, headers: answered, open } = await rewrittenAnswer(answer, { scheme: 'https', host: ourHost, prefix, backendHost: `${host.includes(':') ? `[${host}]` : host}:${port}` })
  return { status, headers: answeredHeaders(answered), body: { type: 'stream', open } }
}
