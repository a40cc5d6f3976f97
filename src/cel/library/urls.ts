// url(): the parts of a URL.
import { CelError } from '../compile.ts'
import type { Library } from '../functions.ts'
import { escapedPath, hostParts, parseRequestUrl, parseUrl, queryValues, UrlError, type UrlParts } from './url-parts.ts'
import { EntryMap, ListValue, type OpaqueValue } from '../values.ts'

class UrlValue implements OpaqueValue {
  readonly celType = 'kubernetes.URL'
  readonly text: string
  readonly parts: UrlParts
  constructor(text: string, parts: UrlParts) { this.text = text; this.parts = parts }
  equals(other: OpaqueValue): boolean { return other instanceof UrlValue && this.text === other.text }
  json(): string { return this.text }
}
function url(text: string): UrlValue {
  try {
    parseRequestUrl(text)
    return new UrlValue(text, parseUrl(text))
  } catch (error) {
    if (error instanceof UrlError) throw new CelError(`URL parse error during conversion from string: ${error.message}`)
    throw error
  }
}
function isUrl(text: string): boolean { try { parseRequestUrl(text); return true } catch (error) { if (error instanceof UrlError) return false; throw error } }

export const urls: Library = {
  'url(string): kubernetes.URL = string_to_url': url,
  'isURL(string): bool = is_url_string': isUrl,
  'kubernetes.URL.getScheme(): string = url_get_scheme': ({ parts }: UrlValue) => parts.scheme,
  'kubernetes.URL.getHost(): string = url_get_host': ({ parts }: UrlValue) => parts.host,
  'kubernetes.URL.getHostname(): string = url_get_hostname': ({ parts }: UrlValue) => hostParts(parts).name,
  'kubernetes.URL.getPort(): string = url_get_port': ({ parts }: UrlValue) => hostParts(parts).port,
  'kubernetes.URL.getEscapedPath(): string = url_get_escaped_path': ({ parts }: UrlValue) => escapedPath(parts),
  'kubernetes.URL.getQuery(): map(string, list(string)) = url_get_query': ({ parts }: UrlValue) => new EntryMap(new Map([...queryValues(parts)].map(([key, values]) => [key, [key, new ListValue(values)] as const]))),
}
