// nodes/proxy, pods/proxy, services/proxy: HTTP through the API server. To a node's agent GETs are carried as they are; what asks for an
// upgrade is handed over whole.
import { ApiError, unavailable, type ApiResponse } from '#machinery'
import { endpointSlice, service as serviceKind } from '#kinds'
import { notFound } from '#machinery'
import { place, type Call } from '../core.ts'
import { agentOf, podOf } from './agent.ts'
import type { Subresource } from './subresource.ts'

const verbs = ['create', 'delete', 'get', 'patch', 'update']

/** The path behind /proxy, with the query. */
function rest({ info }: Call): string {
  const at = info.path.indexOf('/proxy')
  const path = at < 0 ? '' : info.path.slice(at + '/proxy'.length)
  return `${path || '/'}${info.query.text && `?${info.query.text}`}`
}

export const nodeProxy: Subresource = {
  name: 'proxy', type: { group: '', version: '', kind: 'NodeProxyOptions' }, verbs, deep: true,
  async handle(call) {
    const { core, info, request } = call
    const agent = agentOf(call, nameParts(info.name).name)
    const path = rest(call)
    if (request.headers.upgrade) return { status: 101, headers: {}, body: { type: 'upgrade', target: { host: agent.host, port: agent.port, path, tls: 'kubelet' } } }
    if (request.method !== 'GET') throw new ApiError('MethodNotAllowed', 'only GET and upgrades are carried to the agents of nodes', {})
    if (!core.kubelet) throw unavailable('this server has no way to the agents of nodes')
    const answer = await core.kubelet.get(agent, path)
    return { status: answer.status, headers: passed(answer.headers), body: { type: 'stream', open: answer.open } }
  },
}

/** To a pod's own port. */
export const podProxy: Subresource = {
  name: 'proxy', type: { group: '', version: '', kind: 'PodProxyOptions' }, verbs, deep: true,
  handle(call) {
    const { name, port, scheme } = nameParts(call.info.name)
    const pod = podOf({ ...call, info: { ...call.info, name } })
    const host = pod.status.podIP
    if (!host) throw new ApiError('', `address not allowed: pod ${name} has no address yet`, undefined, { code: 503 })
    const declared = pod.spec.containers.flatMap((c) => c.ports ?? [])
    const number = port === '' ? declared[0]?.containerPort ?? 80 : /^\d+$/.test(port) ? Number(port) : declared.find((p) => p.name === port)?.containerPort
    if (number === undefined) throw unavailable(`no port ${JSON.stringify(port)} in pod ${JSON.stringify(name)}`)
    return carried(call, host, number, scheme)
  },
}

/** To one of a service's endpoints, chosen by chance. */
export const serviceProxy: Subresource = {
  name: 'proxy', type: { group: '', version: '', kind: 'ServiceProxyOptions' }, verbs, deep: true,
  handle(call) {
    const { name, port, scheme } = nameParts(call.info.name)
    const { objects, random } = call.core
    const service = objects.get(serviceKind, name, place(call))
    if (!service) throw notFound(serviceKind, name)
    const wanted = service.spec.ports?.find((p) => p.name === port || String(p.port) === port || (port === '' && service.spec.ports?.length === 1))
    if (!wanted) throw unavailable(`no endpoints available for service ${JSON.stringify(call.info.name)}`)
    const slices = objects.list(endpointSlice, place(call)).filter((s) => s.metadata.labels?.['kubernetes.io/service-name'] === name)
    const targets = slices.flatMap((s) => {
      const number = s.ports?.find((p) => (p.name ?? '') === (wanted.name ?? ''))?.port
      return number === undefined ? [] : (s.endpoints ?? []).filter((e) => e.conditions?.ready !== false).flatMap((e) => e.addresses.map((host) => ({ host, port: number })))
    })
    const target = targets[Math.floor(random() * targets.length)]
    if (!target) throw unavailable(`no endpoints available for service ${JSON.stringify(call.info.name)}`)
    return carried(call, target.host, target.port, scheme)
  },
}

/** `https:name:port`, `name:port` or `name`. */
function nameParts(text: string): { name: string; port: string; scheme: string } {
  const parts = text.split(':')
  if (parts.length === 3) return { scheme: parts[0]!, name: parts[1]!, port: parts[2]! }
  return { scheme: 'http', name: parts[0]!, port: parts[1] ?? '' }
}

function carried(call: Call, host: string, port: number, scheme: string): ApiResponse | Promise<ApiResponse> {
  const { request, core } = call
  const path = rest(call)
  if (request.headers.upgrade && scheme !== 'https') return { status: 101, headers: {}, body: { type: 'upgrade', target: { host, port, path, tls: 'none' } } }
  if (!core.backend) throw unavailable('this server has no way to pods and services')
  const { body } = request
  const bytes = body !== undefined && !('object' in body) ? body : undefined
  return core.backend({ scheme, host, port, path, method: request.method, headers: forwarded(request.headers), ...(bytes && { body: bytes }) })
    .then((answer) => ({ status: answer.status, headers: passed(answer.headers), body: { type: 'stream', open: answer.open } }))
}

/** Headers that speak of one connection only, or are for us. */
const notForwarded = new Set(['host', 'authorization', 'connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'content-length'])
const forwarded = (headers: Readonly<Record<string, string | undefined>>): Record<string, string> => {
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) if (value !== undefined && !name.startsWith(':') && !name.startsWith('impersonate-') && !notForwarded.has(name)) out[name] = value
  return out
}
const passed = (headers: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(headers).filter(([name]) => !notForwarded.has(name.toLowerCase())))
