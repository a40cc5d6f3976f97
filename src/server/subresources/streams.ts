// pods/exec, pods/attach, pods/portforward: connections that are handed over to the node's agent.
import { badRequest, type ApiResponse } from '#machinery'
import type { Call } from '../core.ts'
import { isTrue, type Query } from '../request.ts'
import { agentOf, containerOf, podOf } from './agent.ts'
import { admitConnect } from './connect.ts'
import type { Subresource } from './subresource.ts'

const stream = (name: string, kind: string, path: (call: Call) => { path: string; node: string }): Subresource => ({
  name, type: { group: '', version: '', kind }, verbs: ['create', 'get'], connects: true,
  async handle(call) {
    const target = path(await admitConnect(call)) // admission is asked first, as the reference does
    if (!call.request.headers.upgrade) throw badRequest('Upgrade request required')
    const agent = agentOf(call, target.node)
    const response: ApiResponse = { status: 101, headers: {}, body: { type: 'upgrade', target: { host: agent.host, port: agent.port, path: target.path, tls: 'kubelet' } } }
    return response
  },
})

const flags = (query: Query, tty: boolean): string[] => {
  const on = (name: string, byDefault = false) => { const value = query.get(name); return value === undefined ? byDefault : isTrue(value) }
  return [...(on('stdin') ? ['input=1'] : []), ...(on('stdout') ? ['output=1'] : []), ...(on('stderr') ? ['error=1'] : []), ...(tty ? ['tty=1'] : [])]
}

/** Containers' own streams, of a process that runs or is started. */
function remoteCommand(call: Call, verb: 'exec' | 'attach'): { path: string; node: string } {
  const { query } = call.info
  const pod = podOf(call)
  const container = containerOf(pod, query.get('container'))
  if (!pod.spec.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`)
  const tty = query.get('tty') !== undefined && isTrue(query.get('tty'))
  const wanted = flags(query, tty)
  if (wanted.length === (tty ? 1 : 0)) throw badRequest('you must specify at least one of stdin, stdout, stderr')
  const commands = verb === 'exec' ? query.all('command') : []
  if (verb === 'exec' && commands.length === 0) throw badRequest('you must specify at least one command for the container')
  const parameters = [...wanted, ...commands.map((c) => `command=${encodeURIComponent(c)}`)]
  return { path: `/${verb}/${pod.metadata.namespace}/${pod.metadata.name}/${container}?${parameters.join('&')}`, node: pod.spec.nodeName }
}

export const exec = stream('exec', 'PodExecOptions', (call) => remoteCommand(call, 'exec'))
export const attach = stream('attach', 'PodAttachOptions', (call) => remoteCommand(call, 'attach'))
export const portForward = stream('portforward', 'PodPortForwardOptions', (call) => {
  const pod = podOf(call)
  if (!pod.spec.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`)
  const ports = call.info.query.all('ports').flatMap((p) => p.split(',')).filter((p) => p !== '')
  return { path: `/portForward/${pod.metadata.namespace}/${pod.metadata.name}${ports.length > 0 ? `?${ports.map((p) => `port=${encodeURIComponent(p)}`).join('&')}` : ''}`, node: pod.spec.nodeName }
})
