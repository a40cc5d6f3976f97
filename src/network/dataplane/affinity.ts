import { runTool, type ToolOptions } from '../tool.ts'
import type { Backend, Frontend } from './dataplane.ts'
import { tableName } from './ruleset.ts'

/** An element as `nft -json` prints it: client, address, protocol and port of the service; address and port of the backend. */
type Listed = readonly [{ readonly elem: { readonly val: { readonly concat: readonly [string, string, string | number, number] } } }, { readonly concat: readonly [string, number] }]

/** nft prints a protocol sometimes by its name, sometimes by its number. */
const protocols: Readonly<Record<string, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }
/** Deleted in one command; when one of them times out meanwhile, the command is refused and each goes alone. */
const together = 500

/** Lets clients go that stick to backends which their service no longer has. Done after the backends have left the maps, so that no new client comes to them. */
export async function forgetClients(lost: readonly { readonly frontend: Frontend; readonly backends: readonly Backend[] }[], options: ToolOptions): Promise<void> {
  const listed = JSON.parse(await runTool(['nft', '-json', 'list', 'map', 'ip', tableName, 'affinity'], options)) as { nftables: readonly { map?: { elem?: readonly Listed[] } }[] }
  const stale: string[] = []
  for (const [{ elem: { val: { concat: [client, address, number, port] } } }, { concat: backend }] of listed.nftables.flatMap(({ map }) => map?.elem ?? [])) {
    const protocol = protocols[number] ?? number
    const sticks = ({ frontend, backends }: (typeof lost)[number]) => frontend.port === port && frontend.protocol.toLowerCase() === protocol &&
      (frontend.address ?? address) === address && backends.includes(backend.join(':'))
    if (lost.some(sticks)) stale.push(`${client} . ${address} . ${protocol} . ${port}`)
  }
  const forget = (keys: readonly string[]) => runTool(['nft', '-f', '-'], { ...options, input: `delete element ip ${tableName} affinity { ${keys.join(', ')} }\n` })
  for (let i = 0; i < stale.length; i += together) {
    const some = stale.slice(i, i + together)
    await forget(some).catch(async () => {
      for (const key of some) await forget([key]).catch(() => '')
    })
  }
}
