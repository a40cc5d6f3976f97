// /debug/pprof and /debug/flags (--profiling): profiles as pprof knows them, in the words of Go's handlers, and the level of the log.
import { quote, type ApiRequest, type ApiResponse, type ResponseBody } from '#machinery'
import type { PathHandler } from '../pipeline.ts'
import { textAnswer } from '../respond.ts'
import type { Query } from '../request.ts'

/** A profile that has begun. */
export interface TakenProfile { readonly bytes: Promise<Uint8Array>; /** Nobody waits for it any more. */ cancel(): void }
export interface Profiler {
  /** Names of profiles that say what there is, and how much of it. */
  readonly counted: readonly { readonly name: string; readonly about: string; count(): number }[]
  /** What the processor does for so long. Rejects when there is one under way. */
  cpu(seconds: number): Promise<TakenProfile>
  /** One of `counted`, in pprof's form; `seconds`: what changed meanwhile. Rejects when there is one under way. */
  take(name: string, seconds: number | undefined): Promise<TakenProfile>
  /** The same as text for people. */
  text(name: string): string
}
export interface Debugging {
  readonly profiler: Profiler
  /** How much the log says, as klog counts. */
  readonly setVerbosity: (level: number) => void
}

const prefix = '/debug/pprof/'
const cpuSeconds = 30
/** A profile lasts no longer than this: its request holds memory. */
const mostSeconds = 600
const noSniff = { 'x-content-type-options': 'nosniff' }

export function debugging({ profiler, setVerbosity }: Debugging): PathHandler {
  return (request, { path, query }) => {
    if (path === '/debug/pprof') return { ...textAnswer(302, request.method === 'GET' ? '<a href="/debug/pprof/">Found</a>.\n\n' : ''), headers: { 'content-type': 'text/html; charset=utf-8', location: prefix } }
    if (path.startsWith(prefix)) return profile(profiler, path.slice(prefix.length), query)
    if (path === '/debug/flags/v') return verbosity(request, setVerbosity)
    if (path === '/debug/flags' || path.startsWith('/debug/flags/')) return html('/debug/flags/', '<p>Flags that can be changed, by PUT of a value:</p>\n<ul><li><a href="/debug/flags/v">v</a></li></ul>')
    return undefined
  }
}

function profile(profiler: Profiler, name: string, query: Query): ApiResponse | Promise<ApiResponse> {
  switch (name) {
    case '': return index(profiler)
    case 'profile': {
      const given = Number(/^[+-]?\d+$/.exec(query.get('seconds') ?? '')?.[0] ?? 0)
      return attached('profile', () => profiler.cpu(Math.min(given > 0 ? given : cpuSeconds, mostSeconds)), (why) => `Could not enable CPU profiling: ${why}`)
    }
    case 'symbol': return textAnswer(200, 'num_symbols: 1\n', noSniff) // whatever is in a profile is named in it
    case 'trace': return refused(500, 'Could not enable tracing: the runtime has no execution trace; take a profile, or follow requests with --tracing-config-file')
  }
  if (!profiler.counted.some((one) => one.name === name)) return refused(404, 'Unknown profile')
  const seconds = query.get('seconds') ?? '', debug = Number(/^[+-]?\d+$/.exec(query.get('debug') ?? '')?.[0] ?? 0)
  if (seconds !== '' && (!/^\+?\d+$/.test(seconds) || Number(seconds) <= 0)) return refused(400, 'invalid value for "seconds" - must be a positive integer')
  if (seconds !== '' && debug !== 0) return refused(400, 'seconds and debug params are incompatible')
  if (debug !== 0) return textAnswer(200, profiler.text(name), noSniff)
  return attached(name, () => profiler.take(name, seconds === '' ? undefined : Math.min(Number(seconds), mostSeconds)), (why) => `Could not take the profile: ${why}`)
}

/** The head of the answer goes out when the profile begins: a client that waits for it sees that it was understood. */
async function attached(name: string, begin: () => Promise<TakenProfile>, words: (why: string) => string): Promise<ApiResponse> {
  let taken: TakenProfile
  try { taken = await begin() } catch (error) { return refused(500, words(error instanceof Error ? error.message : String(error))) }
  taken.bytes.catch(() => {}) // told to whoever reads
  const body: ResponseBody = { type: 'stream', open(sink) {
    let open = true
    const end = () => { if (open) { open = false; sink.end() } }
    taken.bytes.then((bytes) => { if (open) sink.write(bytes); end() }, end)
    return () => { open = false; taken.cancel() }
  } }
  return { status: 200, headers: { ...noSniff, 'content-type': 'application/octet-stream', 'content-disposition': `attachment; filename="${name}"` }, body }
}
const refused = (status: number, text: string): ApiResponse => textAnswer(status, `${text}\n`, { ...noSniff, 'x-go-pprof': '1' })

function index({ counted }: Profiler): ApiResponse {
  const rows = [...counted.map(({ name, about, count }) => [String(count()), name, about]), ['', 'profile', `What the processor does; seconds=N says how long (${cpuSeconds})`], ['', 'symbol', 'Names of addresses; profiles from here name everything themselves'], ['', 'trace', 'Not to be had here']]
  return html(prefix, `<table>\n<tr><td>Count</td><td>Profile</td><td></td></tr>\n${rows.map(([count, name, about]) => `<tr><td>${count}</td><td><a href='${name}${count === '' ? '' : '?debug=1'}'>${name}</a></td><td>${about}</td></tr>`).join('\n')}\n</table>`)
}
const html = (title: string, body: string): ApiResponse => {
  const answer = textAnswer(200, `<html>\n<head>\n<title>${title}</title>\n</head>\n<body>\n${title}\n${body}\n</body>\n</html>\n`)
  return { ...answer, headers: { ...answer.headers, ...noSniff, 'content-type': 'text/html; charset=utf-8' } }
}

const mostVerbose = 2 ** 31 - 1
function verbosity({ method, body }: ApiRequest, set: (level: number) => void): ApiResponse {
  const plain = (status: number, text: string): ApiResponse => textAnswer(status, `${text}\n`, { ...noSniff, 'content-type': 'text/plain' })
  if (method !== 'PUT') return plain(406, 'unsupported http method')
  const given = body === undefined ? '' : 'object' in body ? String(body.object) : new TextDecoder().decode(body)
  const problem = !/^[+-]?\d+$/.test(given) ? 'invalid syntax' : Number(given) > mostVerbose || Number(given) < -mostVerbose - 1 ? 'value out of range' : undefined
  if (problem) return plain(400, `failed set klog.logging.verbosity ${given}: strconv.ParseInt: parsing ${quote(given)}: ${problem}`)
  set(Number(given))
  return plain(200, `successfully set klog.logging.verbosity to ${given}`)
}
