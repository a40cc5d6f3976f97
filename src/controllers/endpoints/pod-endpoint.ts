// What a slice says of one pod. Pure.
import type { Endpoint, Node, Pod, Service, SliceEndpointPort } from '#kinds'
import { isReady } from '../pod-state.ts'
import { hostnameOf, portOf } from './ports.ts'
import { addressesOf } from './services.ts'
import type { AddressType } from './slices.ts'
import { zoneLabel } from './zones.ts'

/** Undefined when the pod has no address of this family. */
export function endpointOf(p: Pod, node: Node | undefined, s: Service, family: AddressType): Endpoint | undefined {
  const addresses = addressesOf(p).filter((ip) => ip.includes(':') === (family === 'IPv6'))
  if (addresses.length === 0) return undefined
  const serving = isReady(p), terminating = p.metadata.deletionTimestamp !== undefined
  const ready = (s.spec.publishNotReadyAddresses ?? false) || (serving && !terminating)
  const zone = node?.metadata.labels?.[zoneLabel], hostname = hostnameOf(p, s)
  return {
    addresses: [...addresses], conditions: { ready, serving, terminating },
    targetRef: { kind: 'Pod', namespace: p.metadata.namespace ?? '', name: p.metadata.name, uid: p.metadata.uid },
    ...(p.spec.nodeName && { nodeName: p.spec.nodeName }), ...(zone && { zone }), ...(hostname !== undefined && { hostname }),
  }
}

/** The service's ports as this pod has them; ports that the pod does not have are left out. */
export function slicePorts(p: Pod, s: Service): SliceEndpointPort[] {
  return (s.spec.ports ?? []).flatMap((servicePort) => {
    const port = portOf(p, servicePort)
    return port === undefined ? [] : [{ name: servicePort.name ?? '', port, protocol: servicePort.protocol ?? 'TCP', ...(servicePort.appProtocol !== undefined && { appProtocol: servicePort.appProtocol }) }]
  })
}
