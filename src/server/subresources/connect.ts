// Subresources that connect a client with something behind the server (exec, proxy ...) are asked about in admission like writes, with what
// the query says as their object.
import { copy, same, type LooseObject } from '#machinery'
import type { Call } from '../core.ts'
import { integer, isTrue, parseQuery } from '../request.ts'
import { admitted } from '../write.ts'

/** The call as admission leaves it: what it changes of the options counts. Throws what admission throws. */
export async function admitConnect(call: Call): Promise<Call> {
  const connect = admitted(call, 'CONNECT', { dryRun: false }), asked = optionsOf(call), options = copy(asked)
  await call.core.admission.mutate(connect, options, undefined)
  await call.core.admission.validate(connect, options, undefined)
  return same(options, asked) ? call : withOptions(call, options as object as Readonly<Record<string, unknown>>)
}
function withOptions(call: Call, { kind, apiVersion: _, path, ...options }: Readonly<Record<string, unknown>>): Call {
  const { info } = call
  if (String(kind).endsWith('ProxyOptions')) {
    const to = String(path ?? ''), end = info.path.length - (info.rest.length > 0 ? info.rest.join('/').length + 1 : 0)
    return { ...call, info: { ...info, path: info.path.slice(0, end) + (to && !to.startsWith('/') ? `/${to}` : to) } }
  }
  const query = new URLSearchParams(Object.entries(options).flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, String(one)])))
  return { ...call, info: { ...info, query: parseQuery(query.toString()) } }
}

/** PodExecOptions and their like. */
function optionsOf({ served, info }: Call): LooseObject {
  const kind = served.subresources.get(info.subresource)?.type.kind ?? '', { query } = info
  const flags = Object.fromEntries(['stdin', 'stdout', 'stderr', 'tty'].filter((name) => isTrue(query.get(name))).map((name) => [name, true]))
  const container = query.get('container'), command = query.all('command'), ports = query.all('ports').length > 0 ? [integer(query, 'ports')] : []
  const options = kind.endsWith('ProxyOptions') ? { ...(info.rest.length > 0 && { path: `/${info.rest.join('/')}` }) }
    : kind === 'PodPortForwardOptions' ? { ...(ports.length > 0 && { ports }) } : { ...flags, ...(container && { container }), ...(command.length > 0 && { command }) }
  return { kind, apiVersion: 'v1', ...options } as unknown as LooseObject // allowed: options have no metadata
}
