import { tryTool, type ToolOptions } from '../tool.ts'
import type { Backend } from './dataplane.ts'

/**
 * Makes the kernel forget UDP flows to these backends, so that the next packet of a client is taken to another one. UDP
 * has no end of connection: a client that keeps its port would send to the old backend for ever.
 */
export async function forgetFlows(backends: readonly Backend[], options: ToolOptions): Promise<void> {
  for (const backend of backends) {
    const [address = '', port = ''] = backend.split(':')
    // Found by where the answers come from: that is the backend, whichever address or port of whichever service led to it.
    // It fails when there is no such flow.
    await tryTool(['conntrack', '-D', '-p', 'udp', '--reply-src', address, '--reply-port-src', port], options)
  }
}
