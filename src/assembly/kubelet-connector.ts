// The API server's way to the agents of nodes: HTTPS with its client certificate.
import { request, Agent } from 'node:https'
import { inGo, type NobodyAt } from '#machinery'
import type { KubeletAnswer, KubeletConnector } from '#server'
import type { Certificate } from './pki.ts'

/** An agent that does not answer by then cannot be reached. */
const connectMs = 10_000

/** `authority` signs the agents' certificates; what they name is the node's address. */
export function kubeletConnector({ client, authority, nobodyAt }: { client: Certificate; authority: string; nobodyAt?: NobodyAt }): KubeletConnector & { close(): void } {
  const agent = new Agent({ cert: client.certificate, key: client.key, ca: authority, keepAlive: true, maxFreeSockets: 8, keepAliveMsecs: 30_000 })
  return {
    close: () => agent.destroy(),
    get: ({ host, port }, path, insecure = false) => new Promise<KubeletAnswer>((resolve, reject) => {
      const nobody = nobodyAt?.(host)
      if (nobody !== undefined) throw new Error(`dial tcp ${host}:${port}: ${nobody}`)
      const call = request({ agent, host, port, path, method: 'GET', timeout: connectMs, rejectUnauthorized: !insecure }, (answer) => {
        call.setTimeout(0) // a followed log may be silent for long
        const headers: Record<string, string> = {}
        for (const [name, value] of Object.entries(answer.headers)) if (typeof value === 'string') headers[name] = value
        resolve({
          status: answer.statusCode ?? 502, headers,
          open(sink) {
            answer.on('data', (chunk: Buffer) => { if (!sink.write(chunk)) { answer.pause(); sink.drained(() => answer.resume()) } })
            answer.on('end', () => sink.end())
            answer.on('error', () => sink.end())
            answer.on('aborted', () => sink.end())
            return () => answer.destroy()
          },
        })
      })
      call.on('timeout', () => call.destroy(new Error(`dial tcp ${host}:${port}: i/o timeout`)))
      call.on('error', (error) => reject(inGo(error, host, port)))
      call.end()
    }),
  }
}
