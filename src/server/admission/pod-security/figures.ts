// How often pods were measured by the Pod Security Standards, and with what outcome.
import type { Counter, Metrics } from '../../metrics/metrics.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { LevelVersion, Policy } from './policy.ts'

export interface PodSecurityFigures {
  evaluated(attributes: AdmissionAttributes, mode: keyof Policy, policy: LevelVersion, isAllowed: boolean): void
  exempted(attributes: AdmissionAttributes): void
  /** Something is wrong with what policies are made of; `isFatal`: so that the request was refused. */
  failed(attributes: AdmissionAttributes, isFatal: boolean): void
}

/** Newer versions than this server's are no more than "future". */
const newestVersion = 36

export function podSecurityFigures(metrics: Metrics | undefined): PodSecurityFigures {
  if (!metrics) return { evaluated() {}, exempted() {}, failed() {} }
  const request = ['request_operation', 'resource', 'subresource'] as const
  const evaluations = metrics.counter({ name: 'pod_security_evaluations_total', stability: 'ALPHA', help: 'How often a policy was asked about pods, and what it said.', labels: ['decision', 'policy_level', 'policy_version', 'mode', ...request, 'ocp_namespace'] })
  const exemptions = metrics.counter({ name: 'pod_security_exemptions_total', stability: 'ALPHA', help: 'Requests that no policy was asked about.', labels: request })
  const errors = metrics.counter({ name: 'pod_security_errors_total', stability: 'ALPHA', help: 'Requests for which no policy could be made out, or none that makes sense.', labels: ['fatal', ...request] })
  // What most requests do is counted without putting labels together.
  const usual = new Map<string, Counter>()
  const words = ({ operation, kind, subresource }: AdmissionAttributes): [string, string, string] => [operation.toLowerCase(), kind.resource === 'pods' ? 'pod' : kind.resource === 'namespaces' ? 'namespace' : 'controller', subresource]
  const versionOf = ({ version }: LevelVersion): string => (version === 'latest' ? 'latest' : version > newestVersion ? 'future' : `v1.${version}`)
  return {
    evaluated(attributes, mode, policy, isAllowed) {
      const key = `${isAllowed}${policy.level}${policy.version}${mode}${attributes.operation}${attributes.kind.resource}${attributes.subresource}`
      let counter = usual.get(key)
      if (!counter) usual.set(key, counter = evaluations.with(isAllowed ? 'allow' : 'deny', policy.level, versionOf(policy), mode, ...words(attributes), ''))
      counter.inc()
    },
    exempted(attributes) { exemptions.with(...words(attributes)).inc() },
    failed(attributes, isFatal) { errors.with(String(isFatal), ...words(attributes)).inc() },
  }
}
