// Whom to call: a URL or a service, as webhooks for admission and for conversion name them.
import { invalidValue, isDNS1123Subdomain, isPortNumber, quote, requiredValue, type FieldError } from '#machinery'

const parts = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s
const form = '; desired format: https://host[/path]'
export function validateURL(url: string, at: string): FieldError[] {
  const why = whyNoURL(url)
  if (why !== undefined) return [requiredValue(at, `url must be a valid URL: parse ${quote(url)}: ${why}${form}`)]
  const [, scheme = '', authority = '', , query = '', fragment = ''] = parts.exec(url) ?? [], userAt = authority.lastIndexOf('@'), host = authority.slice(userAt + 1)
  return [
    ...(scheme.toLowerCase() === 'https' ? [] : [invalidValue(at, scheme.toLowerCase(), `'https' is the only allowed URL scheme${form}`)]),
    ...(host ? [] : [invalidValue(at, host, `host must be specified${form}`)]),
    ...(userAt < 0 ? [] : [invalidValue(at, authority.slice(0, userAt), 'user information is not permitted in the URL')]),
    ...(fragment ? [invalidValue(at, fragment, 'fragments are not permitted in the URL')] : []),
    ...(query ? [invalidValue(at, query, 'query parameters are not permitted in the URL')] : []),
  ]
}
/** What Go's parser has against a URL; undefined when it takes it. */
function whyNoURL(url: string): string | undefined {
  if (/[\x00-\x1f\x7f]/.test(url)) return 'net/url: invalid control character in URL'
  if (url.startsWith(':')) return 'missing protocol scheme'
  const [, scheme, authority = '', path = ''] = parts.exec(url) ?? [], host = authority.slice(authority.lastIndexOf('@') + 1)
  if (scheme === undefined && !url.startsWith('/') && /^[^/]*:/.test(url)) return 'first path segment in URL cannot contain colon'
  const wrongEscape = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(path) ?? /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(host)
  if (wrongEscape) return `invalid URL escape ${quote(wrongEscape[0])}`
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host"
  const bad = /[^A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\u0080-\uffff]/.exec(host)
  if (bad) return `invalid character ${quote(bad[0])} in host name`
  const port = /:([^:\]]*)$/.exec(host)?.[1]
  if (port !== undefined && !/^\d*$/.test(port)) return `invalid port ${quote(`:${port}`)} after host`
  return undefined
}

export function validateServiceCaller({ name, namespace, path, port = 443 }: { name: string; namespace: string; path?: string; port?: number }, at: string): FieldError[] {
  const bad = isPortNumber(port)
  return [
    ...(name ? [] : [requiredValue(`${at}.name`, 'service name is required')]),
    ...(namespace ? [] : [requiredValue(`${at}.namespace`, 'service namespace is required')]),
    ...(bad.length ? [invalidValue(`${at}.port`, port, `port is not valid: ${bad.join(',')}`)] : []),
    ...(path && path !== '/' ? validatePath(path, `${at}.path`) : []),
  ]
}
function validatePath(path: string, at: string): FieldError[] {
  if (path === '//') return [invalidValue(at, path, 'segment[0] may not be empty')]
  return [
    ...(path.startsWith('/') ? [] : [invalidValue(at, path, "must start with a '/'")]),
    ...path.slice(1).replace(/\/$/, '').split('/').flatMap((step, i) =>
      (!step ? [invalidValue(at, path, `segment[${i}] may not be empty`)] : isDNS1123Subdomain(step).map((why) => invalidValue(at, path, `segment[${i}]: ${why}`)))),
  ]
}
