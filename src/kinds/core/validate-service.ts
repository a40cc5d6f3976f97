// What is wrong with a service, and with a change of one. The order is the reference's.
import {
  duplicateValue, forbiddenValue, invalidValue, isPortNumber, isQualifiedName, notSupported, requiredValue, validateLabels, type AnyObject,
  type FieldError,
} from '#machinery'
import { failing, oneOf, validateDNSLabel, validateDNSSubdomain } from '../checks.ts'
import { cidrWarnings, ipWarnings, isIPv6, parseIP, validateCIDR, validateIP, validateNonSpecialIP } from '../ip.ts'
import { validatePort } from './pod/validate-handlers.ts'
import { isExternal, isHeadless, needsHealthCheckPort } from './prepare-service.ts'
import type { LoadBalancerStatus, ServicePort, ServiceSpec, ServiceStatus } from './service.ts'

type ServiceLike = AnyObject & { spec: ServiceSpec; status: ServiceStatus }
const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const onlyBalanced = "may only be used when `type` is 'LoadBalancer'"
const mostAffinitySeconds = 86_400

export function validateService(service: ServiceLike, old?: ServiceLike, subresource?: string): FieldError[] {
  const { spec } = service
  if (subresource === 'status') return validateLoadBalancer(spec, service.status.loadBalancer, old?.status.loadBalancer, 'status.loadBalancer')
  return [...(old ? validateChange(spec, old.spec) : []), ...validateWhole(service, old)]
}

const hints = 'service.kubernetes.io/topology-aware-hints', mode = 'service.kubernetes.io/topology-mode'
function validateWhole({ metadata: { annotations = {} }, spec }: ServiceLike, old: ServiceLike | undefined): FieldError[] {
  const errors: FieldError[] = []
  const { type = '', ports = [] } = spec
  if (annotations[mode] !== undefined && annotations[hints] !== undefined && annotations[mode] !== annotations[hints])
    errors.push(invalidValue(`metadata.annotations[${mode}]`, annotations[mode], `must match annotations[${hints}] when both are specified`))
  if (!ports.length && !isHeadless(spec) && type !== 'ExternalName') errors.push(requiredValue('spec.ports'))
  errors.push(...validateType(spec))
  const names = new Set<string>()
  for (const [i, port] of ports.entries()) errors.push(...validateServicePort(port, ports.length > 1, names, `spec.ports[${i}]`))
  errors.push(...validateLabels(spec.selector, 'spec.selector'), ...validateAffinity(spec), ...validateServiceAddresses(spec, old?.spec))
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) {
    const bad = validateIP(ip, `spec.externalIPs[${i}]`, old?.spec.externalIPs)
    errors.push(...(bad.length ? bad : validateNonSpecialIP(ip, `spec.externalIPs[${i}]`)))
  }
  errors.push(...(type ? oneOf(type, types, 'spec.type') : [requiredValue('spec.type')]))
  if (type === 'ClusterIP') for (const [i, { nodePort }] of ports.entries()) if (nodePort) errors.push(forbiddenValue(`spec.ports[${i}].nodePort`,
    "may not be used when `type` is 'ClusterIP'"))
  return [...errors, ...validateDuplicates(ports), ...validateRanges(annotations, spec, old), ...validateBalancing(spec), ...validateTraffic(spec)]
}

function validateAffinity({ sessionAffinity = '', sessionAffinityConfig: config }: ServiceSpec): FieldError[] {
  const at = 'spec.sessionAffinityConfig', needed = (field: string) => [requiredValue(field, 'when session affinity type is ClientIP')]
  if (!sessionAffinity) return [requiredValue('spec.sessionAffinity')]
  if (sessionAffinity === 'None') return config ? [forbiddenValue(at, 'must not be set when session affinity is None')] : []
  if (sessionAffinity !== 'ClientIP') return oneOf(sessionAffinity, ['ClientIP', 'None'], 'spec.sessionAffinity')
  if (!config) return needed(at)
  const seconds = config.clientIP?.timeoutSeconds
  if (!config.clientIP || seconds === undefined) return needed(config.clientIP ? `${at}.clientIP.timeoutSeconds` : `${at}.clientIP`)
  return seconds > 0 && seconds <= mostAffinitySeconds ? []
    : [invalidValue(`${at}.clientIP.timeoutSeconds`, seconds, `must be greater than 0 and less than ${mostAffinitySeconds}`)]
}

