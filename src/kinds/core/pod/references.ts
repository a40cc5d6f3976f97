// What pods and volumes refer to: what a node that runs the pod, or mounts the volume, must be able to read.
import type { PersistentVolume } from '../persistentvolume.ts'
import type { Pod } from './index.ts'

type Container = Pick<Pod['spec']['containers'][number], 'env' | 'envFrom'>
type Source = { readonly secretName?: string; readonly secretNamespace?: string; readonly secretRef?: Reference; readonly nodePublishSecretRef?: Reference; readonly nodeStageSecretRef?: Reference; readonly nodeExpandSecretRef?: Reference }
interface Reference { readonly name?: string; readonly namespace?: string }

/** Names of secrets of the pod's namespace. */
export function referencedSecrets(spec: Pod['spec']): string[] {
  const inVolumes = (spec.volumes ?? []).flatMap((volume) => [
    ...sources(volume).flatMap(({ secretName, secretRef, nodePublishSecretRef }) => [secretName, secretRef?.name, nodePublishSecretRef?.name]),
    ...(volume.projected?.sources ?? []).map(({ secret }) => secret?.name),
  ])
  return named([
    ...(spec.imagePullSecrets ?? []).map(({ name }) => name), ...inVolumes,
    ...containers(spec).flatMap(({ env = [], envFrom = [] }) => [...envFrom.map((e) => e.secretRef?.name), ...env.map((e) => e.valueFrom?.secretKeyRef?.name)]),
  ])
}

/** Names of config maps of the pod's namespace. */
export const referencedConfigMaps = (spec: Pod['spec']): string[] => named([
  ...(spec.volumes ?? []).flatMap(({ configMap, projected }) => [configMap?.name, ...(projected?.sources ?? []).map((s) => s.configMap?.name)]),
  ...containers(spec).flatMap(({ env = [], envFrom = [] }) => [...envFrom.map((e) => e.configMapRef?.name), ...env.map((e) => e.valueFrom?.configMapKeyRef?.name)]),
])

/** Names of volume claims, also of those that are made for the pod. */
export const referencedClaims = ({ metadata, spec }: Pod): string[] =>
  named((spec.volumes ?? []).map(({ name, persistentVolumeClaim, ephemeral }) => persistentVolumeClaim?.claimName ?? (ephemeral ? `${metadata.name}-${name}` : undefined)))

/** Names of resource claims: those that the spec names, and those that the status says were made for the pod. */
export const referencedResourceClaims = ({ spec, status }: Pod): string[] => named([
  ...(spec.resourceClaims ?? []).map((claim) => claim.resourceClaimName ?? status?.resourceClaimStatuses?.find((s) => s.name === claim.name)?.resourceClaimName),
  status?.extendedResourceClaimStatus?.resourceClaimName,
])

/** "namespace/name" of the secrets that a node needs to mount the volume; those of controllers are none of its business. */
export function secretsOfVolume({ spec }: PersistentVolume): string[] {
  const home = spec.claimRef?.namespace ?? ''
  return sources(spec).flatMap(({ secretName, secretNamespace, ...source }) => [
    ...(secretName ? [`${secretNamespace || home}/${secretName}`] : []),
    ...[source.secretRef, source.nodePublishSecretRef, source.nodeStageSecretRef, source.nodeExpandSecretRef].flatMap((r) => (r?.name ? [`${r.namespace || home}/${r.name}`] : [])),
  ])
}

const containers = (spec: Pod['spec']): Container[] => [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]
const sources = (volume: object): Source[] => Object.values(volume).filter((value): value is Source => typeof value === 'object' && value !== null && !Array.isArray(value))
const named = (names: readonly (string | undefined)[]): string[] => [...new Set(names.filter((name) => name !== undefined && name !== ''))] as string[]
