// What is wrong with a service, and with a change of one. The order is the reference's.
import {
  duplicateValue, forbiddenValue, invalidValue, isPortNumber, isQualifiedName, notSupported, requiredValue, same, validateLabels, type AnyObject,
  type FieldError,
} from '#machinery'
import { failing, oneOf, validateDNSLabel, validateDNSSubdomain } from '../checks.ts'
import { isIPv6, parseCIDR, parseIP, validateCIDR, validateIP, validateNonSpecialIP } from '../ip.ts'
import { validatePort } from './pod/validate-handlers.ts'
import { isExternal, needsHealthCheckPort } from './prepare-service.ts'
import type { LoadBalancerStatus, ServicePort, ServiceSpec, ServiceStatus } from './service.ts'

type ServiceLike = AnyObject & { spec: ServiceSpec; status: ServiceStatus }
const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const onlyBalanced = "may only be used when `type` is 'LoadBalancer'"
const kubeletPort = 10250, mostAffinitySeconds = 86_400

export function validateService({ metadata, spec, status }: ServiceLike, old?: ServiceLike, subresource?: string): FieldError[] {
  if (subresource === 'status') return validateLoadBalancer(status.loadBalancer, 'status.loadBalancer')
  // Addresses are looked at before anything else: they are given out before validation, which therefore comes to nothing when they are wrong.
  const early = spec.type === 'ExternalName' ? [] : validateServiceAddresses(spec)
  if (early.length) return early
  return [...(old ? validateChange(spec, old.spec) : []), ...validateSpec(metadata, spec)]
}

function validateSpec(metadata: AnyObject['metadata'], spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const { type = '', ports = [], sessionAffinity = '', sessionAffinityConfig } = spec
  const headless = spec.clusterIP === 'None'
  if (!ports.length && !headless && type !== 'ExternalName') errors.push(requiredValue('spec.ports'))
  errors.push(...validateType(spec, headless))
  const names = new Set<string>()
  for (const [i, port] of ports.entries()) errors.push(...validateServicePort(port, ports.length > 1, names, `spec.ports[${i}]`))
  errors.push(...validateLabels(spec.selector, 'spec.selector'))
  if (!sessionAffinity) errors.push(requiredValue('spec.sessionAffinity'))
  else errors.push(...oneOf(sessionAffinity, ['ClientIP', 'None'], 'spec.sessionAffinity'))
  if (sessionAffinity === 'ClientIP') {
    const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 0
    if (seconds <= 0 || seconds > mostAffinitySeconds)
      errors.push(invalidValue('spec.sessionAffinityConfig.clientIP.timeoutSeconds', seconds, `must be greater than 0 and less than ${mostAffinitySeconds}`))
  } else if (sessionAffinity === 'None' && sessionAffinityConfig) errors.push(forbiddenValue('spec.sessionAffinityConfig', 'must not be set when session affinity is None'))
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) {
    const bad = validateIP(ip, `spec.externalIPs[${i}]`)
    errors.push(...(bad.length ? bad : validateNonSpecialIP(ip, `spec.externalIPs[${i}]`)))
  }
  errors.push(...(type ? oneOf(type, types, 'spec.type') : [requiredValue('spec.type')]))
  if (type === 'ClusterIP') for (const [i, { nodePort }] of ports.entries()) if (nodePort) errors.push(forbiddenValue(`spec.ports[${i}].nodePort`,
    "may not be used when `type` is 'ClusterIP'"))
  return [...errors, ...validateDuplicates(ports), ...validateBalancing(metadata, spec), ...validateTraffic(spec)]
}

