// Where a request came from, as far as it can be told: what proxies say, then the address that cannot be made up.
import type { ApiRequest } from '#machinery'
import { parseIP } from '#kinds'

/** In the reference's order: X-Forwarded-For, X-Real-Ip, the connection's other end; what is no address is left out. */
export function sourceIPs({ headers, remote, direct }: ApiRequest): string[] {
  const ips = (headers['x-forwarded-for'] ?? '').split(',').map(plain).filter((ip) => ip !== undefined)
  const real = plain(headers['x-real-ip'] ?? '')
  if (real !== undefined && !ips.includes(real)) ips.push(real)
  const far = direct ? '::1' : plain(remote ?? '')
  if (far !== undefined && ips.at(-1) !== far) ips.push(far)
  return ips
}

function plain(text: string): string | undefined {
  const ip = text.trim().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
  return ip !== '' && parseIP(ip) ? ip : undefined
}
