// What pods take, pod by pod: what `kube-scheduler` tells at /metrics/resources.
import type { Cluster } from '#client'
import { pod as podKind, podLimits, podRequests, type Pod } from '#kinds'
import { quantityMilli } from '#machinery'
import type { Metrics } from '#server'

const inBytes = new Set(['memory', 'storage', 'ephemeral-storage'])
function unitOf(resource: string): string {
  if (resource === 'cpu') return 'cores'
  if (inBytes.has(resource) || resource.startsWith('hugepages-')) return 'bytes'
  return resource.startsWith('attachable-volumes-') ? 'integer' : ''
}
const hasEnded = ({ spec, status }: Pod): boolean => !!spec.nodeName && (status?.phase === 'Succeeded' || status?.phase === 'Failed')

/** Pods are looked at whenever somebody asks; those that have ended take nothing. */
export function showPodResources(metrics: Metrics, cluster: Pick<Cluster, 'list' | 'isComplete'>): void {
  const labels = ['namespace', 'pod', 'node', 'scheduler', 'priority', 'resource', 'unit'] as const, stability = 'STABLE' as const
  const requests = metrics.gauge({ name: 'kube_pod_resource_request', stability, help: 'What a pod asks for of a node, in the unit of the resource.', labels })
  const limits = metrics.gauge({ name: 'kube_pod_resource_limit', stability, help: 'What a pod may take at most, in the unit of the resource.', labels })
  metrics.collect(() => {
    for (const family of [requests, limits]) family.clear()
    if (!cluster.isComplete(podKind)) return
    for (const pod of cluster.list(podKind)) {
      if (hasEnded(pod)) continue
      const { metadata: { namespace = '', name }, spec: { nodeName = '', schedulerName = '', priority = '' } } = pod
      for (const [family, list] of [[requests, podRequests(pod)], [limits, podLimits(pod, { overhead: true })]] as const) for (const [resource, quantity] of Object.entries(list)) {
        const value = quantityMilli(quantity) / 1000
        if (value !== 0) family.with(namespace, name, nodeName, schedulerName, String(priority), resource, unitOf(resource)).set(value)
      }
    }
  })
}
