// The server's calls to others over HTTP/1.1 and TLS: one connection pool per authority and identity, every call with a deadline.
import { request as tlsRequest, type RequestOptions } from 'node:https'
import { isIP } from 'node:net'
import { inGo } from '#machinery'
import type { Outbound, OutboundAnswer, OutboundRequest } from '#server'
import { pools } from './agents.ts'
import { plainRequest } from './plain-http.ts'

const mostBytesByDefault = 3 * 1024 * 1024

export function outbound(): Outbound & { close(): void } {
  const { plain, trusted, close } = pools()
  const once = (asked: OutboundRequest, last: boolean): Promise<OutboundAnswer> => new Promise((resolve, reject) => {
    const url = new URL(asked.url)
    const secure = url.protocol === 'https:'
    const port = asked.connect?.port ?? Number(url.port || (secure ? 443 : 80)), host = asked.connect?.host ?? url.hostname.replace(/^\[|\]$/g, '')
    const most = asked.mostBytes ?? mostBytesByDefault
    const headers = { ...asked.headers, host: url.host, ...(asked.body && { 'content-length': asked.body.length }) }
    const options: RequestOptions = { method: asked.method, host, port, path: `${url.pathname}${url.search}`, headers }
    let began = false, over = false
    const fail = (error: Error & { code?: string }) => {
      if (over) return
      over = true
      clearTimeout(deadline)
      const again = !last && !began && request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      request.destroy()
      if (again) resolve(once(asked, true)) // the other side had closed a connection that was kept: a new one may do
      else reject(inGo(error, host, port))
    }
    const named = !asked.serverName && !isIP(url.hostname) ? { servername: url.hostname } : {}
    const request = secure ? tlsRequest({ ...options, agent: trusted(asked), ...named }, answered) : plainRequest({ ...options, agent: plain }, answered)
    const deadline = setTimeout(() => fail(new Error('context deadline exceeded')), asked.timeoutMs)
    function answered(answer: import('node:http').IncomingMessage) {
      began = true
      const chunks: Buffer[] = []
      let size = 0
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > most) fail(new Error(`the answer is larger than ${most} bytes`))
        else chunks.push(chunk)
      })
      answer.on('end', () => {
        clearTimeout(deadline)
        const given = Object.entries(answer.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]]))
        resolve({ status: answer.statusCode ?? 0, headers: Object.fromEntries(given), body: Buffer.concat(chunks, size) })
      })
      answer.on('error', fail)
    }
    request.on('error', fail)
    request.end(asked.body)
  })
  const call = (asked: OutboundRequest): Promise<OutboundAnswer> => once(asked, false)
  return Object.assign(call, { close })
}
