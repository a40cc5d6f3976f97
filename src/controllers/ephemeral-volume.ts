import { controlledBy, indexOf, type Cluster, type Controller } from '#client'
import { persistentVolumeClaim, pod, type PersistentVolumeClaim, type Pod } from '#kinds'
import { noFigures, type ControllerFigures } from './figures.ts'

type Volume = NonNullable<Pod['spec']['volumes']>[number]
const claimName = ({ metadata }: Pod, { name }: Volume): string => `${metadata.name}-${name}`
/** Pods by the claims that stand for their ephemeral volumes. */
const podsByClaim = indexOf(pod, (p) => (p.spec.volumes ?? []).filter((volume) => volume.ephemeral).map((volume) => `${p.metadata.namespace}/${claimName(p, volume)}`))

/** Makes the claim of each generic ephemeral volume, which goes with its pod (KEP-1698). */
export const ephemeralVolumeController = (figures = noFigures): Controller<Pod> => ({
  name: 'ephemeral-volume', for: pod,
  concerns: ({ object }) => !object.metadata.deletionTimestamp && (object.spec.volumes ?? []).some((volume) => volume.ephemeral),
  // A claim that somebody deletes is made again.
  watches: [{ kind: persistentVolumeClaim, map: ({ type, object }, cluster) => (type !== 'DELETED' ? []
    : cluster.by(podsByClaim, `${object.metadata.namespace}/${object.metadata.name}`).map(({ metadata: { name, namespace } }) => ({ name, namespace }))) }],

  async reconcile(p, cluster) {
    if (p.metadata.deletionTimestamp) return
    for (const volume of p.spec.volumes ?? []) {
      if (!volume.ephemeral?.volumeClaimTemplate) continue
      try { await ensureClaim(p, volume, volume.ephemeral.volumeClaimTemplate, figures, cluster) } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        cluster.events.record(pod, p, 'Warning', 'FailedBinding', `ephemeral volume ${volume.name}: ${why}`)
        throw error
      }
    }
  },
})

type Template = NonNullable<NonNullable<Volume['ephemeral']>['volumeClaimTemplate']>
async function ensureClaim(p: Pod, volume: Volume, { metadata, spec }: Template, figures: ControllerFigures, cluster: Cluster): Promise<void> {
  const name = claimName(p, volume), { namespace } = p.metadata
  const there: PersistentVolumeClaim | undefined = cluster.get(persistentVolumeClaim, { name, namespace })
  if (there) {
    if (there.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === p.metadata.uid)) return
    throw new Error(`PVC ${namespace}/${name} was not created for pod ${namespace}/${p.metadata.name} (pod is not owner)`)
  }
  try {
    await cluster.create(persistentVolumeClaim, { metadata: { name, namespace: namespace ?? '', ownerReferences: [controlledBy(pod, p)],
      ...(metadata?.annotations && { annotations: metadata.annotations }), ...(metadata?.labels && { labels: metadata.labels }) }, spec })
    figures.claimMade(false)
  } catch (error) {
    figures.claimMade(true)
    throw new Error(`create PVC ${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
