// The file of --tracing-config-file: where spans go, and how many of the requests that nobody else follows have some.
import { invalidValue, quote, s, type FieldError, type Infer } from '#machinery'
import type { ConfigurationKind } from '../configuration-file.ts'

const schema = s.object('io.k8s.apiserver.v1.TracingConfiguration', { endpoint: s.string({ keepEmpty: true }), samplingRatePerMillion: s.int({ keepEmpty: true }) })
export type TracingConfiguration = Infer<typeof schema>
export const tracingConfiguration: ConfigurationKind<TracingConfiguration> = {
  kind: 'TracingConfiguration', apiVersions: ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1', 'apiserver.config.k8s.io/v1alpha1'], schema,
}

const million = 1_000_000
export function tracingErrors({ endpoint, samplingRatePerMillion: rate }: TracingConfiguration): FieldError[] {
  const errors: FieldError[] = []
  if (rate !== undefined && rate < 0) errors.push(invalidValue('samplingRatePerMillion', rate, 'sampling rate must be positive'))
  if (rate !== undefined && rate > million) errors.push(invalidValue('samplingRatePerMillion', rate, 'sampling rate per million must be less than or equal to one million'))
  if (endpoint !== undefined) {
    const whole = endpoint.includes('//') ? endpoint : `dns://${endpoint}`
    const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(whole)?.[1]?.toLowerCase() ?? ''
    const problem = urlProblem(whole)
    if (problem !== undefined) errors.push(invalidValue('endpoint', whole, problem))
    else if (!['dns', 'unix', 'unix-abstract'].includes(scheme))
      errors.push(invalidValue('endpoint', whole, `unsupported scheme: ${scheme}.  Options are none, dns, unix, or unix-abstract.  See https://github.com/grpc/grpc/blob/master/doc/naming.md`))
  }
  return errors
}

/** What Go's url.Parse finds wrong with it. */
function urlProblem(url: string): string | undefined {
  const quoted = quote(url)
  if (/[\x00-\x1f\x7f]/.test(url)) return `parse ${quoted}: net/url: invalid control character in URL`
  if (url.startsWith(':')) return `parse ${quoted}: missing protocol scheme`
  const escape = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(url)?.[0]
  if (escape !== undefined) return `parse ${quoted}: invalid URL escape ${quote(escape)}`
  const host = /^[^/?#]*\/\/([^/?#]*)/.exec(url)?.[1] ?? '', address = host.slice(host.lastIndexOf('@') + 1)
  if (/[ <>"]/.test(address)) return `parse ${quoted}: invalid character ${quote(/[ <>"]/.exec(address)![0])} in host name`
  const port = address.startsWith('[') ? address.slice(address.indexOf(']') + 1) : address.slice(address.lastIndexOf(':') === -1 ? address.length : address.lastIndexOf(':'))
  if (port !== '' && !/^:\d*$/.test(port)) return `parse ${quoted}: invalid port ${quote(port)} after host`
  return undefined
}

/** The address as gRPC's resolver takes it; default: a collector on this machine. */
export function collectorAddress({ endpoint }: TracingConfiguration): string {
  return endpoint === undefined || endpoint === '' ? 'localhost:4317' : endpoint
}