function validateType(spec: ServiceSpec): FieldError[] {
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort')
    return isHeadless(spec) ? [invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)] : []
  if (spec.type !== 'ExternalName') return []
  const errors: FieldError[] = []
  const refuse = (field: string) => errors.push(forbiddenValue(`spec.${field}`, 'may not be set for ExternalName services'))
  if (spec.clusterIPs?.length) refuse('clusterIPs')
  if (spec.ipFamilies?.length) refuse('ipFamilies')
  if (spec.ipFamilyPolicy !== undefined) refuse('ipFamilyPolicy')
  const name = (spec.externalName ?? '').replace(/\.$/, '')
  return [...errors, ...(name ? validateDNSSubdomain(name, 'spec.externalName') : [requiredValue('spec.externalName')])]
}

function validateServicePort(port: ServicePort, needsName: boolean, names: Set<string>, at: string): FieldError[] {
  const errors: FieldError[] = []
  const { name = '', protocol, targetPort = 0, appProtocol } = port
  if (needsName && !name) errors.push(requiredValue(`${at}.name`))
  else if (name) {
    errors.push(...validateDNSLabel(name, `${at}.name`))
    if (names.has(name)) errors.push(duplicateValue(`${at}.name`, name))
    names.add(name)
  }
  errors.push(...isPortNumber(port.port).map((why) => invalidValue(`${at}.port`, port.port, why)))
  errors.push(...oneOf(protocol, ['SCTP', 'TCP', 'UDP'], `${at}.protocol`), ...validatePort(targetPort, `${at}.targetPort`))
  if (appProtocol !== undefined) errors.push(...failing(isQualifiedName, appProtocol, `${at}.appProtocol`))
  return errors
}

function validateDuplicates(ports: readonly ServicePort[]): FieldError[] {
  const errors: FieldError[] = [], nodePorts = new Set<string>(), numbers = new Set<string>()
  for (const [i, { protocol, nodePort }] of ports.entries()) {
    if (!nodePort) continue
    const key = `${protocol}/${nodePort}`
    if (nodePorts.has(key)) errors.push(duplicateValue(`spec.ports[${i}].nodePort`, nodePort))
    nodePorts.add(key)
  }
  for (const [i, { protocol, port }] of ports.entries()) {
    const key = `${protocol}/${port}`
    if (numbers.has(key)) errors.push(duplicateValue(`spec.ports[${i}]`, { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }))
    numbers.add(key)
  }
  return errors
}

const rangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'
/** Spaces around ranges are allowed, and so is what was there before. */
function validateRanges(annotations: Readonly<Record<string, string>>, { type, loadBalancerSourceRanges: ranges = [] }: ServiceSpec, old: ServiceLike | undefined): FieldError[] {
  const balanced = type === 'LoadBalancer', annotated = annotations[rangesAnnotation]
  const refused = (at: string) => (balanced ? [] : [forbiddenValue(at, onlyBalanced)])
  if (ranges.length) {
    const before = old?.spec.loadBalancerSourceRanges?.map((range) => range.trim())
    return [...refused('spec.LoadBalancerSourceRanges'), ...ranges.flatMap((range, i) => validateCIDR(range.trim(), `spec.LoadBalancerSourceRanges[${i}]`, before))]
  }
  if (annotated === undefined) return []
  const at = `metadata.annotations[${rangesAnnotation}]`, changed = old?.metadata.annotations?.[rangesAnnotation] !== annotated
  return [...refused(at), ...(changed && annotated.trim() ? annotated.trim().split(',').flatMap((range) => validateCIDR(range.trim(), at)) : [])]
}

function validateBalancing({ type, allocateLoadBalancerNodePorts: allocate, loadBalancerClass }: ServiceSpec): FieldError[] {
  const balanced = type === 'LoadBalancer'
  return [
    ...(allocate !== undefined && !balanced ? [forbiddenValue('spec.allocateLoadBalancerNodePorts', onlyBalanced)] : []),
    ...(allocate === undefined && balanced ? [requiredValue('allocateLoadBalancerNodePorts')] : []),
    ...validateClass(balanced, loadBalancerClass),
  ]
}
const validateClass = (balanced: boolean, name: string | undefined): FieldError[] =>
  (name === undefined ? [] : balanced ? failing(isQualifiedName, name, 'spec.loadBalancerClass') : [forbiddenValue('spec.loadBalancerClass', onlyBalanced)])

