// The server's calls to others over HTTP/1.1 and TLS: one connection pool per authority and identity, every call with a deadline.
import { request as tlsRequest, type RequestOptions } from 'node:https'
import { isIP } from 'node:net'
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

/** Node's errors in Go's words: clients and recorded answers know those. */
export function inGo(error: Error & { code?: string; host?: string; cert?: { subject?: { CN?: string }; subjectaltname?: string } }, host: string, port: number): Error {
  const dial = `dial tcp ${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: `${dial}: connect: connection refused`, EHOSTUNREACH: `${dial}: connect: no route to host`, ENETUNREACH: `${dial}: connect: network is unreachable`, ETIMEDOUT: `${dial}: i/o timeout`,
    ENOTFOUND: `dial tcp: lookup ${host}: no such host`, EAI_AGAIN: `dial tcp: lookup ${host}: server misbehaving`, ECONNRESET: 'EOF', EPIPE: 'write: broken pipe',
    CERT_HAS_EXPIRED: 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid', DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority, SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority, UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority, UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
    ERR_TLS_CERT_ALTNAME_INVALID: `tls: failed to verify certificate: x509: ${otherName(error.cert ?? {}, error.host ?? host)}`,
    EPROTO: error.message.includes('wrong version number') ? 'http: server gave HTTP response to HTTPS client' : 'tls: handshake failure',
  }
  const text = error.code === undefined ? undefined : words[error.code]
  return text === undefined ? error : new Error(text, { cause: error })
}
const unknownAuthority = 'tls: failed to verify certificate: x509: certificate signed by unknown authority'

/** A certificate for somebody else. */
function otherName({ subject, subjectaltname = '' }: { subject?: { CN?: string }; subjectaltname?: string }, wanted: string): string {
  const names = subjectaltname.split(', ').filter((name) => name !== '')
  const of = (kind: string) => names.flatMap((name) => (name.startsWith(`${kind}:`) ? [name.slice(kind.length + 1)] : []))
  const ips = of('IP Address'), hosts = of('DNS')
  if (isIP(wanted) && ips.length === 0) return `cannot validate certificate for ${wanted} because it doesn't contain any IP SANs`
  if (isIP(wanted)) return `certificate is valid for ${ips.join(', ')}, not ${wanted}`
  if (names.length === 0 && subject?.CN) return 'certificate relies on legacy Common Name field, use SANs instead'
  return hosts.length === 0 ? `certificate is not valid for any names, but wanted to match ${wanted}` : `certificate is valid for ${hosts.join(', ')}, not ${wanted}`
}