function validateType(spec: ServiceSpec, headless: boolean): FieldError[] {
  const errors: FieldError[] = []
  const noAddress = (type: string) => invalidValue('spec.clusterIPs[0]', spec.clusterIPs?.[0], `may not be set to 'None' for ${type} services`)
  if (spec.type === 'LoadBalancer') {
    for (const [i, { port }] of (spec.ports ?? []).entries())
      if (port === kubeletPort) errors.push(invalidValue(`spec.ports[${i}].port`, port, `may not expose port ${kubeletPort} externally since it is used by kubelet`))
    if (headless) errors.push(noAddress('LoadBalancer'))
  } else if (spec.type === 'NodePort') { if (headless) errors.push(noAddress('NodePort')) }
  else if (spec.type === 'ExternalName') {
    const refuse = (field: string) => errors.push(forbiddenValue(`spec.${field}`, 'may not be set for ExternalName services'))
    if (spec.clusterIPs?.length || spec.clusterIP) refuse('clusterIPs')
    if (spec.ipFamilies?.length) refuse('ipFamilies')
    if (spec.ipFamilyPolicy !== undefined) refuse('ipFamilyPolicy')
    const name = (spec.externalName ?? '').replace(/\.$/, '')
    errors.push(...(name ? validateDNSSubdomain(name, 'spec.externalName') : [requiredValue('spec.externalName')]))
  }
  return errors
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
function validateBalancing(metadata: AnyObject['metadata'], spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const balanced = spec.type === 'LoadBalancer', ranges = spec.loadBalancerSourceRanges ?? [], annotated = metadata.annotations?.[rangesAnnotation]
  if (ranges.length) {
    if (!balanced) errors.push(forbiddenValue('spec.LoadBalancerSourceRanges', onlyBalanced))
    for (const [i, range] of ranges.entries()) errors.push(...validateCIDR(range.trim(), `spec.LoadBalancerSourceRanges[${i}]`))
  } else if (annotated !== undefined) {
    const at = `metadata.annotations[${rangesAnnotation}]`
    if (!balanced) errors.push(forbiddenValue(at, onlyBalanced))
    if (annotated.trim()) for (const range of annotated.trim().split(',')) if (!parseCIDR(range.trim())) errors.push(invalidValue(at, annotated.trim(),
      'must be a comma separated list of CIDRs e.g. 192.168.0.0/16,10.0.0.0/8'))
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined && !balanced) errors.push(forbiddenValue('spec.allocateLoadBalancerNodePorts', onlyBalanced))
  if (spec.allocateLoadBalancerNodePorts === undefined && balanced) errors.push(requiredValue('spec.allocateLoadBalancerNodePorts'))
  if (spec.loadBalancerClass !== undefined) errors.push(...(balanced ? failing(isQualifiedName, spec.loadBalancerClass, 'spec.loadBalancerClass')
    : [forbiddenValue('spec.loadBalancerClass', onlyBalanced)]))
  return errors
}

function validateTraffic(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const { externalTrafficPolicy: external = '', internalTrafficPolicy: internal, healthCheckNodePort: health = 0, trafficDistribution: distribution } = spec
  if (!isExternal(spec)) { if (external) errors.push(invalidValue('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services')) }
  else errors.push(...(external ? oneOf(external, ['Cluster', 'Local'], 'spec.externalTrafficPolicy') : [requiredValue('spec.externalTrafficPolicy')]))
  if (!needsHealthCheckPort(spec)) {
    if (health) errors.push(invalidValue('spec.healthCheckNodePort', health, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"))
  } else errors.push(...(health ? isPortNumber(health).map((why) => invalidValue('spec.healthCheckNodePort', health, why)) : [requiredValue('spec.healthCheckNodePort')]))
  if (internal !== undefined) errors.push(...oneOf(internal, ['Cluster', 'Local'], 'spec.internalTrafficPolicy'))
  else if (spec.type !== 'ExternalName') errors.push(requiredValue('spec.internalTrafficPolicy'))
  if (distribution !== undefined) errors.push(...oneOf(distribution, ['PreferClose', 'PreferSameNode', 'PreferSameZone'], 'spec.trafficDistribution'))
  return errors
}

/** Cluster IPs, their families and the family policy, which must agree. Whoever chooses addresses asks this first. */
export function validateServiceAddresses({ clusterIP = '', clusterIPs = clusterIP ? [clusterIP] : [], ipFamilies = [], ipFamilyPolicy: policy }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const at = 'spec.clusterIPs'
  if (clusterIPs.length && clusterIP !== clusterIPs[0]) errors.push(invalidValue(at, clusterIPs, 'first value must match `clusterIP`'))
  const seen = new Set<string>()
  for (const [i, family] of ipFamilies.entries()) {
    errors.push(...oneOf(family, ['IPv4', 'IPv6'], `spec.ipFamilies[${i}]`))
    if (seen.has(family)) errors.push(duplicateValue(`spec.ipFamilies[${i}]`, family))
    seen.add(family)
  }
  if (policy !== undefined) errors.push(...oneOf(policy, ['PreferDualStack', 'RequireDualStack', 'SingleStack'], 'spec.ipFamilyPolicy'))
  if (policy === 'SingleStack' && ipFamilies.length > 1) errors.push(invalidValue('spec.ipFamilyPolicy', policy,
    'must be RequireDualStack or PreferDualStack when multiple ipFamilies are specified'))
  if (policy === 'SingleStack' && clusterIPs.length > 1) errors.push(invalidValue('spec.ipFamilyPolicy', policy,
    'must be RequireDualStack or PreferDualStack when multiple clusterIPs are specified'))
  const headless = clusterIPs[0] === 'None'
  if (headless && clusterIPs.length > 1) errors.push(invalidValue(at, clusterIPs, "'None' must be the first and only value"))
  const bad = clusterIPs.flatMap((ip, i) => (i === 0 && headless ? [] : validateIP(ip, `${at}[${i}]`)))
  errors.push(...bad)
  if (clusterIPs.length > 2) errors.push(invalidValue(at, clusterIPs, 'may only hold up to 2 values'))
  if (bad.length) return errors
  if (clusterIPs.length === 2 && isIPv6(clusterIPs[0]!) === isIPv6(clusterIPs[1]!)) errors.push(invalidValue(at, clusterIPs, 'may specify no more than one IP for each IP family'))
  if (!headless) for (const [i, ip] of clusterIPs.slice(0, ipFamilies.length).entries())
    if ((ipFamilies[i] === 'IPv6') !== isIPv6(ip)) errors.push(invalidValue(`${at}[${i}]`, ip, `expected an ${ipFamilies[i]} value as indicated by \`ipFamilies[${i}]\``))
  return errors
}

function validateChange(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  if (spec.type !== 'ExternalName' && old.type !== 'ExternalName') {
    if (!(spec.clusterIP === 'None' && old.clusterIP === 'None')) errors.push(...keepFirst(spec, old, 'clusterIPs', 'clusterIP'))
    errors.push(...keepFirst(spec, old, 'ipFamilies', 'ipFamily'))
  }
  if (spec.type === 'LoadBalancer' && old.type === 'LoadBalancer' && !same(spec.loadBalancerClass, old.loadBalancerClass))
    errors.push(invalidValue('spec.loadBalancerClass', spec.loadBalancerClass, 'may not change once set'))
  return errors
}
/** A second address or family may come and go; the first stays. */
function keepFirst(spec: ServiceSpec, old: ServiceSpec, field: 'clusterIPs' | 'ipFamilies', word: string): FieldError[] {
  const now = spec[field] ?? (field === 'clusterIPs' && spec.clusterIP ? [spec.clusterIP] : []), before = old[field] ?? []
  const changed = (i: number) => invalidValue(`spec.${field}[${i}]`, now, 'may not change once set')
  if (now.length === before.length) return now.flatMap((value, i) => (value === before[i] ? [] : [changed(i)]))
  if (before.length < now.length) return before.length && before[0] !== now[0] ? [changed(0)] : []
  if (!now.length) return [invalidValue(`spec.${field}[0]`, now, `primary ${word} can not be unset`)]
  return [
    ...(before[0] === now[0] ? [] : [changed(0)]),
    ...(spec.ipFamilyPolicy === 'SingleStack' ? [] : [invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy,
      `must be set to 'SingleStack' when releasing the secondary ${word}`)]),
  ]
}

function validateLoadBalancer({ ingress = [] }: LoadBalancerStatus, at: string): FieldError[] {
  return ingress.flatMap(({ ip, ipMode, hostname }, i) => {
    const here = `${at}.ingress[${i}]`
    return [
      ...(ip ? validateIP(ip, `${here}.ip`) : []),
      ...(ip && ipMode === undefined ? [requiredValue(`${here}.ipMode`, "must be specified when `ip` is set")] : []),
      ...(!ip && ipMode !== undefined ? [forbiddenValue(`${here}.ipMode`, "may not be specified when `ip` is not set")] : []),
      ...(ipMode !== undefined && ip && !['Proxy', 'VIP'].includes(ipMode) ? [notSupported(`${here}.ipMode`, ipMode, ['Proxy', 'VIP'])] : []),
      ...(hostname ? [...validateDNSSubdomain(hostname, `${here}.hostname`),
        ...(parseIP(hostname) ? [invalidValue(`${here}.hostname`, hostname, 'must be a DNS name, not an IP address')] : [])] : []),
    ]
  })
}

/** Texts for Warning headers. */
export function serviceWarnings({ metadata, spec }: ServiceLike): string[] {
  const out: string[] = []
  if (metadata.annotations?.['service.kubernetes.io/topology-aware-hints'] !== undefined)
    out.push('metadata.annotations[service.kubernetes.io/topology-aware-hints]: deprecated, please use the trafficDistribution field instead')
  if (spec.clusterIP === 'None' && spec.loadBalancerIP) out.push('spec.loadBalancerIP is ignored for headless services')
  if (spec.clusterIP === 'None' && spec.sessionAffinity !== 'None') out.push('spec.SessionAffinity is ignored for headless services')
  if (spec.externalIPs?.length) out.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters')
  if (spec.type === 'ExternalName' && spec.externalIPs?.length) out.push('spec.externalIPs is ignored when spec.type is "ExternalName"')
  if (spec.type !== 'ExternalName' && spec.externalName) out.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  if (spec.trafficDistribution === 'PreferClose') out.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
  return out
}
