// Which services a pod belongs to, and which pods a service has.
import { indexOf, type Change, type Cluster, type Target } from '#client'
import { pod, service, type Pod, type Service } from '#kinds'
import { same, type AnyObject } from '#machinery'
import { restOf } from '../replicas/rest.ts'
import { zoneLabel } from './zones.ts'

/** Services by the first pair of their selector: a pod's own labels then name the few that may select it. */
const byFirstPair = indexOf(service, (s) => {
  for (const [key, value] of Object.entries(s.spec.selector ?? {})) return [`${s.metadata.namespace ?? ''}/${key}=${value}`]
  return []
})
const podsByLabel = indexOf(pod, (p) => Object.entries(p.metadata.labels ?? {}).map(([key, value]) => `${p.metadata.namespace ?? ''}/${key}=${value}`))
const podsByNode = indexOf(pod, (p) => (p.spec.nodeName ? [p.spec.nodeName] : []))

export const selects = (s: Service, p: Pod): boolean => Object.entries(s.spec.selector ?? {}).every(([key, value]) => p.metadata.labels?.[key] === value)
export const selectsPods = (s: Service): boolean => Object.keys(s.spec.selector ?? {}).length > 0
/** Whether its endpoints follow from its pods. */
export const hasSelector = (s: Service): boolean => selectsPods(s) && s.spec.type !== 'ExternalName'

/** The services that select a pod. */
export function servicesOf(p: Pod, cluster: Cluster): readonly Target[] {
  const found: Target[] = []
  for (const [key, value] of Object.entries(p.metadata.labels ?? {}))
    for (const s of cluster.by(byFirstPair, `${p.metadata.namespace ?? ''}/${key}=${value}`)) if (selects(s, p)) found.push(s.metadata)
  return found
}

/** The pods that a service selects, by name. */
export function podsOf(s: Service, cluster: Cluster): readonly Pod[] {
  const likely = likelyPods(s, cluster), isOnePair = Object.keys(s.spec.selector ?? {}).length === 1
  return (isOnePair ? likely : likely.filter((p) => selects(s, p))).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}
/** How long a service gathers changes of its pods: each turn looks at all of them, and writes them all. */
export const restOfService = (s: Service, cluster: Cluster): number => restOf(likelyPods(s, cluster).length)
/** Those with the first pair of its selector. */
function likelyPods(s: Service, cluster: Cluster): readonly Pod[] {
  for (const [key, value] of Object.entries(s.spec.selector ?? {})) return cluster.by(podsByLabel, `${s.metadata.namespace ?? ''}/${key}=${value}`)
  return []
}
/** It has an address and is not finished. */
export const isReachable = (p: Pod): boolean => p.status.phase !== 'Succeeded' && p.status.phase !== 'Failed' && addressesOf(p).length > 0

/** A pod's addresses, of both families. */
export const addressesOf = (p: Pod): readonly string[] =>
  p.status.podIPs?.length ? p.status.podIPs.map(({ ip }) => ip ?? '').filter(Boolean) : p.status.podIP ? [p.status.podIP] : []

/** Services that a change of a pod concerns; none when nothing changed that endpoints show. */
export function servicesTouched({ type, object, old }: Change<AnyObject>, cluster: Cluster): readonly Target[] {
  const now = object as Pod, before = old as Pod | undefined
  if (same(type === 'DELETED' ? undefined : shown(now), before && shown(before))) return []
  return before && before !== now ? [...servicesOf(now, cluster), ...servicesOf(before, cluster)] : servicesOf(now, cluster)
}
/** Undefined for a pod that endpoints leave out whatever else it says. */
const shown = (p: Pod) => (isReachable(p) ? {
  uid: p.metadata.uid, labels: p.metadata.labels, going: p.metadata.deletionTimestamp !== undefined, node: p.spec.nodeName, hostname: p.spec.hostname, subdomain: p.spec.subdomain,
  phase: p.status.phase, addresses: addressesOf(p), ready: p.status.conditions?.find((c) => c.type === 'Ready')?.status,
} : undefined)

/** Services with pods on a node that has just come: their endpoints were left out without it. */
export function servicesOnNode({ type, object, old }: Change<AnyObject>, cluster: Cluster): readonly Target[] {
  if (type === 'MODIFIED' && old?.metadata.labels?.[zoneLabel] === object.metadata.labels?.[zoneLabel]) return []
  return type === 'DELETED' ? [] : cluster.by(podsByNode, object.metadata.name).flatMap((p) => servicesOf(p, cluster))
}
