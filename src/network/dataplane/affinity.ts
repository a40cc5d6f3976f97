// Session affinity: what the kernel remembers about clients, looked after where services change.
import { runTool, type ToolOptions } from '../tool.ts'
import type { Backend, Frontend } from './dataplane.ts'
import { tableName } from './ruleset.ts'

/** A client that has a backend. */
interface Client { readonly client: string; readonly address: string; readonly protocol: string; readonly port: number; readonly backend: Backend; readonly seconds: number }
/** A sticky frontend, with some backends. */
export interface Sticky { readonly frontend: Frontend; readonly backends: readonly Backend[] }

/** An element as `nft -json` prints it: client, address, protocol and port of the service; address and port of the backend. */
type Listed = readonly [{ readonly elem: { readonly val: { readonly concat: readonly [string, string, string | number, number] }; readonly expires?: number } }, { readonly concat: readonly [string, number] }]

/** nft prints a protocol sometimes by its name, sometimes by its number. */
const protocols: Readonly<Record<string, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }
/** Deleted in one command; when one of them times out meanwhile, the command is refused and each goes alone. */
const together = 500

/** All clients that the table knows. */
export async function listClients(options: ToolOptions): Promise<Client[]> {
  const listed = JSON.parse(await runTool(['nft', '-json', 'list', 'map', 'ip', tableName, 'affinity'], options)) as { nftables: readonly { map?: { elem?: readonly Listed[] } }[] }
  return listed.nftables.flatMap(({ map }) => map?.elem ?? []).map(([{ elem: { val: { concat: [client, address, protocol, port] }, expires } }, { concat }]) =>
    ({ client, address, protocol: protocols[protocol] ?? String(protocol), port, backend: concat.join(':'), seconds: expires ?? 0 }))
}

/** Whether a client has one of these backends by way of this frontend. */
const sticks = ({ address, protocol, port, backend }: Client) => ({ frontend, backends }: Sticky): boolean =>
  frontend.port === port && frontend.protocol.toLowerCase() === protocol && (frontend.address ?? address) === address && backends.includes(backend)

/** Lets clients go that stick to backends which their service no longer has. Done after the backends have left the maps, so that no new client comes to them. */
export async function forgetClients(lost: readonly Sticky[], options: ToolOptions): Promise<void> {
  const stale = (await listClients(options)).filter((client) => lost.some(sticks(client))).map(keyOf)
  const forget = (keys: readonly string[]) => runTool(['nft', '-f', '-'], { ...options, input: `delete element ip ${tableName} affinity { ${keys.join(', ')} }\n` })
  for (let i = 0; i < stale.length; i += together) {
    const some = stale.slice(i, i + together)
    await forget(some).catch(async () => {
      for (const key of some) await forget([key]).catch(() => '')
    })
  }
}

/** The command that gives clients of an earlier table their backends again, as long as the services still have them; empty when there are none. */
export function recallClients(clients: readonly Client[], kept: readonly Sticky[]): string {
  const elements = clients.filter((client) => client.seconds > 0 && kept.some(sticks(client)))
    .map((client) => `${keyOf(client)} timeout ${client.seconds}s : ${client.backend.replace(':', ' . ')}`)
  return elements.length > 0 ? `add element ip ${tableName} affinity { ${elements.join(', ')} }\n` : ''
}

const keyOf = ({ client, address, protocol, port }: Client): string => `${client} . ${address} . ${protocol} . ${port}`
