import { duplicateValue, invalidValue, isQualifiedName, requiredValue, tooMany, type AnyObject, type FieldError } from '#machinery'
import { failing, immutableField, oneOf, validateDNSLabel, validateDNSSubdomain } from '../checks.ts'
import { isIPv4, isIPv6, validateIP, validateNonSpecialIP } from '../ip.ts'
import type { Endpoint, SliceEndpointPort } from './endpointslice.ts'

type SliceLike = AnyObject & { addressType: string; endpoints?: Endpoint[]; ports?: SliceEndpointPort[] }
const mostEndpoints = 1000, mostAddresses = 100, mostPorts = 20_000, mostZones = 8

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

function validateEndpoint({ addresses: given, hostname, nodeName, hints }: Endpoint, type: string, at: string): FieldError[] {
  const addresses = given ?? [], errors: FieldError[] = []
  if (!addresses.length) errors.push(requiredValue(`${at}.addresses`, 'must contain at least 1 address'))
  else if (addresses.length > mostAddresses) errors.push(tooMany(`${at}.addresses`, addresses.length, mostAddresses))
  for (const [i, address] of addresses.entries()) errors.push(...validateAddress(address, type, `${at}.addresses[${i}]`))
  if (nodeName !== undefined) errors.push(...validateDNSSubdomain(nodeName, `${at}.nodeName`))
  if (hostname !== undefined) errors.push(...validateDNSLabel(hostname, `${at}.hostname`))
  const zones = hints?.forZones ?? []
  if (zones.length > mostZones) errors.push(tooMany(`${at}.hints.forZones`, zones.length, mostZones))
  else for (const [i, { name }] of zones.entries()) {
    if (!name) errors.push(requiredValue(`${at}.hints.forZones[${i}].name`))
    else if (zones.findIndex((z) => z.name === name) < i) errors.push(duplicateValue(`${at}.hints.forZones[${i}].name`, name))
  }
  return errors
}
function validateAddress(address: string, type: string, at: string): FieldError[] {
  if (type === 'FQDN') return address.includes('.') ? validateDNSSubdomain(address.replace(/\.$/, ''), at)
    : [invalidValue(at, address, 'should be a domain with at least two segments separated by dots')]
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
