// A volume that is used again is emptied by a pod: what that pod is, and what its fate means. Pure.
import type { PersistentVolume, Pod } from '#kinds'
import { quantityValue, type New } from '#machinery'

/** How long emptying may take: a minimum, and more for each GiB, in seconds. */
export interface RecycleTimes { readonly minimumHostPath: number; readonly perGiHostPath: number; readonly minimumNfs: number; readonly perGiNfs: number }
/** Pods that people give: theirs are the containers; the first volume is what must be emptied. */
export interface RecyclePods { readonly hostPath?: Pod | undefined; readonly nfs?: Pod | undefined }
export const usualTimes: RecycleTimes = { minimumHostPath: 60, perGiHostPath: 30, minimumNfs: 300, perGiNfs: 30 }

const gi = 1024 ** 3
const prefix = 'recycler-for-'
export const recyclerNamespace = 'default'
export const recyclerName = (volume: string): string => prefix + volume
/** The volume that a pod of this name empties. */
export const recycledBy = (pod: string): string | undefined => (pod.startsWith(prefix) ? pod.slice(prefix.length) : undefined)

/** Only these can be emptied. */
export const isRecyclable = ({ spec }: PersistentVolume): boolean => spec.hostPath !== undefined || spec.nfs !== undefined

/** The namespace of the pod that empties it. */
export const namespaceFor = ({ spec: { hostPath } }: PersistentVolume, pods: RecyclePods): string => {
  const given = hostPath ? pods.hostPath : pods.nfs
  return given ? given.metadata.namespace ?? '' : recyclerNamespace
}

export function recyclerPod({ metadata: { name }, spec: { hostPath, nfs, capacity } }: PersistentVolume, times: RecycleTimes, pods: RecyclePods = {}): New<Pod> {
  const sizeGi = Math.floor(quantityValue(capacity?.['storage'] ?? '0') / gi)
  const seconds = hostPath ? Math.max(times.minimumHostPath, sizeGi * times.perGiHostPath) : Math.max(times.minimumNfs, sizeGi * times.perGiNfs)
  const source = hostPath ? { hostPath: { path: hostPath.path } } : { nfs: { server: nfs?.server ?? '', path: nfs?.path ?? '' } }, given = hostPath ? pods.hostPath : pods.nfs
  if (given) {
    const { generateName: _, ...metadata } = given.metadata, [first, ...others] = given.spec.volumes ?? []
    return { metadata: { ...metadata, name: recyclerName(name) }, spec: { ...given.spec, activeDeadlineSeconds: seconds, volumes: [{ name: first?.name ?? '', ...source }, ...others] } } as unknown as New<Pod> // allowed: the server fills in the rest
  }
  return {
    metadata: { name: recyclerName(name), namespace: recyclerNamespace },
    spec: {
      activeDeadlineSeconds: seconds, restartPolicy: 'Never',
      volumes: [{ name: 'vol', ...source }],
      containers: [{ name: 'pv-recycler', image: 'registry.k8s.io/build-image/debian-base:bookworm-v1.0.6', command: ['/bin/sh'], volumeMounts: [{ name: 'vol', mountPath: '/scrub' }],
        args: ['-c', 'test -e /scrub && find /scrub -mindepth 1 -delete && test -z "$(ls -A /scrub)" || exit 1'] }],
    },
  } as unknown as New<Pod> // allowed: the server fills in the rest
}

export type RecycleStep = { readonly do: 'start' | 'wait' | 'done' } | { readonly do: 'stop'; readonly why: string }
/** `asked` is the uid of the pod that we have made for it; a pod that is not ours may be anybody's. */
export function recycleStep(asked: string | undefined, pod: Pod | undefined): RecycleStep {
  if (asked === undefined) return pod ? { do: 'stop', why: 'old recycler pod found, will retry later' } : { do: 'start' }
  if (pod?.metadata.uid !== asked) return { do: 'stop', why: 'failed to recycle volume: recycler pod was deleted' }
  if (pod.status.phase === 'Succeeded') return { do: 'done' }
  return pod.status.phase === 'Failed' ? { do: 'stop', why: `failed to recycle volume: ${pod.status.message || 'pod failed, pod.Status.Message unknown'}` } : { do: 'wait' }
}
