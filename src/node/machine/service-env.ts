// Environment variables that tell containers where services are.
import type { Service } from '#kinds'

const constantName = (name: string): string => name.toUpperCase().replaceAll('-', '_')
const hasAddress = ({ spec }: Service): boolean => spec?.type !== 'ExternalName' && !!spec?.clusterIP && spec.clusterIP !== 'None'
const isApiServer = ({ metadata }: Service): boolean => metadata.namespace === 'default' && metadata.name === 'kubernetes'

/**
 * The variables of a namespace's services when `links` is asked for, and always those of the API server's service, unless
 * the namespace has a service of that name itself.
 */
export function serviceEnv(services: readonly Service[], namespace: string, links: boolean): Map<string, string> {
  const chosen = new Map<string, Service>(), variables = new Map<string, string>()
  for (const service of services) if (isApiServer(service) && hasAddress(service)) chosen.set(service.metadata.name, service)
  if (links) for (const service of services) if (service.metadata.namespace === namespace && hasAddress(service)) chosen.set(service.metadata.name, service)
  for (const name of [...chosen.keys()].sort()) addService(chosen.get(name)!, variables)
  return variables
}

function addService({ metadata, spec }: Service, into: Map<string, string>): void {
  const name = constantName(metadata.name), address = spec?.clusterIP ?? '', ports = spec?.ports ?? []
  into.set(`${name}_SERVICE_HOST`, address)
  if (ports[0]) into.set(`${name}_SERVICE_PORT`, String(ports[0].port))
  for (const port of ports) if (port.name) into.set(`${name}_SERVICE_PORT_${constantName(port.name)}`, String(port.port))
  for (const [i, { port, protocol = 'TCP' }] of ports.entries()) {
    const url = `${protocol.toLowerCase()}://${address.includes(':') ? `[${address}]` : address}:${port}`, prefix = `${name}_PORT_${port}_${protocol}`
    if (i === 0) into.set(`${name}_PORT`, url)
    into.set(prefix, url).set(`${prefix}_PROTO`, protocol.toLowerCase()).set(`${prefix}_PORT`, String(port)).set(`${prefix}_ADDR`, address)
  }
}
