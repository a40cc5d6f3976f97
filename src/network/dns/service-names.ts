// The names of one service, as Kubernetes' DNS specification 1.1 has them.
import type { EndpointSlice, Service } from '#kinds'
import { isReady } from '../services/endpoints.ts'

export interface NamedPort { readonly port: number; readonly host: string | undefined }

/** What can be asked about a service. Names are relative to the service's own. */
export interface ServiceNames {
  /** The addresses of the service's own name. */
  readonly addresses: readonly string[]
  /** Endpoints of a headless service that have names: `hostname` to addresses. */
  readonly hosts: ReadonlyMap<string, readonly string[]>
  /** `_http._tcp` to ports, each on the service (host undefined) or on one of its endpoints. */
  readonly ports: ReadonlyMap<string, readonly NamedPort[]>
  /** Every port, named or not. */
  readonly allPorts: readonly NamedPort[]
  /** ExternalName: the name that this one stands for. */
  readonly alias: string | undefined
}

const none = { addresses: [], hosts: new Map<string, string[]>(), ports: new Map<string, NamedPort[]>(), allPorts: [], alias: undefined }

/** Works out the names of a service. A headless one has those of its endpoints: the ready ones (publishNotReadyAddresses makes all of them ready). */
export function namesOf(service: Service, slices: readonly EndpointSlice[]): ServiceNames {
  const { spec = {} } = service
  if (spec.type === 'ExternalName') return { ...none, alias: (spec.externalName ?? '').toLowerCase().replace(/\.$/, '') }
  const addresses = (spec.clusterIPs ?? [spec.clusterIP ?? '']).filter((address) => address !== '')
  if (addresses.length > 0 && addresses[0] !== 'None') {
    const ports = new Map<string, NamedPort[]>()
    const allPorts = (spec.ports ?? []).map(({ name, protocol, port }) => {
      const named = { port, host: undefined }
      if (name) ports.set(portName(name, protocol), [named])
      return named
    })
    return { ...none, addresses, ports, allPorts }
  }
  return addresses.length > 0 ? namesOfEndpoints(slices) : none
}

function namesOfEndpoints(slices: readonly EndpointSlice[]): ServiceNames {
  const addresses = new Set<string>()
  const hosts = new Map<string, string[]>()
  const ports = new Map<string, NamedPort[]>()
  const allPorts: NamedPort[] = []
  const seen = new Set<string>()
  for (const slice of slices) {
    if (slice.addressType === 'FQDN') continue
    for (const endpoint of (slice.endpoints ?? []).filter((endpoint) => isReady({ endpoint }))) {
      for (const address of endpoint.addresses) {
        addresses.add(address)
        const host = (endpoint.hostname || hostOf(address)).toLowerCase()
        const known = hosts.get(host)
        if (!known) hosts.set(host, [address])
        else if (!known.includes(address)) known.push(address)
        for (const { name, protocol, port } of slice.ports ?? []) {
          // A pod that is in two slices for a moment has its ports once.
          const once = `${host} ${name} ${protocol} ${port}`
          if (port === undefined || seen.has(once)) continue
          seen.add(once)
          const named = { port, host }
          allPorts.push(named)
          if (!name) continue
          const list = ports.get(portName(name, protocol))
          if (list) list.push(named)
          else ports.set(portName(name, protocol), [named])
        }
      }
    }
  }
  return { addresses: [...addresses], hosts, ports, allPorts, alias: undefined }
}

const portName = (name: string, protocol: string | undefined): string => `_${name}._${protocol ?? 'TCP'}`.toLowerCase()

/** The name of an endpoint that has none. */
export const hostOf = (address: string): string => address.replaceAll(/[.:]/g, '-')
