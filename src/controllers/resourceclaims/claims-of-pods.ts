// Claims that pods ask for by template, and reservations for pods that got their node without the scheduler.
import { controlledBy, indexOf, type Cluster, type Controller } from '#client'
import { claimNameOf, claimNamesOf, consumerOf, deviceResourceClaim, isReservedFor, mayBeReserved, pod, resourceClaimTemplate, whyNotOf, type DeviceResourceClaim, type Pod, type PodResourceClaim } from '#kinds'
import { same, type New } from '#machinery'
import { isOver } from '../pod-state.ts'

/** On claims that are made from a template: the entry of the pod that they are for. */
export const podClaimAnnotation = 'resource.kubernetes.io/pod-claim-name'
const fieldManager = 'ResourceClaimController'

/** Pods by the names of their claims. */
export const podsByDeviceClaim = indexOf(pod, (p) => claimNamesOf(p).map((name) => `${p.metadata.namespace ?? ''}/${name}`))
const podsByTemplate = indexOf(pod, (p) => (p.spec.resourceClaims ?? []).flatMap(({ resourceClaimTemplateName }) => (resourceClaimTemplateName ? [`${p.metadata.namespace ?? ''}/${resourceClaimTemplateName}`] : [])))
const targets = (pods: readonly Pod[]) => pods.map(({ metadata: { name, namespace } }) => ({ name, namespace }))

export const claimsOfPodsController = (): Controller<Pod> => ({
  name: 'resourceclaim', for: pod,
  concerns: ({ object, old }) => Boolean(object.spec.resourceClaims?.length) && !object.metadata.deletionTimestamp
    && (!old || old.spec.nodeName !== object.spec.nodeName || !same(old.status?.resourceClaimStatuses, object.status?.resourceClaimStatuses)),
  watches: [
    { kind: deviceResourceClaim, map: ({ object }, cluster) => targets(cluster.by(podsByDeviceClaim, `${object.metadata.namespace ?? ''}/${object.metadata.name}`)) },
    { kind: resourceClaimTemplate, map: ({ type, object }, cluster) => (type !== 'ADDED' ? [] : targets(cluster.by(podsByTemplate, `${object.metadata.namespace ?? ''}/${object.metadata.name}`))) },
  ],
  async reconcile(p, cluster) {
    // A pod that is done must not get back the claim that has just been taken from it.
    if (p.metadata.deletionTimestamp || isOver(p) || !p.spec.resourceClaims?.length) return
    const made = new Map<string, string>()
    for (const entry of p.spec.resourceClaims) {
      try {
        const name = await ensureClaim(p, entry, cluster)
        if (name !== undefined) made.set(entry.name, name)
      } catch (error) {
        const why = `PodResourceClaim ${entry.name}: ${error instanceof Error ? error.message : String(error)}`
        cluster.events.record(pod, p, 'Warning', 'FailedResourceClaimCreation', why)
        throw new Error(`pod ${p.metadata.namespace ?? ''}/${p.metadata.name}, ${why}`, { cause: error })
      }
    }
    if (made.size > 0) return writeDown(p, made, cluster)
    if (p.spec.nodeName) await reserve(p, cluster)
  },
})

/** The name of a claim that the pod's status does not say yet; undefined: nothing new. */
async function ensureClaim(p: Pod, entry: PodResourceClaim, cluster: Cluster): Promise<string | undefined> {
  const known = claimNameOf(p, entry), { namespace } = p.metadata
  if ('unsupported' in known) throw new Error(`checking for claim before creating it: ${known.unsupported}`)
  if ('name' in known) {
    if (!known.name) return undefined
    const claim = cluster.get(deviceResourceClaim, { name: known.name, namespace })
    if (claim && !(known.generated && whyNotOf(p, claim))) return undefined
  }
  const { resourceClaimTemplateName: templateName } = entry
  if (templateName === undefined) return undefined
  // One that was made before its name could be written down.
  const orphan = cluster.list(deviceResourceClaim, { namespace, owner: p }).find(({ metadata }) => metadata.annotations?.[podClaimAnnotation] === entry.name)
  if (orphan) return orphan.metadata.name
  const template = cluster.get(resourceClaimTemplate, { name: templateName, namespace })
  if (!template) throw new Error(`resource claim template ${JSON.stringify(templateName)}: resourceclaimtemplate.resource.k8s.io ${JSON.stringify(templateName)} not found`)
  const { metadata = {}, spec } = template.spec as { metadata?: { annotations?: Record<string, string>; labels?: Record<string, string> }; spec: DeviceResourceClaim['spec'] }
  const { blockOwnerDeletion: _, ...owner } = controlledBy(pod, p) // a pod never waits for its claims to go
  const claim = { metadata: {
    generateName: generateName(p.metadata.name, entry.name), namespace, ownerReferences: [owner], annotations: { ...metadata.annotations, [podClaimAnnotation]: entry.name },
    ...(metadata.labels && { labels: metadata.labels }),
  }, spec } as unknown as New<DeviceResourceClaim> // allowed: the name is made by the server, the status has its default
  try { return (await cluster.create(deviceResourceClaim, claim)).metadata.name } catch (error) {
    throw new Error(`create ResourceClaim : ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

const longestBase = 57
/** Both names stay recognizable: when they are too long together, each loses in proportion. */
export function generateName(podName: string, entry: string): string {
  const { length } = `${podName}-${entry}-`
  const part = (text: string) => text.slice(0, Math.floor((text.length * longestBase) / length))
  return length <= longestBase ? `${podName}-${entry}-` : `${part(podName)}-${part(entry)}`
}

async function writeDown(p: Pod, made: ReadonlyMap<string, string>, cluster: Cluster): Promise<void> {
  const { name, namespace } = p.metadata, kept = (p.status?.resourceClaimStatuses ?? []).filter((one) => !made.has(one.name))
  const resourceClaimStatuses = [...kept, ...[...made].map(([entry, resourceClaimName]) => ({ name: entry, resourceClaimName }))]
  await cluster.patch(pod, p.metadata, 'apply', { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, status: { resourceClaimStatuses } }, { subresource: 'status', fieldManager })
}

/** A pod that was bound by hand uses what is allocated already; nobody else would reserve it. */
async function reserve(p: Pod, cluster: Cluster): Promise<void> {
  for (const entry of p.spec.resourceClaims ?? []) {
    const known = claimNameOf(p, entry)
    if (!('name' in known)) throw new Error('notYet' in known ? known.notYet : known.unsupported)
    if (!known.name) continue
    const claim = cluster.get(deviceResourceClaim, { name: known.name, namespace: p.metadata.namespace })
    if (!claim) return
    const why = known.generated ? whyNotOf(p, claim) : undefined
    if (why) throw new Error(why)
    if (!claim.status.allocation || isReservedFor(p, claim) || !mayBeReserved(claim)) continue
    await cluster.updateStatus(deviceResourceClaim, claim, { ...claim.status, reservedFor: [...(claim.status.reservedFor ?? []), consumerOf(p)] })
  }
}
