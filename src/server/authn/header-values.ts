import type { ApiRequest } from '#machinery'

/**
 * All values of a header that may come several times, in order. Values hold commas (LDAP names of groups), so they are taken from the
 * headers as they came; a transport that does not give those joins them by ", ".
 */
export function headerValues({ headers, rawHeaders }: Pick<ApiRequest, 'headers' | 'rawHeaders'>, name: string): string[] {
  const joined = headers[name]
  if (joined === undefined) return []
  if (!rawHeaders) return joined.split(', ').filter((v) => v !== '')
  const out: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]!.toLowerCase() === name) out.push(rawHeaders[i + 1]!)
  return out
}
