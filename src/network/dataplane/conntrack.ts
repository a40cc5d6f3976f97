import { runTool, tryTool, type ToolOptions } from '../tool.ts'
import type { Backend } from './dataplane.ts'

/** A place where UDP packets go, and the backends that they may be taken to. `address` undefined: the node's own. */
export interface UdpTarget { readonly address: string | undefined; readonly port: number; readonly backends: readonly Backend[] }

interface Flow { readonly address: string; readonly port: string; readonly answerer: string; readonly answererPort: string }

/**
 * Makes the kernel forget UDP flows to these places that go somewhere else than to their backends: to one that is gone,
 * or untranslated because there was no service when they began. UDP has no end of connection: a client that keeps its
 * port would be taken there for ever.
 */
export async function forgetFlows(targets: readonly UdpTarget[], options: ToolOptions): Promise<void> {
  const allowed = new Map(targets.map(({ address, port, backends }) => [`${address ?? '*'}:${port}`, new Set(backends)]))
  const stale = new Map<string, Flow>()
  for (const flow of parseFlows(await runTool(['conntrack', '-L', '-p', 'udp'], options))) {
    const backends = allowed.get(`${flow.address}:${flow.port}`) ?? allowed.get(`*:${flow.port}`)
    if (backends && !backends.has(`${flow.answerer}:${flow.answererPort}`)) stale.set(Object.values(flow).join(), flow)
  }
  for (const { address, port, answerer, answererPort } of stale.values()) {
    // It fails when the flow has ended by itself.
    await tryTool(['conntrack', '-D', '-p', 'udp', '--orig-dst', address, '--orig-port-dst', port, '--reply-src', answerer, '--reply-port-src', answererPort], options)
  }
}

/** Reads what `conntrack -L` prints: for each flow where it was sent to, and from where answers come. */
export function* parseFlows(text: string): Iterable<Flow> {
  for (const line of text.split('\n')) {
    const words = [...line.matchAll(/\b(?:src|dst|sport|dport)=(\S+)/g)].map((match) => match[1]!)
    const [, address, , port, answerer, , answererPort] = words
    if (words.length >= 8) yield { address: address!, port: port!, answerer: answerer!, answererPort: answererPort! }
  }
}
