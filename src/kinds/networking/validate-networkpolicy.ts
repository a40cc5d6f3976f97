// What is wrong with a network policy.
import { forbiddenValue, invalidValue, isPortName, isPortNumber, notSupported, requiredValue, validateLabelSelector, type AnyObject, type FieldError } from '#machinery'
import { failing } from '../checks.ts'
import { inNetwork, parseCIDR, validateCIDR } from '../ip.ts'
import type { IPBlock, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from './networkpolicy.ts'

const protocols = ['TCP', 'UDP', 'SCTP'], directions = ['Ingress', 'Egress']

export function validateNetworkPolicy({ spec }: AnyObject & { spec: NetworkPolicySpec }, old?: { spec: NetworkPolicySpec }): FieldError[] {
  const before = old ? blocksOf(old.spec) : [], anyValue = !!old && validateLabelSelector(old.spec.podSelector, '').length > 0
  const peers = (list: readonly NetworkPolicyPeer[] | undefined, at: string) => (list ?? []).flatMap((peer, i) => validatePeer(peer, `${at}[${i}]`, before, anyValue))
  const ports = (list: readonly NetworkPolicyPort[] | undefined, at: string) => (list ?? []).flatMap((port, i) => validatePort(port, `${at}.ports[${i}]`))
  const types = spec.policyTypes ?? []
  return [
    ...validateLabelSelector(spec.podSelector, 'spec.podSelector', { anyValue }),
    ...(spec.ingress ?? []).flatMap((rule, i) => [...ports(rule.ports, `spec.ingress[${i}]`), ...peers(rule.from, `spec.ingress[${i}].from`)]),
    ...(spec.egress ?? []).flatMap((rule, i) => [...ports(rule.ports, `spec.egress[${i}]`), ...peers(rule.to, `spec.egress[${i}].to`)]),
    ...(types.length > directions.length ? [invalidValue('spec.policyTypes', types, 'may not specify more than two policyTypes')]
      : types.flatMap((type, i) => (directions.includes(type) ? [] : [notSupported(`spec.policyTypes[${i}]`, type, directions)]))),
  ]
}
/** Networks that were there before stay allowed, whatever they are. */
const blocksOf = ({ ingress, egress }: NetworkPolicySpec): string[] =>
  [...(ingress ?? []).flatMap((rule) => rule.from ?? []), ...(egress ?? []).flatMap((rule) => rule.to ?? [])].flatMap(({ ipBlock }) =>
    (ipBlock ? [ipBlock.cidr, ...(ipBlock.except ?? [])] : []))

function validatePort({ port, endPort, protocol }: NetworkPolicyPort, at: string): FieldError[] {
  const errors: FieldError[] = []
  if (protocol !== undefined && !protocols.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, protocols))
  if (port === undefined) return endPort === undefined ? errors : [...errors, invalidValue(`${at}.endPort`, endPort, 'may not be specified when `port` is not specified')]
  if (typeof port === 'string') {
    if (endPort !== undefined) errors.push(invalidValue(`${at}.endPort`, endPort, 'may not be specified when `port` is non-numeric'))
    return [...errors, ...failing(isPortName, port, `${at}.port`)]
  }
  for (const why of isPortNumber(port)) errors.push(invalidValue(`${at}.port`, port, why))
  if (endPort === undefined) return errors
  if (endPort < port) errors.push(invalidValue(`${at}.endPort`, endPort, 'must be greater than or equal to `port`'))
  return [...errors, ...isPortNumber(endPort).map((why) => invalidValue(`${at}.endPort`, endPort, why))]
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, at: string, before: readonly string[], anyValue: boolean): FieldError[] {
  const errors = [...validateLabelSelector(podSelector, `${at}.podSelector`, { anyValue }), ...validateLabelSelector(namespaceSelector, `${at}.namespaceSelector`, { anyValue })]
  if (ipBlock) errors.push(...validateBlock(ipBlock, `${at}.ipBlock`, before))
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(requiredValue(at, 'must specify a peer'))
  if (ipBlock && (podSelector || namespaceSelector)) errors.push(forbiddenValue(at, 'may not specify both ipBlock and another peer'))
  return errors
}
function validateBlock({ cidr, except }: IPBlock, at: string, before: readonly string[]): FieldError[] {
  if (!cidr) return [requiredValue(`${at}.cidr`)]
  const errors = validateCIDR(cidr, `${at}.cidr`, before), outer = parseCIDR(cidr)
  if (!outer) return errors
  for (const [i, part] of (except ?? []).entries()) {
    const field = `${at}.except[${i}]`, inner = parseCIDR(part)
    errors.push(...validateCIDR(part, field, before))
    if (inner && (!inNetwork(outer, inner) || outer.bits >= inner.bits)) errors.push(invalidValue(field, part, 'must be a strict subset of `cidr`'))
  }
  return errors
}
