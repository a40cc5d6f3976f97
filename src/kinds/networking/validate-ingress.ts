// What is wrong with an ingress, and with a class of ingresses.
import { forbiddenValue, invalidValue, isPortName, isPortNumber, isWildcardDNS1123Subdomain, requiredValue, tooLong, type AnyObject, type FieldError } from '#machinery'
import { failing, immutableField, oneOf, validateDNSLabel, validateDNSSubdomain, validateDomainPrefixedPath, validatePathSegment } from '../checks.ts'
import { parseIP, validateIP } from '../ip.ts'
import type { HTTPIngressPath, IngressBackend, IngressLoadBalancerIngress, IngressRule, IngressSpec, IngressStatus } from './ingress.ts'
import type { IngressClassParametersReference, IngressClassSpec } from './ingressclass.ts'

type IngressLike = AnyObject & { spec: IngressSpec; status: IngressStatus }
export const classAnnotation = 'kubernetes.io/ingress.class'

export function validateIngress({ metadata, spec, status }: IngressLike, old?: IngressLike, subresource?: string): FieldError[] {
  if (subresource === 'status') return (status.loadBalancer.ingress ?? []).flatMap((entry, i) =>
    validatePoint(entry, `status.loadBalancer.ingress[${i}]`, old?.status.loadBalancer.ingress ?? []))
  const annotated = metadata.annotations?.[classAnnotation], name = spec.ingressClassName
  const rules = spec.rules ?? [], tls = spec.tls ?? []
  const oldSecretsAreOff = (old?.spec.tls ?? []).some(({ secretName }) => secretName && validateDNSSubdomain(secretName, '').length)
  const oldWildcardsAreOff = (old?.spec.rules ?? []).some((rule) => rule.host?.includes('*') && validatePaths(rule, '').length)
  return [
    ...(!rules.length && !spec.defaultBackend ? [invalidValue('spec', spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified')] : []),
    ...(spec.defaultBackend ? validateBackend(spec.defaultBackend, 'spec.defaultBackend') : []),
    ...rules.flatMap((rule, i) => validateRule(rule, `spec.rules[${i}]`, oldWildcardsAreOff)),
    ...tls.flatMap(({ hosts, secretName }, i) => [
      ...(hosts ?? []).flatMap((host, j) => validateHost(host, `spec.tls[${i}].hosts[${j}]`)),
      ...(secretName && !oldSecretsAreOff ? validateDNSSubdomain(secretName, `spec.tls[${i}].secretName`) : []),
    ]),
    ...(name === undefined ? [] : validateDNSSubdomain(name, 'spec.ingressClassName')),
    ...(!old && annotated !== undefined && name !== undefined && annotated !== name
      ? [invalidValue(`annotations.${classAnnotation}`, annotated, 'must match `ingressClassName` when both are specified')] : []),
  ]
}
const notAnAddress = (host: string, at: string): FieldError[] => (parseIP(host) ? [invalidValue(at, host, 'must be a DNS name, not an IP address')] : [])
const validateHost = (host: string, at: string): FieldError[] => (host.includes('*') ? failing(isWildcardDNS1123Subdomain, host, at) : validateDNSSubdomain(host, at))
const validatePoint = ({ ip, hostname }: IngressLoadBalancerIngress, at: string, before: readonly IngressLoadBalancerIngress[]): FieldError[] => [
  ...(ip ? validateIP(ip, `${at}.ip`, before.flatMap((b) => b.ip ?? [])) : []),
  ...(hostname ? [...validateDNSSubdomain(hostname, `${at}.hostname`), ...notAnAddress(hostname, `${at}.hostname`)] : []),
]

const validateRule = (rule: IngressRule, at: string, anyWildcard: boolean): FieldError[] => [
  ...(rule.host ? [...notAnAddress(rule.host, `${at}.host`), ...validateHost(rule.host, `${at}.host`)] : []),
  ...(rule.host?.includes('*') && anyWildcard ? [] : validatePaths(rule, at)),
]
const validatePaths = ({ http }: IngressRule, at: string): FieldError[] => (!http ? []
  : [...(http.paths?.length ? [] : [requiredValue(`${at}.http.paths`)]), ...(http.paths ?? []).flatMap((path, i) => validatePath(path, `${at}.http.paths[${i}]`))])

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'], badParts = ['//', '/./', '/../', '%2f', '%2F'], badEnds = ['/..', '/.']
function validatePath({ path = '', pathType, backend }: HTTPIngressPath, at: string): FieldError[] {
  if (pathType === undefined) return [requiredValue(`${at}.pathType`, 'pathType must be specified')]
  const errors = oneOf(pathType, pathTypes, `${at}.pathType`), refuse = (why: string) => errors.push(invalidValue(`${at}.path`, path, why))
  const literal = pathType === 'Exact' || pathType === 'Prefix'
  if ((literal || (pathType === 'ImplementationSpecific' && path)) && !path.startsWith('/')) refuse('must be an absolute path')
  if (literal) {
    for (const part of badParts) if (path.includes(part)) refuse(`must not contain '${part}'`)
    for (const end of badEnds) if (path.endsWith(end)) refuse(`cannot end with '${end}'`)
  }
  return [...errors, ...validateBackend(backend, `${at}.backend`)]
}

function validateBackend({ resource, service }: IngressBackend, at: string): FieldError[] {
  if (resource && service) return [invalidValue(at, '', 'cannot set both resource and service backends')]
  if (resource) return validateNamed(resource, `${at}.resource`)
  if (!service) return [invalidValue(at, '', 'resource or service backend is required')]
  const { name, port } = service
  const errors = name ? validateDNSLabel(name, `${at}.service.name`) : [requiredValue(`${at}.service.name`)]
  if (port.name && port.number) errors.push(invalidValue(at, '', 'cannot set both port name & port number'))
  else if (port.name) errors.push(...failing(isPortName, port.name, `${at}.service.port.name`))
  else if (port.number) for (const why of isPortNumber(port.number)) errors.push(invalidValue(`${at}.service.port.number`, port.number, why))
  else errors.push(requiredValue(at, 'port name or number is required'))
  return errors
}
const validateNamed = ({ apiGroup, kind, name }: { apiGroup?: string; kind: string; name: string }, at: string): FieldError[] => [
  ...(apiGroup === undefined ? [] : validateDNSSubdomain(apiGroup, `${at}.apiGroup`)),
  ...(kind ? validatePathSegment(kind, `${at}.kind`) : [requiredValue(`${at}.kind`)]),
  ...(name ? validatePathSegment(name, `${at}.name`) : [requiredValue(`${at}.name`)]),
]

const longestController = 250
export const validateIngressClassChange = ({ spec }: { spec: IngressClassSpec }, old: { spec: IngressClassSpec }): FieldError[] =>
  immutableField(spec.controller ?? '', old.spec.controller ?? '', 'spec.controller')
export function validateIngressClass({ spec: { controller = '', parameters } }: AnyObject & { spec: IngressClassSpec }): FieldError[] {
  return [
    ...(controller.length > longestController ? [tooLong('spec.controller', longestController)] : []),
    ...(controller ? validateDomainPrefixedPath(controller, 'spec.controller') : [requiredValue('spec.controller')]),
    ...(parameters ? validateParameters(parameters, 'spec.parameters') : []),
  ]
}
function validateParameters(parameters: IngressClassParametersReference, at: string): FieldError[] {
  const { scope, namespace } = parameters
  const errors = validateNamed(parameters, at)
  if (scope === undefined) return [...errors, requiredValue(`${at}.scope`)]
  errors.push(...oneOf(scope, ['Cluster', 'Namespace'], `${at}.scope`))
  if (scope === 'Namespace') errors.push(...(namespace === undefined ? [requiredValue(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'")]
    : validateDNSLabel(namespace, `${at}.namespace`)))
  if (scope === 'Cluster' && namespace !== undefined) errors.push(forbiddenValue(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'"))
  return errors
}
