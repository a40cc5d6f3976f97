// Everything that a pod refers to by name, so that it can be read early and watched.
import { configMap, secret, type Pod } from '#kinds'
import type { Kind } from '#machinery'

export interface Reference { readonly kind: Kind; readonly name: string }

export function referencesOf({ spec }: Pod): Reference[] {
  const found = new Map<string, Reference>()
  const add = (kind: Kind, name: string | undefined) => { if (name) found.set(`${kind.resource}/${name}`, { kind, name }) }
  for (const volume of spec.volumes ?? []) {
    add(configMap as Kind, volume.configMap?.name)
    add(secret as Kind, volume.secret?.secretName)
    for (const source of volume.projected?.sources ?? []) { add(configMap as Kind, source.configMap?.name); add(secret as Kind, source.secret?.name) }
  }
  for (const container of [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) { add(configMap as Kind, configMapRef?.name); add(secret as Kind, secretRef?.name) }
    for (const { valueFrom } of container.env ?? []) { add(configMap as Kind, valueFrom?.configMapKeyRef?.name); add(secret as Kind, valueFrom?.secretKeyRef?.name) }
  }
  return [...found.values()]
}
