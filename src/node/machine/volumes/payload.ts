// Files that come from the API: what is in them, whoever writes them.
import { configMap, secret, type ClusterTrustBundleProjection, type ConfigMapProjection, type DownwardAPIVolumeFile, type KeyToPath, type Pod, type SecretProjection, type ServiceAccountTokenProjection } from '#kinds'
import { containerOfRef, fieldText, resourceText, type PodPlace } from '../downward.ts'
import type { ObjectCache } from '../object-cache.ts'
import type { ServiceAccountTokens } from '../tokens.ts'
import type { TrustBundles } from '../trust-bundles.ts'

export interface PayloadFile { readonly content: Uint8Array; readonly mode: number; /** The file's owner, when it is not root. */ readonly user?: number }
/** By path relative to the volume. */
export type Payload = ReadonlyMap<string, PayloadFile>

export interface PayloadSources {
  readonly objects: ObjectCache
  readonly tokens: ServiceAccountTokens
  readonly bundles: TrustBundles
  readonly place: Omit<PodPlace, 'podIPs'>
  readonly allocatable: Readonly<Record<string, string>>
}

const defaultTokenSeconds = 3600
const noFiles: Payload = new Map()

export async function configMapFiles({ objects }: PayloadSources, pod: Pod, { name = '', items, optional }: ConfigMapProjection, mode: number): Promise<Payload> {
  const object = await objects.read(pod.metadata.uid, configMap, pod.metadata.namespace ?? '', name)
  if (!object && optional) return noFiles
  if (!object) throw new Error(`configmap "${name}" not found`)
  const files = new Map<string, Uint8Array>()
  for (const [key, text] of Object.entries(object.data ?? {})) files.set(key, Buffer.from(text))
  for (const [key, base64] of Object.entries(object.binaryData ?? {})) files.set(key, Buffer.from(base64, 'base64'))
  return chosen(files, items, mode, optional, (key) => `configmap references non-existent config key: ${key}`)
}

export async function secretFiles({ objects }: PayloadSources, pod: Pod, { name = '', items, optional }: SecretProjection, mode: number): Promise<Payload> {
  const object = await objects.read(pod.metadata.uid, secret, pod.metadata.namespace ?? '', name)
  if (!object && optional) return noFiles
  if (!object) throw new Error(`secret "${name}" not found`)
  const files = new Map(Object.entries(object.data ?? {}).map(([key, base64]) => [key, Buffer.from(base64, 'base64')]))
  return chosen(files, items, mode, optional, (key) => `references non-existent secret key: ${key}`)
}

export const bundleFiles = async ({ bundles }: PayloadSources, pod: Pod, { path, ...which }: ClusterTrustBundleProjection, mode: number): Promise<Payload> =>
  new Map([[path, { content: Buffer.from(await bundles.read(pod.metadata.uid, which)), mode }]])

function chosen(files: ReadonlyMap<string, Uint8Array>, items: readonly KeyToPath[] | undefined, mode: number, optional: boolean | undefined, missing: (key: string) => string): Payload {
  if (!items?.length) return new Map([...files].map(([path, content]) => [path, { content, mode }]))
  const out = new Map<string, PayloadFile>()
  for (const item of items) {
    const content = files.get(item.key)
    if (content) out.set(item.path, { content, mode: item.mode ?? mode })
    else if (!optional) throw new Error(missing(item.key))
  }
  return out
}

export function downwardFiles({ place, allocatable }: PayloadSources, pod: Pod, items: readonly DownwardAPIVolumeFile[], mode: number): Payload {
  const ofPod = { ...place, podIPs: [] }
  return new Map(items.map((item) => {
    const text = item.fieldRef ? fieldText(pod, item.fieldRef, ofPod) : item.resourceFieldRef ? resourceText(containerOfRef(pod, item.resourceFieldRef), item.resourceFieldRef, allocatable) : ''
    return [item.path, { content: Buffer.from(text), mode: item.mode ?? mode }]
  }))
}

/** A token is for its reader only: the pod's group, else its one user, else whoever can reach the file. */
export async function tokenFiles({ tokens }: PayloadSources, pod: Pod, { audience = '', expirationSeconds, path }: ServiceAccountTokenProjection, mode: number): Promise<Payload> {
  const token = await tokens.get(pod, audience, expirationSeconds ?? defaultTokenSeconds).catch((error: unknown) => {
    throw new Error(`failed to fetch token: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  })
  const group = pod.spec.securityContext?.fsGroup, user = oneUser(pod)
  return new Map([[path, { content: Buffer.from(token), mode: group !== undefined || user !== undefined ? 0o600 : mode, ...(user !== undefined && { user }) }]])
}
/** The user that every container of the pod runs as, when the pod says so. */
function oneUser({ spec }: Pod): number | undefined {
  const users = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])].map((c) => c.securityContext?.runAsUser ?? spec.securityContext?.runAsUser)
  return users.every((user) => user === users[0]) ? users[0] : undefined
}
