import { watching, type Cluster, type Controller } from '#client'
import { apiService, endpointSlice, service, type APIService } from '#kinds'
import { formatTime } from '#machinery'

/** Says of each API group's server whether it can be reached. */
export const apiServiceAvailabilityController: Controller<APIService> = {
  name: 'apiservice-availability', for: apiService, reads: [endpointSlice],
  watches: [watching(service, (s, cluster) => cluster.list(apiService).filter(({ spec }) => spec?.service?.name === s.metadata.name && spec.service.namespace === s.metadata.namespace).map((a) => a.metadata))],

  async reconcile(api, cluster) {
    const found = availability(api, cluster), before = api.status?.conditions?.find((c) => c.type === 'Available')
    if (before?.status === found.status && before.reason === found.reason && before.message === found.message) return
    const condition = { type: 'Available', ...found, lastTransitionTime: before?.status === found.status && before.lastTransitionTime ? before.lastTransitionTime : formatTime(cluster.clock.now()) }
    await cluster.updateStatus(apiService, api, { ...api.status, conditions: [...(api.status?.conditions ?? []).filter((c) => c !== before), condition] })
  },
}

function availability(api: APIService, cluster: Cluster): { status: string; reason: string; message: string } {
  const target = api.spec?.service
  if (!target) return { status: 'True', reason: 'Local', message: 'Local APIServices are always available' }
  const { name = '', namespace = '', port = 443 } = target
  const no = (reason: string, message: string) => ({ status: 'False', reason, message })
  const s = cluster.get(service, { name, namespace })
  if (!s) return no('ServiceNotFound', `service/${name} in "${namespace}" is not present`)
  if (s.spec.type !== 'ExternalName') {
    if (!s.spec.ports?.some((p) => p.port === port)) return no('ServicePortError', `service/${name} in "${namespace}" is not listening on port ${port}`)
    const slices = cluster.list(endpointSlice, { namespace }).filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name)
    if (slices.length === 0) return no('EndpointsNotFound', `cannot find endpointslices for service/${name} in "${namespace}" with error: endpointslices not found`)
    if (!slices.some((slice) => (slice.endpoints ?? []).length > 0)) return no('MissingEndpoints', `endpointslices for service/${name} in "${namespace}" have no addresses with port name "${s.spec.ports.find((p) => p.port === port)?.name ?? ''}"`)
  }
  return no('FailedDiscoveryCheck', 'requests are not yet passed on to other API servers')
}
