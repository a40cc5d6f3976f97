// Whom to call: a URL or a service, as webhooks for admission and for conversion name them.
import { invalidValue, isDNS1123Subdomain, isPortNumber, requiredValue, type FieldError } from '#machinery'

const parts = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s
const form = '; desired format: https://host[/path]'
export function validateURL(url: string, at: string): FieldError[] {
  const [, scheme = '', authority = '', , query = '', fragment = ''] = parts.exec(url) ?? [], userAt = authority.lastIndexOf('@'), host = authority.slice(userAt + 1)
  return [
    ...(scheme.toLowerCase() === 'https' ? [] : [invalidValue(at, scheme, `'https' is the only allowed URL scheme${form}`)]),
    ...(host ? [] : [invalidValue(at, host, `host must be specified${form}`)]),
    ...(userAt < 0 ? [] : [invalidValue(at, authority.slice(0, userAt), 'user information is not permitted in the URL')]),
    ...(fragment ? [invalidValue(at, fragment, 'fragments are not permitted in the URL')] : []),
    ...(query ? [invalidValue(at, query, 'query parameters are not permitted in the URL')] : []),
  ]
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