const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']
function validateTraffic(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const { externalTrafficPolicy: external = '', internalTrafficPolicy: internal, healthCheckNodePort: health = 0, trafficDistribution: distribution } = spec
  if (!isExternal(spec)) { if (external) errors.push(invalidValue('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services')) }
  else errors.push(...(external ? oneOf(external, ['Cluster', 'Local'], 'spec.externalTrafficPolicy') : [requiredValue('spec.externalTrafficPolicy')]))
  if (!needsHealthCheckPort(spec)) {
    if (health) errors.push(invalidValue('spec.healthCheckNodePort', health, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"))
  } else errors.push(...(health ? isPortNumber(health).map((why) => invalidValue('spec.healthCheckNodePort', health, why)) : [requiredValue('spec.healthCheckNodePort')]))
  if (internal !== undefined) errors.push(...oneOf(internal, ['Cluster', 'Local'], 'spec.internalTrafficPolicy'))
  else if (['ClusterIP', 'LoadBalancer', 'NodePort'].includes(spec.type ?? '')) errors.push(requiredValue('spec.internalTrafficPolicy'))
  if (distribution !== undefined && !distributions.includes(distribution)) errors.push(notSupported('spec.trafficDistribution', distribution, distributions))
  return errors
}

/** Cluster IPs, their families and the family policy, which must agree. Whoever chooses addresses asks this first. */
export function validateServiceAddresses(spec: ServiceSpec, old?: ServiceSpec): FieldError[] {
  const { type, clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy: policy } = spec
  if (type === 'ExternalName') return []
  const errors: FieldError[] = [], at = 'spec.clusterIPs', seen = new Set<string>()
  if (clusterIP) {
    if (!clusterIPs.length) errors.push(requiredValue(at))
    else if (clusterIPs[0] !== clusterIP) errors.push(invalidValue(at, clusterIPs, 'first value must match `clusterIP`'))
  } else if (clusterIPs.length) errors.push(invalidValue(at, clusterIPs, 'must be empty when `clusterIP` is not specified'))
  for (const [i, family] of ipFamilies.entries()) {
    errors.push(...oneOf(family, ['IPv4', 'IPv6'], `spec.ipFamilies[${i}]`))
    if (seen.has(family)) errors.push(duplicateValue(`spec.ipFamilies[${i}]`, family))
    seen.add(family)
  }
  if (policy !== undefined) errors.push(...oneOf(policy, ['PreferDualStack', 'RequireDualStack', 'SingleStack'], 'spec.ipFamilyPolicy'))
  const misplaced = clusterIPs[0] === 'None' && clusterIPs.length > 1
  if (misplaced) errors.push(invalidValue(at, clusterIPs, "'None' must be the first and only value"))
  const bad = clusterIPs.flatMap((ip, i) => (i === 0 && ip === 'None' ? [] : validateIP(ip, `${at}[${i}]`, old?.clusterIPs)))
  errors.push(...bad)
  if (clusterIPs.length > 2) errors.push(invalidValue(at, clusterIPs, 'may only hold up to 2 values'))
  if (bad.length || misplaced) return errors
  const dual = clusterIPs.some(isIPv6) && clusterIPs.some((ip) => !isIPv6(ip))
  if (clusterIPs.length > 1 && !dual) errors.push(invalidValue(at, clusterIPs, 'may specify no more than one IP for each IP family'))
  if (!isHeadless(spec)) for (const [i, ip] of clusterIPs.slice(0, ipFamilies.length).entries())
    if (ipFamilies[i] === (isIPv6(ip) ? 'IPv4' : 'IPv6')) errors.push(invalidValue(`${at}[${i}]`, ip, `expected an ${ipFamilies[i]} value as indicated by \`ipFamilies[${i}]\``))
  return errors
}

/** What may not change: the first address and family, the class of a balancer, the port of health checks. */
function validateChange(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [], named = spec.type !== 'ExternalName' && old.type !== 'ExternalName'
  if (named && !(isHeadless(spec) && isHeadless(old))) errors.push(...keepFirst(spec, old, 'clusterIPs', 'clusterIP'))
  if (named && !isHeadless(spec) && !isHeadless(old)) errors.push(...keepFirst(spec, old, 'ipFamilies', 'ipFamily'))
  const balanced = spec.type === 'LoadBalancer'
  if (balanced && old.type === 'LoadBalancer' && spec.loadBalancerClass !== old.loadBalancerClass)
    errors.push(invalidValue('spec.loadBalancerClass', spec.loadBalancerClass, 'may not change once set'))
  errors.push(...validateClass(balanced, spec.loadBalancerClass))
  if (needsHealthCheckPort(spec) && needsHealthCheckPort(old) && spec.healthCheckNodePort !== old.healthCheckNodePort)
    errors.push(forbiddenValue('spec.healthCheckNodePort', 'field is immutable'))
  return errors
}
/** A second address or family may come and go; the first stays. */
function keepFirst(spec: ServiceSpec, old: ServiceSpec, field: 'clusterIPs' | 'ipFamilies', word: string): FieldError[] {
  const now = spec[field] ?? [], before = old[field] ?? [], families = field === 'ipFamilies', none = now.length ? now : null
  const changed = (i: number, shown: unknown = none) => invalidValue(`spec.${field}[${families ? 0 : i}]`, shown, 'may not change once set')
  if (now.length === before.length) return now.flatMap((value, i) => (value === before[i] ? [] : [changed(i)]))
  const moved = before.length && now.length && before[0] !== now[0] ? [changed(0, families ? spec.clusterIPs : now)] : []
  if (before.length < now.length) return moved
  return [
    ...(now.length || (families && spec.clusterIPs?.length) ? [] : [invalidValue(`spec.${field}[0]`, none, `primary ${word} can not be unset`)]), ...moved,
    ...(now.length !== 1 || spec.ipFamilyPolicy === 'SingleStack' ? [] : [invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy,
      `must be set to 'SingleStack' when releasing the secondary ${word}`)]),
  ]
}

/** What balancers report; addresses that were there before may stay. */
export function validateLoadBalancer({ type }: Pick<ServiceSpec, 'type'>, { ingress = [] }: LoadBalancerStatus, old: LoadBalancerStatus | undefined, at: string): FieldError[] {
  if (type !== 'LoadBalancer' && ingress.length) return [forbiddenValue(`${at}.ingress`, "may only be used when `spec.type` is 'LoadBalancer'")]
  const before = (old?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []))
  return ingress.flatMap(({ ip, ipMode, hostname }, i) => {
    const here = `${at}.ingress[${i}]`
    return [
      ...(ip ? validateIP(ip, `${here}.ip`, before) : []),
      ...(ipMode === undefined ? (ip ? [requiredValue(`${here}.ipMode`, 'must be specified when `ip` is set')] : [])
        : ip ? oneOf(ipMode, ['Proxy', 'VIP'], `${here}.ipMode`) : [forbiddenValue(`${here}.ipMode`, 'may not be specified when `ip` is not set')]),
      ...(hostname ? [...validateDNSSubdomain(hostname, `${here}.hostname`),
        ...(parseIP(hostname) ? [invalidValue(`${here}.hostname`, hostname, 'must be a DNS name, not an IP address')] : [])] : []),
    ]
  })
}

