// exec, attach and port-forward: requests that become a stream.
import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { RuntimeError, type Runtime } from '../runtime/runtime.ts'
import { serveCommand, servePortForward, streamRequest } from '../streaming/server.ts'
import type { AgentView } from './agent-view.ts'
import { asked, refusal, refusalText } from './who-asks.ts'

export function serveUpgrade({ agent, runtime }: { readonly agent: AgentView; readonly runtime: Runtime }, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => {})
  const refuse = (status: number, text: string): void => {
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`)
  }
  const refused = refusal(request)
  if (refused) return refuse(refused, refusalText(refused))
  const wanted = asked(request)
  if (!wanted) return refuse(400, 'malformed path')
  const { room, rest: [namespace = '', name = '', container = ''], query } = wanted, upgrade = { request, socket, head }
  if (!['exec', 'attach', 'portForward'].includes(room)) return refuse(404, '404 page not found')
  const pod = agent.find(namespace, name)
  if (!pod) return refuse(404, `pod "${name}" does not exist`)
  const id = (): string => {
    const found = agent.containerId(pod.metadata.uid, container)
    if (found === undefined) throw new RuntimeError('Failed', `container not found ("${container}")`)
    return found
  }
  const streams = streamRequest(query)
  if (room === 'exec') return void serveCommand(upgrade, streams, async () => await runtime.exec(id(), { ...streams, command: query.getAll('command') }))
  if (room === 'attach') return void serveCommand(upgrade, streams, async () => await runtime.attach(id(), streams))
  const ports = [...query.getAll('port'), ...query.getAll('ports')].flatMap((p) => p.split(',')).map(Number).filter((p) => Number.isInteger(p) && p > 0 && p < 65_536)
  void servePortForward(upgrade, ports, async () => {
    const sandbox = agent.sandboxId(pod.metadata.uid)
    if (sandbox === undefined) throw new RuntimeError('Failed', `pod "${name}" is not running`)
    return await runtime.portForward(sandbox)
  })
}
