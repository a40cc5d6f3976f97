// Failures of connections in Go's words, as the kubelet tells them.
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused', EHOSTUNREACH: 'connect: no route to host', ENETUNREACH: 'connect: network is unreachable', ETIMEDOUT: 'i/o timeout', ECONNRESET: 'read: connection reset by peer', EPIPE: 'write: broken pipe',
}
/** While the answer is read, Go names no address. */
const later = new Set(['ECONNRESET', 'EPIPE'])

export const joinHostPort = (host: string, port: number): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`)

export function dialText(error: Error & { readonly code?: string; readonly syscall?: string }, host: string, port: number): string {
  const { code = '', syscall } = error, reason = reasons[code]
  if (error.message === 'socket hang up') return 'EOF'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${host}: no such host`
  if (reason === undefined) return error.message
  if (later.has(code) && syscall !== 'connect') return reason
  return `dial tcp ${joinHostPort(host, port)}: ${reason}`
}
