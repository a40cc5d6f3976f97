// URLs as Go's net/url reads them, with its errors.
import { quote } from '#machinery'
import { decodeUtf8, encodeUtf8 } from '../literals.ts'

export class UrlError extends Error {}
export interface UrlParts { readonly scheme: string; readonly host: string; readonly path: string; readonly query: string }

/** An absolute URL or path, as a request line has it. Throws UrlError. */
export function parseRequestUrl(text: string): UrlParts { return wrap(text, () => parse(text, true)) }
/** Any URL; the part behind # is left out. Throws UrlError. */
export function parseUrl(text: string): UrlParts {
  const hash = text.indexOf('#'), before = hash < 0 ? text : text.slice(0, hash)
  return wrap(before, () => { const parts = parse(before, false); if (hash >= 0) unescape(text.slice(hash + 1)); return parts })
}
function wrap(text: string, read: () => UrlParts): UrlParts {
  try { return read() } catch (error) { throw error instanceof UrlError ? new UrlError(`parse ${quote(text)}: ${error.message}`) : error }
}
const fail = (message: string): never => { throw new UrlError(message) }

function parse(text: string, isRequest: boolean): UrlParts {
  if (/[\x00-\x1f\x7f]/.test(text)) fail('net/url: invalid control character in URL')
  if (text === '' && isRequest) fail('empty url')
  if (text === '*') return { scheme: '', host: '', path: '*', query: '' }
  const named = /^([A-Za-z][A-Za-z0-9+\-.]*)?:/.exec(text)
  if (named && named[1] === undefined) fail('missing protocol scheme')
  const scheme = named?.[1]?.toLowerCase() ?? '', afterScheme = named ? text.slice(named[0].length) : text
  const mark = afterScheme.indexOf('?'), query = mark < 0 ? '' : afterScheme.slice(mark + 1)
  let rest = mark < 0 ? afterScheme : afterScheme.slice(0, mark), host = ''
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { scheme, host, path: '', query }
    if (isRequest) fail('invalid URI for request')
    if (rest.split('/')[0]!.includes(':')) fail('first path segment in URL cannot contain colon')
  }
  if ((scheme !== '' || (!isRequest && !rest.startsWith('///'))) && rest.startsWith('//')) {
    const slash = rest.indexOf('/', 2), authority = rest.slice(2, slash < 0 ? undefined : slash)
    rest = slash < 0 ? '' : rest.slice(slash)
    host = parseAuthority(authority)
  }
  unescape(rest)
  return { scheme, host, path: rest, query }
}
function parseAuthority(authority: string): string {
  const at = authority.lastIndexOf('@'), host = authority.slice(at + 1)
  const bracket = host.startsWith('[') ? host.lastIndexOf(']') : -1
  if (host.startsWith('[') && bracket < 0) fail("missing ']' in host")
  const colon = host.startsWith('[') ? bracket + 1 : host.lastIndexOf(':'), port = colon < 0 ? '' : host.slice(colon)
  if (port !== '' && !/^:\d*$/.test(port)) fail(`invalid port ${quote(port)} after host`)
  if (at >= 0 && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(authority.slice(0, at))) fail('net/url: invalid userinfo')
  const bad = /%(?![0-9a-fA-F]{2})/.exec(host)
  if (bad) fail(`invalid URL escape ${quote(host.slice(bad.index, bad.index + 3))}`)
  const invalid = /[^\x80-\uffff%A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/.exec(host)
  if (invalid) fail(`invalid character ${quote(invalid[0])} in host name`)
  return decode(host.replace(/%([0-7][0-9a-fA-F])/g, (escape) => escape === '%25' ? '%' : fail(`invalid URL escape ${quote(escape)}`)))
}
/** Checks that every escape is one. */
function unescape(text: string): void {
  const bad = /%(?![0-9a-fA-F]{2})/.exec(text)
  if (bad) fail(`invalid URL escape ${quote(text.slice(bad.index, bad.index + 3))}`)
}
function decode(text: string): string {
  if (!text.includes('%')) return text
  const bytes = encodeUtf8(text), plain: number[] = []
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes[i] === 37 ? parseInt(String.fromCharCode(bytes[i + 1] ?? 0, bytes[i + 2] ?? 0), 16) : NaN
    if (Number.isNaN(code)) plain.push(bytes[i]!)
    else { plain.push(code); i += 2 }
  }
  return decodeUtf8(new Uint8Array(plain)) ?? String.fromCharCode(...plain)
}

/** The path with its escapes; letters that need one get it. */
export function escapedPath({ path }: UrlParts): string {
  if (/^[A-Za-z0-9\-_.~!$&'()*+,;=:@[\]/%]*$/.test(path)) return path
  return encodeUtf8(decode(path)).map((byte) => { const c = String.fromCharCode(byte); return byte < 128 && /[A-Za-z0-9\-_.~$&+,/:;=@]/.test(c) ? c : `%${byte.toString(16).toUpperCase().padStart(2, '0')}` }).join('')
}
/** The values of each key; pairs that cannot be read are left out. */
export function queryValues({ query }: UrlParts): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';') || /%(?![0-9a-fA-F]{2})/.test(pair)) continue
    const equals = pair.indexOf('='), plain = (text: string) => decode(text.replaceAll('+', ' '))
    const key = plain(equals < 0 ? pair : pair.slice(0, equals)), value = equals < 0 ? '' : plain(pair.slice(equals + 1))
    const known = values.get(key)
    if (known) known.push(value)
    else values.set(key, [value])
  }
  return values
}
/** Host and port apart; brackets of addresses are not part of the name. */
export function hostParts({ host }: UrlParts): { name: string; port: string } {
  const colon = host.lastIndexOf(':'), hasPort = colon >= 0 && /^:\d*$/.test(host.slice(colon))
  const name = hasPort ? host.slice(0, colon) : host
  return { name: name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name, port: hasPort ? host.slice(colon + 1) : '' }
}
