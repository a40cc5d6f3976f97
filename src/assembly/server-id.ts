import { createHash } from 'node:crypto'
import { hostname } from 'node:os'

/** As the reference calls a server, after the machine that it runs on. */
export function serverId(): string {
  const bits = [...createHash('sha256').update(hostname()).digest().subarray(0, 16)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return `apiserver-${bits.match(/.{1,5}/g)!.map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')}`
}
