import { duplicateValue, invalidValue, isDNS1123Label, isDNS1123Subdomain, isLabelValue, isQualifiedName, requiredValue, tooMany, validateLabels, type AnyObject, type FieldError } from '#machinery'
import { failing, immutableField, oneOf, validateDNSLabel, validateDNSSubdomain } from '../checks.ts'
import { isIPv4, isIPv6, validateIP, validateNonSpecialIP } from '../ip.ts'
import type { Endpoint, SliceEndpointPort } from './endpointslice.ts'

type SliceLike = AnyObject & { addressType: string; endpoints?: Endpoint[]; ports?: SliceEndpointPort[] }
const mostEndpoints = 1000, mostAddresses = 100, mostPorts = 20_000, mostZones = 8, mostNodes = 8, mostTopology = 16

export function validateEndpointSlice(slice: SliceLike, old?: SliceLike): FieldError[] {
  const { addressType } = slice, endpoints = slice.endpoints ?? [], ports = slice.ports ?? []
  return [
    ...(addressType ? oneOf(addressType, ['FQDN', 'IPv4', 'IPv6'], 'addressType') : [requiredValue('addressType')]),
    ...(endpoints.length > mostEndpoints ? [tooMany('endpoints', endpoints.length, mostEndpoints)]
      : endpoints.flatMap((e, i) => validateEndpoint(e, addressType, `endpoints[${i}]`))),
    ...(ports.length > mostPorts ? [tooMany('ports', ports.length, mostPorts)] : validatePorts(ports)),
    ...(old ? immutableField(addressType, old.addressType, 'addressType') : []),
  ]
}

function validateEndpoint({ addresses: given, hostname, nodeName, hints, deprecatedTopology: topology = {} }: Endpoint, type: string, at: string): FieldError[] {
  const addresses = given ?? [], errors: FieldError[] = []
  if (!addresses.length) errors.push(requiredValue(`${at}.addresses`, 'must contain at least 1 address'))
  else if (addresses.length > mostAddresses) errors.push(tooMany(`${at}.addresses`, addresses.length, mostAddresses))
  for (const [i, address] of addresses.entries()) errors.push(...validateAddress(address, type, `${at}.addresses[${i}]`))
  if (nodeName !== undefined) errors.push(...validateDNSSubdomain(nodeName, `${at}.nodeName`))
  if (Object.keys(topology).length > mostTopology) errors.push(tooMany(`${at}.deprecatedTopology`, Object.keys(topology).length, mostTopology))
  errors.push(...validateLabels(topology, `${at}.deprecatedTopology`))
  if (hostname !== undefined) errors.push(...validateDNSLabel(hostname, `${at}.hostname`))
  const { forZones = [], forNodes = [] } = hints ?? {}
  errors.push(...validateHints(forZones, mostZones, isLabelValue, `${at}.hints.forZones`))
  return forZones.length > mostZones ? errors : [...errors, ...validateHints(forNodes, mostNodes, isDNS1123Subdomain, `${at}.hints.forNodes`)]
}
/** Zones or nodes that an endpoint is meant for, each once. */
const validateHints = (list: readonly { name: string }[], most: number, check: (name: string) => string[], at: string): FieldError[] => (list.length > most ? [tooMany(at, list.length, most)]
  : list.flatMap(({ name }, i) => [...(list.findIndex((other) => other.name === name) < i ? [duplicateValue(`${at}[${i}].name`, name)] : []), ...failing(check, name, `${at}[${i}].name`)]))
/** A whole name of a host; a dot at its end is fine, and not shown. */
function validateFullDomain(given: string, at: string): FieldError[] {
  if (!given) return [requiredValue(at)]
  const name = given.replace(/\.$/, ''), labels = name.split('.'), refuse = (value: string, why: string[]) => [invalidValue(at, value, why.join(','))]
  const faults = isDNS1123Subdomain(name)
  if (faults.length) return refuse(name, faults)
  if (labels.length < 2) return refuse(name, ['should be a domain with at least two segments separated by dots'])
  const bad = labels.find((label) => isDNS1123Label(label).length)
  return bad === undefined ? [] : refuse(bad, isDNS1123Label(bad))
}
function validateAddress(address: string, type: string, at: string): FieldError[] {
  if (type === 'FQDN') return validateFullDomain(address, at)
  if (type !== 'IPv4' && type !== 'IPv6') return []
  const bad = validateIP(address, at)
  if (bad.length) return bad
  if (!(type === 'IPv4' ? isIPv4 : isIPv6)(address)) return [invalidValue(at, address, `must be an ${type} address`)]
  return validateNonSpecialIP(address, at)
}

function validatePorts(ports: readonly SliceEndpointPort[]): FieldError[] {
  const errors: FieldError[] = [], names = new Set<string>()
  for (const [i, { name = '', protocol, appProtocol }] of ports.entries()) {
    const at = `ports[${i}]`
    if (name) errors.push(...validateDNSLabel(name, `${at}.name`))
    if (names.has(name)) errors.push(duplicateValue(`${at}.name`, name))
    names.add(name)
    errors.push(...(protocol === undefined ? [requiredValue(`${at}.protocol`)] : oneOf(protocol, ['SCTP', 'TCP', 'UDP'], `${at}.protocol`)))
    if (appProtocol !== undefined) errors.push(...failing(isQualifiedName, appProtocol, `${at}.appProtocol`))
  }
  return errors
}
