// Pools of connections to other servers: one per authority, identity and expected name.
import type { Agent as Plain } from 'node:http'
import { Agent } from 'node:https'
import { isIP } from 'node:net'
import { LRUCache } from 'lru-cache'
import type { PeerTrust } from '#machinery'
import { PlainAgent } from './plain-http.ts'

/** Pools are kept for this many different authorities and identities. */
const mostPools = 200
const idleMs = 90_000

export interface Pools {
  readonly plain: Plain
  trusted(trust: PeerTrust): Agent
  close(): void
}

export function pools(): Pools {
  const made = new LRUCache<string, Agent>({ max: mostPools, dispose: (agent) => agent.destroy() })
  const plain = new PlainAgent({ keepAlive: true, timeout: idleMs })
  return {
    plain,
    trusted({ ca, insecure, serverName, identity }) {
      const key = JSON.stringify([ca, insecure, serverName, identity?.certificate])
      let agent = made.get(key)
      if (!agent) {
        agent = new Agent({ keepAlive: true, timeout: idleMs, maxFreeSockets: 8, ...(ca && { ca }), ...(insecure && { rejectUnauthorized: false }),
          ...(serverName && !isIP(serverName) && { servername: serverName }), ...(identity && { cert: identity.certificate, key: identity.key }) })
        made.set(key, agent)
      }
      return agent
    },
    close() { made.clear(); plain.destroy() },
  }
}
