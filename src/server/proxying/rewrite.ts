// A server behind a proxy path does not know of it: its redirects and the links of its pages are led back through the proxy.
import type { BackendAnswer, Headers } from './backend.ts'

export interface Place {
  /** As the client reached us. */
  readonly scheme: string
  readonly host: string
  /** What stands before the backend's own paths, without a slash at the end. */
  readonly prefix: string
  /** As the backend knows itself: host and port. */
  readonly backendHost: string
}

/** A URL that the backend gave out, as the client must follow it. Other hosts and relative paths stay as they are. */
export function rewrittenUrl(text: string, { scheme, host, prefix, backendHost }: Place): string {
  const match = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/s.exec(text)!
  const [, givenScheme, givenHost, path = '', rest = ''] = match
  if ((givenHost && givenHost !== backendHost && givenHost !== host) || !path.startsWith('/')) return text
  const origin = givenScheme !== undefined || givenHost ? `${scheme}://${host}` : ''
  return `${origin}${path.startsWith(prefix) ? path : prefix + path}${rest}`
}

/** The attributes of HTML elements that hold URLs. */
const links: Readonly<Record<string, readonly string[]>> = {
  a: ['href'], applet: ['codebase'], area: ['href'], audio: ['src'], base: ['href'], blockquote: ['cite'], body: ['background'], button: ['formaction'], command: ['icon'], del: ['cite'],
  embed: ['src'], form: ['action'], frame: ['longdesc', 'src'], head: ['profile'], html: ['manifest'], iframe: ['longdesc', 'src'], img: ['longdesc', 'src', 'usemap'], input: ['formaction', 'src', 'usemap'],
  ins: ['cite'], link: ['href'], object: ['classid', 'codebase', 'data', 'usemap'], q: ['cite'], script: ['src'], source: ['src'], video: ['poster', 'src'],
}

/** A page with its links led back through the proxy; everything else stays as it is. */
export function rewrittenHtml(page: string, place: Place): string {
  return page.replace(/<!--.*?-->|<([a-zA-Z][a-zA-Z0-9]*)((?:"[^"]*"|'[^']*'|[^>"'])*)>/gs, (tag, name: string | undefined, attributes: string) => {
    const held = name === undefined ? undefined : links[name.toLowerCase()]
    if (!held) return tag
    return `<${name}${attributes.replace(/([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)/g, (whole, attribute: string, is: string, quoted: string) => {
      if (!held.includes(attribute.toLowerCase())) return whole
      const quote = quoted.startsWith('"') || quoted.startsWith('\'') ? quoted.charAt(0) : ''
      return `${attribute}${is}${quote}${rewrittenUrl(quote ? quoted.slice(1, -1) : quoted, place)}${quote}`
    })}>`
  })
}

/** Pages larger than this are passed on as they are. */
const mostPageBytes = 8 * 1024 * 1024

/** The answer with its Location and, where it is a plain HTML page, its links led back through the proxy. */
export async function rewrittenAnswer(answer: BackendAnswer, place: Place): Promise<BackendAnswer> {
  const { headers } = answer
  const location = headers['location']
  if (typeof location === 'string') return { ...answer, headers: { ...headers, location: rewrittenUrl(location, place) } }
  if (!isPlainPage(headers)) return answer
  const page = rewrittenHtml(new TextDecoder().decode(await wholeBody(answer)), place)
  const bytes = new TextEncoder().encode(page)
  return { ...answer, headers: { ...headers, 'content-length': String(bytes.length) }, open: (sink) => { sink.write(bytes); sink.end(); return () => {} } }
}

const isPlainPage = (headers: Headers): boolean =>
  String(headers['content-type'] ?? '').split(';', 1)[0]!.trim() === 'text/html' && !headers['content-encoding'] && Number(headers['content-length'] ?? 0) <= mostPageBytes

function wholeBody({ open }: BackendAnswer): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let size = 0
    const stop = open({
      write(chunk) {
        size += chunk.length
        if (size > mostPageBytes) { stop(); reject(new Error(`the page is larger than ${mostPageBytes} bytes`)) } else chunks.push(chunk.slice())
        return true
      },
      end() {
        const all = new Uint8Array(size)
        let at = 0
        for (const chunk of chunks) { all.set(chunk, at); at += chunk.length }
        resolve(all)
      },
      drained() {},
    })
  })
}
