import type { Pod, Service, ServicePort } from '#kinds'

/** The port of the pod that a port of the service leads to; undefined when the pod has none of that name. */
export function portOf(p: Pod, { port, targetPort, protocol = 'TCP' }: ServicePort): number | undefined {
  if (targetPort === undefined || targetPort === 0 || targetPort === '') return port
  if (typeof targetPort === 'number') return targetPort
  const sidecars = (p.spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always')
  for (const container of [...(p.spec.containers ?? []), ...sidecars])
    for (const candidate of container.ports ?? []) if (candidate.name === targetPort && (candidate.protocol ?? 'TCP') === protocol) return candidate.containerPort
  return /^\d+$/.test(targetPort) ? Number(targetPort) : undefined
}

/** Whether a port of the service leads to one that each pod may have elsewhere; else all its pods have the same ports. */
export const namesPorts = (s: Service): boolean => (s.spec.ports ?? []).some(({ targetPort }) => typeof targetPort === 'string' && targetPort !== '')

/** Its hostname is published for pods that name the service as their subdomain. */
export const hostnameOf = (p: Pod, s: Service): string | undefined =>
  (p.spec.hostname && p.spec.subdomain === s.metadata.name && p.metadata.namespace === s.metadata.namespace ? p.spec.hostname : undefined)

export const isHeadless = (s: Service): boolean => s.spec.clusterIP === 'None'
/** No cluster address at all, as the label on endpoints has it: "None", and also none yet. */
export const lacksAddress = (s: Service): boolean => !s.spec.clusterIP || isHeadless(s)
export const headlessLabel = 'service.kubernetes.io/headless'
