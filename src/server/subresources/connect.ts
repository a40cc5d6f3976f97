// Subresources that connect a client with something behind the server (exec, proxy ...) are asked about in admission like writes, with what
// the query says as their object.
import type { LooseObject } from '#machinery'
import type { Call } from '../core.ts'
import { integer, isTrue } from '../request.ts'
import { admitted } from '../write.ts'

/** Throws what admission throws. */
export async function admitConnect(call: Call): Promise<void> {
  const connect = admitted(call, 'CONNECT', { dryRun: false }), options = optionsOf(call)
  await call.core.admission.mutate(connect, options, undefined)
  await call.core.admission.validate(connect, options, undefined)
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