/** Texts for Warning headers. */
export function serviceWarnings({ metadata, spec }: ServiceLike): string[] {
  const { type, clusterIP, clusterIPs = [], externalIPs = [], loadBalancerIP, loadBalancerSourceRanges: ranges = [], sessionAffinity, externalName } = spec
  const none = isHeadless(spec) && type === 'ClusterIP', ignored = (field: string) => `spec.${field} is ignored for headless services`
  return [
    ...(metadata.annotations?.[hints] === undefined ? [] : [`annotation ${hints} is deprecated, please use ${mode} instead`]),
    ...(clusterIP && clusterIP !== 'None' ? clusterIPs.flatMap((ip, i) => ipWarnings(ip, `spec.clusterIPs[${i}]`)) : []),
    ...(none && loadBalancerIP ? [ignored('loadBalancerIP')] : []), ...(none && externalIPs.length ? [ignored('externalIPs')] : []),
    ...(none && sessionAffinity !== 'None' ? [ignored('SessionAffinity')] : []),
    ...(externalIPs.length ? ['spec.externalIPs is deprecated and may no longer be implemented in some clusters'] : []),
    ...externalIPs.flatMap((ip, i) => ipWarnings(ip, `spec.externalIPs[${i}]`)),
    ...(loadBalancerIP ? ipWarnings(loadBalancerIP, 'spec.loadBalancerIP') : []),
    ...ranges.flatMap((range, i) => cidrWarnings(range, `spec.loadBalancerSourceRanges[${i}]`)),
    ...(type === 'ExternalName' && externalIPs.length ? ['spec.externalIPs is ignored when spec.type is "ExternalName"'] : []),
    ...(type !== 'ExternalName' && externalName ? ['spec.externalName is ignored when spec.type is not "ExternalName"'] : []),
    ...(spec.trafficDistribution === 'PreferClose' ? ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'] : []),
  ]
}
/** The same of what balancers report. */
export const serviceStatusWarnings = ({ status }: ServiceLike): string[] =>
  (status.loadBalancer.ingress ?? []).flatMap(({ ip }, i) => (ip ? ipWarnings(ip, `status.loadBalancer.ingress[${i}]`) : []))
