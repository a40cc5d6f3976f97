// /statusz and /flagz: what runs here since when, and what it was told; as text for people, as objects of config.k8s.io for programs.
import { ApiError, formatTime, type ApiRequest, type ApiResponse, type Clock } from '#machinery'
import type { PathHandler } from '../pipeline.ts'
import { textAnswer, valueAnswer } from '../respond.ts'

const group = 'config.k8s.io'
const warning = 'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.'

export interface ZPagesParts {
  /** As in "kube-apiserver". */
  readonly component: string
  readonly clock: Clock
  /** As /version names them. */
  readonly versions: { readonly runtime: string; readonly binary: string; readonly emulation: string }
  /** Every path that is worth asking for. */
  readonly paths: () => readonly string[]
  /** Flags and what they are set to; what is secret is left out by whoever gives them. */
  readonly flags: Readonly<Record<string, string>>
}

export function zpages({ component, clock, versions, paths, flags }: ZPagesParts): PathHandler {
  const started = clock.now()
  return (request, { path }) => {
    if (path === '/statusz') {
      const seconds = Math.floor((clock.now() - started) / 1000), top = [...new Set(paths().map((each) => `/${each.split('/')[1]}`))].sort()
      return page(request, component, 'Statusz', () => [
        `Started: ${unixDate(started)}`, `Up: ${uptime(seconds)}`, `Go version: ${versions.runtime}`, `Binary version: ${versions.binary}`, `Emulation version: ${versions.emulation}`, `Paths: ${top.join(' ')}`,
      ], { startTime: formatTime(started), uptimeSeconds: seconds, goVersion: versions.runtime, binaryVersion: versions.binary, emulationVersion: versions.emulation, paths: top })
    }
    if (path === '/flagz') return page(request, component, 'Flagz', () => Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${value}`), { flags })
    return undefined
  }
}

/** Text unless the object is asked for with group, version and kind. Throws NotAcceptable. */
function page({ headers }: ApiRequest, component: string, kind: 'Statusz' | 'Flagz', lines: () => string[], object: object): ApiResponse {
  for (const one of (headers.accept || '*/*').split(',').map((part) => part.trim().split(';').map((piece) => piece.trim()))) {
    const [type = '', ...parameters] = one
    if (type === '*/*' || type === 'text/*' || type === 'text/plain') return textAnswer(200, `\n${component} ${kind.toLowerCase()}\n${warning}\n\n${lines().join('\n')}\n`)
    const given = Object.fromEntries(parameters.map((parameter) => parameter.split('=') as [string, string]))
    if ((type !== 'application/json' && type !== 'application/yaml') || given['g'] !== group || given['as'] !== kind || (given['v'] !== 'v1beta1' && given['v'] !== 'v1alpha1')) continue
    const answer = valueAnswer(200, { kind, apiVersion: `${group}/${given['v']}`, metadata: { name: component }, ...object }, { encoding: type === 'application/yaml' ? 'yaml' : 'json', as: '', version: '', pretty: false }, false)
    return given['v'] === 'v1beta1' ? answer : { ...answer, headers: { ...answer.headers, warning: [`299 - "${group}/v1alpha1 ${kind} is deprecated"`] } }
  }
  throw new ApiError('NotAcceptable', `only the following media types are accepted: text/plain, application/json;v=v1beta1;g=${group};as=${kind}, application/json;v=v1alpha1;g=${group};as=${kind}`)
}

const uptime = (seconds: number): string => `${Math.floor(seconds / 3600)} hr ${String(Math.floor(seconds / 60) % 60).padStart(2, '0')} min ${String(seconds % 60).padStart(2, '0')} sec`
/** As Go's UnixDate: Wed Oct 16 21:03:43 UTC 2024. */
function unixDate(ms: number): string {
  const [day = '', date = '', month = '', year = '', time = ''] = new Date(ms).toUTCString().replace(',', '').split(' ')
  return `${day} ${month} ${date.replace(/^0/, ' ')} ${time} UTC ${year}`
}
