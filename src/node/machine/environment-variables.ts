// A container's environment: from whole ConfigMaps and Secrets, then variable by variable, then services.
import { configMap, secret, type Container, type EnvVarSource, type Pod } from '#kinds'
import type { AnyContainer } from '../pods/environment.ts'
import { containerOfRef, fieldText, resourceText, type PodPlace } from './downward.ts'
import { expand } from './expand.ts'
import type { ObjectCache } from './object-cache.ts'

export interface VariableSources {
  readonly objects: ObjectCache
  readonly place: PodPlace
  readonly allocatable: Readonly<Record<string, string>>
  readonly services: ReadonlyMap<string, string>
}

/** Name to value. Rejects with the kubelet's words for what is not there. */
export async function environmentVariables(sources: VariableSources, pod: Pod, container: AnyContainer): Promise<Map<string, string>> {
  const out = new Map<string, string>()
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const values = configMapRef ? await configMapValues(sources.objects, pod, configMapRef) : secretRef ? await secretValues(sources.objects, pod, secretRef) : undefined
    for (const [key, value] of Object.entries(values ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))) out.set(prefix + key, value)
  }
  for (const { name, value = '', valueFrom } of container.env ?? []) {
    const text = value !== '' || !valueFrom ? expand(value, (n) => out.get(n) ?? sources.services.get(n)) : await valueOf(sources, pod, container, valueFrom)
    if (text === undefined) continue
    out.delete(name) // the later one stands later
    out.set(name, text)
  }
  for (const [name, value] of sources.services) if (!out.has(name)) out.set(name, value)
  return out
}

/** undefined where something optional is not there. */
async function valueOf({ objects, place, allocatable }: VariableSources, pod: Pod, container: AnyContainer, from: EnvVarSource): Promise<string | undefined> {
  const at = pod.metadata.namespace ?? ''
  if (from.fieldRef) return fieldText(pod, from.fieldRef, place)
  if (from.resourceFieldRef) return resourceText(containerOfRef(pod, from.resourceFieldRef, container as Container), from.resourceFieldRef, allocatable)
  if (from.configMapKeyRef) {
    const { name = '', key, optional } = from.configMapKeyRef, value = (await configMapValues(objects, pod, { name, optional }))?.[key]
    if (value === undefined && !optional) throw new Error(`couldn't find key ${key} in ConfigMap ${at}/${name}`)
    return value
  }
  if (from.secretKeyRef) {
    const { name = '', key, optional } = from.secretKeyRef, value = (await secretValues(objects, pod, { name, optional }))?.[key]
    if (value === undefined && !optional) throw new Error(`couldn't find key ${key} in Secret ${at}/${name}`)
    return value
  }
  if (from.fileKeyRef) throw new Error('fileKeyRef is not there on this node; use configMapKeyRef or secretKeyRef')
  throw new Error('valueFrom names no source')
}

interface Reference { readonly name?: string; readonly optional?: boolean | undefined }
async function configMapValues(objects: ObjectCache, pod: Pod, { name = '', optional }: Reference): Promise<Readonly<Record<string, string>> | undefined> {
  const object = await objects.read(pod.metadata.uid, configMap, pod.metadata.namespace ?? '', name)
  if (!object && !optional) throw new Error(`configmap "${name}" not found`)
  return object && (object.data ?? {})
}
async function secretValues(objects: ObjectCache, pod: Pod, { name = '', optional }: Reference): Promise<Readonly<Record<string, string>> | undefined> {
  const object = await objects.read(pod.metadata.uid, secret, pod.metadata.namespace ?? '', name)
  if (!object && !optional) throw new Error(`secret "${name}" not found`)
  return object && Object.fromEntries(Object.entries(object.data ?? {}).map(([key, base64]) => [key, Buffer.from(base64, 'base64').toString('utf8')]))
}
