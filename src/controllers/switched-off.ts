// Controllers of kinds that are served only where they are asked for.
import { indexOf, watching, type Controller } from '#client'
import { pod, type ClusterTrustBundle, type DeviceTaintRule, type LeaseCandidate, type Pod, type PodCertificateRequest, type PodGroup, type ResourcePoolStatusRequest, type StorageVersionMigration } from '#kinds'
import { is, parseTime, sha256, type Kind, type User } from '#machinery'
import { part, together, type Part } from './part.ts'
import { isFinished } from './pod-state.ts'
import { leaderElection, leaseCandidateCleaner } from './leader-election.ts'
import { resourcePoolStatusController } from './resource-pool-status.ts'
import { storageVersionMigrator } from './storage-version-migrator.ts'

export interface FurtherKinds {
  readonly clusterTrustBundle?: Kind<ClusterTrustBundle>
  readonly podCertificateRequest?: Kind<PodCertificateRequest>
  readonly podGroup?: Kind<PodGroup>
  readonly leaseCandidate?: Kind<LeaseCandidate>
  readonly deviceTaintRule?: Kind<DeviceTaintRule>
  readonly resourcePoolStatusRequest?: Kind<ResourcePoolStatusRequest>
  readonly storageVersionMigration?: Kind<StorageVersionMigration>
}
/** Those of the kinds that are there; `rootCa`: PEM of what pods trust the API server by. */
export const partsOf = ({ clusterTrustBundle, podCertificateRequest, podGroup, resourcePoolStatusRequest, deviceTaintRule, storageVersionMigration }: FurtherKinds, rootCa: string): readonly Part[] => [
  ...(clusterTrustBundle ? [part(trustBundlePublisher(clusterTrustBundle, rootCa))] : []),
  ...(podCertificateRequest ? [part(podCertificateCleaner(podCertificateRequest))] : []),
  ...(podGroup ? [part(podGroupProtection(podGroup))] : []),
  ...(resourcePoolStatusRequest ? [part(resourcePoolStatusController(resourcePoolStatusRequest, deviceTaintRule))] : []),
  ...(storageVersionMigration ? [part(storageVersionMigrator(storageVersionMigration))] : []),
]
/** What the API server itself does for them, wherever the other controllers run. */
export const serverPartsOf = ({ leaseCandidate }: FurtherKinds, user: User): readonly Part[] =>
  (leaseCandidate ? [{ ...together(part(leaderElection(leaseCandidate)), part(leaseCandidateCleaner(leaseCandidate))), user }] : [])

const signer = 'kubernetes.io/kube-apiserver-serving', hashLength = 24
/** What the API server's certificate is trusted by, as a bundle that is called after its content; older ones go. */
const trustBundlePublisher = (kind: Kind<ClusterTrustBundle>, rootCa: string): Controller<ClusterTrustBundle> => {
  const name = `${signer.replaceAll('/', ':')}:${sha256(rootCa).slice(0, hashLength)}`
  return {
    name: 'kube-apiserver-serving-clustertrustbundle-publisher', identity: 'kube-apiserver-serving-clustertrustbundle-publisher', for: kind,
    wakes: (wake) => { wake({ name }); return () => {} }, // there is none to begin with
    async reconcile(bundle, cluster) {
      if (bundle.spec.signerName === signer && bundle.metadata.name !== name) await cluster.delete(kind, bundle)
    },
    async reconcileDeleted(target, cluster) {
      if (target.name !== name) return
      try { await cluster.create(kind, { metadata: { name }, spec: { signerName: signer, trustBundle: rootCa } }) } catch (error) { if (!is(error, 'AlreadyExists')) throw error }
    },
  }
}

const longestMs = 15 * 60_000
/** Nobody needs a request for long: a node that gave up asks anew. */
const podCertificateCleaner = (kind: Kind<PodCertificateRequest>): Controller<PodCertificateRequest> => ({
  name: 'podcertificaterequest-cleaner', identity: 'podcertificaterequestcleaner', for: kind,
  async reconcile(request, cluster) {
    const left = parseTime(request.metadata.creationTimestamp!) + longestMs - cluster.clock.now()
    if (left > 0) return { againIn: left }
    await cluster.delete(kind, request)
  },
})

const finalizer = 'scheduling.k8s.io/podgroup-protection'
const groupOf = ({ metadata, spec }: Pod): string[] => (spec.schedulingGroup?.podGroupName ? [`${metadata.namespace ?? ''}/${spec.schedulingGroup.podGroupName}`] : [])
const podsByGroup = indexOf(pod, groupOf)
/** A group of pods is not gone before its pods are, or have ended. */
const podGroupProtection = (kind: Kind<PodGroup>): Controller<PodGroup> => ({
  name: 'podgroup-protection', for: kind,
  watches: [watching(pod, (p) => groupOf(p).map((key) => ({ namespace: p.metadata.namespace, name: key.slice(key.indexOf('/') + 1) })))],
  async reconcile(group, cluster) {
    const { name, namespace = '', finalizers = [], deletionTimestamp } = group.metadata, held = finalizers.includes(finalizer), key = `${namespace}/${name}`
    const write = (list: string[]) => cluster.update(kind, { ...group, metadata: { ...group.metadata, finalizers: list } })
    if (!deletionTimestamp) { if (!held) await write([...finalizers, finalizer]); return }
    const uses = (p: Pod) => groupOf(p).includes(key) && !isFinished(p)
    if (!held || cluster.by(podsByGroup, key).some(uses)) return
    // The cache may not have heard of a pod that has just been made: asked of the server itself.
    const { items } = await cluster.client.list(pod, { namespace })
    if (!items.some(uses)) await write(finalizers.filter((one) => one !== finalizer))
  },
})
