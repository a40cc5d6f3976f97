import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { Clock } from '#machinery'
import type { NameServer } from './exchange.ts'
import { parseResolvConf } from './resolv-conf.ts'

/** systemd-resolved names only itself in resolv.conf; whom it asks is in the second file. */
const files = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']
const readAgainMs = 5000

/**
 * The name servers of the machine, as a function that reads its files again when it is asked and the last time is a
 * while ago. Servers on a loopback address are left out: in a node's network namespace there is another loopback; and so
 * is `own`, our own address.
 */
export function machineNameServers(clock: Clock, own: string): () => Promise<readonly NameServer[]> {
  let servers: Promise<readonly NameServer[]> | undefined
  let readAt = 0
  return () => {
    if (!servers || clock.now() - readAt >= readAgainMs) {
      readAt = clock.now()
      servers = readServers(own)
    }
    return servers
  }
}

/** Name servers from flags: `9.9.9.9` or `9.9.9.9:5353`. Throws on what is no address. */
export function parseNameServer(text: string): NameServer {
  const [, address = '', port = '53'] = /^\[?([\d.]+|[\da-fA-F:.]+(?=\]|$))\]?(?::(\d{1,5}))?$/.exec(text) ?? []
  if (isIP(address) === 0 || Number(port) > 65_535) throw new Error(`not a name server: ${text}; write an address, or address:port`)
  return { address, port: Number(port) }
}

async function readServers(own: string): Promise<readonly NameServer[]> {
  for (const file of files) {
    const { nameservers } = parseResolvConf(await readFile(file, 'utf8').catch(() => ''))
    const usable = nameservers.filter((address) => isIP(address) !== 0 && !address.startsWith('127.') && address !== '::1' && address !== own)
    if (usable.length > 0) return usable.map((address) => ({ address, port: 53 }))
  }
  return []
}
