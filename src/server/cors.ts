// Pages of other origins that may ask this server from a browser (--cors-allowed-origins; the Fetch standard, section 3.2).
import { RE2JS } from 're2js'

/** What an answer tells a browser: the headers for a page of this origin; undefined: nothing. */
export type AllowedOrigins = (origin: string) => Readonly<Record<string, string>> | undefined

const always = {
  'access-control-allow-methods': 'POST, GET, OPTIONS, PUT, DELETE, PATCH',
  'access-control-allow-headers': 'Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, X-Requested-With, If-Modified-Since',
  'access-control-expose-headers': 'Date', 'access-control-allow-credentials': 'true',
}

/** Origins that one of the patterns is found in. Throws an Error in the reference's words for a pattern that says less than a whole host. */
export function allowedOrigins(patterns: readonly string[]): AllowedOrigins {
  const compiled = patterns.map((pattern) => {
    const wrong = (why: string) => new Error(`--cors-allowed-origins has an invalid regular expression: ${why}`)
    let regex: RE2JS
    try { regex = RE2JS.compile(pattern) } catch (error) { throw wrong(error instanceof Error ? error.message : String(error)) }
    if (!/\^|\/\//.test(pattern) || !/\$|:/.test(pattern)) throw wrong('regular expression does not pin to start/end of host in the origin header')
    return regex
  })
  return (origin) => (compiled.some((regex) => regex.matcher(origin).find()) ? { 'access-control-allow-origin': origin, ...always } : undefined)
}
