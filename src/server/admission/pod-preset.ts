// PodPreset (settings.k8s.io/v1alpha1, gone with v1.20): variables and volumes of the presets that select a new pod are put into its
// containers. On by default where that version is served; a pod whose own fields contradict a preset is left as it came, and told so.
import { podPreset, type Pod, type PodPreset } from '#kinds'
import { same, selectorFrom } from '#machinery'
import type { AdmissionPlugin } from './admission.ts'

const exclude = 'podpreset.admission.kubernetes.io/exclude', noted = 'podpreset.admission.kubernetes.io/podpreset-'

export const podPresetPlugin: AdmissionPlugin = {
  name: 'PodPreset',
  handles: (operation, kind, subresource) => operation === 'CREATE' && kind.group === '' && kind.resource === 'pods' && subresource === '',
  mutate({ object, namespace, objects, warn }) {
    const pod = object as Pod
    if (pod.metadata.annotations?.[exclude] === 'true' || pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return
    const presets = objects.list(podPreset, namespace).filter((preset) => selectorFrom(preset.spec.selector).matches(pod.metadata.labels))
    if (presets.length === 0) return
    const conflict = presetConflict(pod, presets)
    if (conflict !== undefined) { warn(`PodPreset was not applied: ${conflict}`); return }
    applyPresets(pod, presets)
  },
}

interface Named { readonly name: string }
/** Those of `added` that are not there yet. The first that is there and differs is a conflict. */
const missing = <T extends object>(own: readonly T[] | undefined, added: readonly T[], key: (item: T) => string): T[] =>
  added.filter((item, i) => !own?.some((o) => key(o) === key(item)) && added.findIndex((a) => key(a) === key(item)) === i)
const clash = <T extends object>(own: readonly T[] | undefined, added: readonly T[], key: (item: T) => string): T | undefined =>
  added.find((item) => [...(own ?? []), ...added].some((o) => key(o) === key(item) && !same(o, item)))

const byName = (item: object): string => (item as Named).name
const byPath = (mount: object): string => (mount as { mountPath: string }).mountPath

/** Why the presets and the pod cannot be put together; undefined when they can. */
export function presetConflict({ spec }: Pod, presets: readonly PodPreset[]): string | undefined {
  const { env, volumes, mounts } = gathered(presets)
  for (const container of containersOf(spec)) {
    const variable = clash(container.env, env, byName)
    if (variable) return `merging env for ${container.name} has a conflict on ${variable.name}`
    const mount = clash(container.volumeMounts, mounts, byPath)
    if (mount) return `merging volume mounts for ${container.name} has a conflict on mount path ${mount.mountPath}`
  }
  const volume = clash(spec.volumes, volumes, byName)
  return volume && `merging volumes has a conflict on ${volume.name}`
}

/** Puts the presets into the pod, in place. */
export function applyPresets(pod: Pod, presets: readonly PodPreset[]): void {
  const { env, envFrom, volumes, mounts } = gathered(presets), { spec } = pod
  for (const container of containersOf(spec)) {
    if (env.length) container.env = [...(container.env ?? []), ...missing(container.env, env, byName)]
    if (envFrom.length) container.envFrom = [...(container.envFrom ?? []), ...envFrom]
    if (mounts.length) container.volumeMounts = [...(container.volumeMounts ?? []), ...missing(container.volumeMounts, mounts, byPath)]
  }
  if (volumes.length) spec.volumes = [...(spec.volumes ?? []), ...missing(spec.volumes, volumes, byName)]
  pod.metadata.annotations = { ...pod.metadata.annotations, ...Object.fromEntries(presets.map((p) => [`${noted}${p.metadata.name}`, p.metadata.resourceVersion ?? ''])) }
}

/** Init containers too: what they prepare needs the same configuration. */
const containersOf = (spec: Pod['spec']) => [...(spec.initContainers ?? []), ...spec.containers]
const gathered = (presets: readonly PodPreset[]) => ({
  env: presets.flatMap((p) => p.spec.env ?? []), envFrom: presets.flatMap((p) => p.spec.envFrom ?? []), volumes: presets.flatMap((p) => p.spec.volumes ?? []), mounts: presets.flatMap((p) => p.spec.volumeMounts ?? []),
})
