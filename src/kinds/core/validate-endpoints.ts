import { isPortNumber, isQualifiedName, invalidValue, requiredValue, same, type AnyObject, type FieldError } from '#machinery'
import { failing, oneOf, validateDNSLabel, validateDNSSubdomain } from '../checks.ts'
import { validateIP, validateNonSpecialIP } from '../ip.ts'
import type { EndpointAddress, EndpointPort, EndpointSubset } from './endpoints.ts'

type EndpointsLike = AnyObject & { subsets?: EndpointSubset[] }
/** What is wrong but was so before stays. */
export function validateEndpoints({ subsets }: EndpointsLike, old?: EndpointsLike): FieldError[] {
  const errors = (subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, i) => {
    const at = `subsets[${i}]`
    return [
      ...(!addresses.length && !notReadyAddresses.length ? [requiredValue(at, 'must specify `addresses` or `notReadyAddresses`')] : []),
      ...addresses.flatMap((address, j) => validateAddress(address, `${at}.addresses[${j}]`)),
      ...notReadyAddresses.flatMap((address, j) => validateAddress(address, `${at}.notReadyAddresses[${j}]`)),
      ...ports.flatMap((port, j) => validatePort(port, ports.length > 1, `${at}.ports[${j}]`)),
    ]
  })
  return errors.length && old && same(subsets, old.subsets) ? [] : errors
}

const validateAddress = ({ ip, hostname, nodeName }: EndpointAddress, at: string): FieldError[] => [
  ...validateIP(ip, `${at}.ip`),
  ...(hostname ? validateDNSLabel(hostname, `${at}.hostname`) : []),
  ...(nodeName === undefined ? [] : validateDNSSubdomain(nodeName, `${at}.nodeName`)),
  ...validateNonSpecialIP(ip, `${at}.ip`),
]
const validatePort = ({ name = '', port, protocol = '', appProtocol }: EndpointPort, needsName: boolean, at: string): FieldError[] => [
  ...(name ? validateDNSLabel(name, `${at}.name`) : needsName ? [requiredValue(`${at}.name`)] : []),
  ...isPortNumber(port).map((why) => invalidValue(`${at}.port`, port, why)),
  ...(protocol ? oneOf(protocol, ['SCTP', 'TCP', 'UDP'], `${at}.protocol`) : [requiredValue(`${at}.protocol`)]),
  ...(appProtocol === undefined ? [] : failing(isQualifiedName, appProtocol, `${at}.appProtocol`)),
]
