// The environment variables of a container.
import type { ConfigMap, Container, EnvVarSource, Pod, Secret } from '#kinds'
import { SetUpError, type AnyContainer } from '../pods/environment.ts'
import { containerOfRef, fieldText, resourceText, type PodPlace } from './downward.ts'
import { expand } from './expand.ts'

export interface EnvSources {
  /** undefined when there is none. */
  readonly configMap: (name: string) => Promise<ConfigMap | undefined>
  readonly secret: (name: string) => Promise<Secret | undefined>
  readonly place: PodPlace
  readonly services: ReadonlyMap<string, string>
  /** What the node gives at most: limits that are not set. */
  readonly allocatable: Readonly<Record<string, string>>
}

const fail = (message: string): never => { throw new SetUpError('CreateContainerConfigError', message) }
/** Keys of a map that somebody refers to, as text. */
type Texts = Readonly<Record<string, string>>
const text = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8')

/** In order: envFrom, env, then what services tell and nobody has set. Rejects with SetUpError for what is not there and not optional. */
export async function containerEnv(pod: Pod, container: AnyContainer, sources: EnvSources): Promise<Map<string, string>> {
  const found = new Map<string, string>(), { services } = sources
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const texts = configMapRef ? await configMapTexts(sources, configMapRef.name ?? '', configMapRef.optional) : secretRef ? await secretTexts(sources, secretRef.name ?? '', secretRef.optional) : undefined
    for (const key of Object.keys(texts ?? {}).sort()) found.set(prefix + key, texts![key]!)
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const resolved = value || !valueFrom ? expand(value ?? '', (other) => found.get(other) ?? services.get(other)) : await referred(pod, container, valueFrom, sources)
    if (resolved !== undefined) found.set(name, resolved)
  }
  for (const [name, value] of services) if (!found.has(name)) found.set(name, value)
  return found
}

/** undefined: optional and not there. */
async function referred(pod: Pod, container: AnyContainer, from: EnvVarSource, sources: EnvSources): Promise<string | undefined> {
  const { namespace } = pod.metadata, { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = from
  if (fieldRef) return orConfigError(() => fieldText(pod, fieldRef, sources.place))
  if (resourceFieldRef) return orConfigError(() => resourceText(containerOfRef(pod, resourceFieldRef, container as Container), resourceFieldRef, sources.allocatable))
  if (configMapKeyRef) {
    const { name = '', key, optional } = configMapKeyRef
    return (await configMapTexts(sources, name, optional))?.[key] ?? (optional ? undefined : fail(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`))
  }
  if (secretKeyRef) {
    const { name = '', key, optional } = secretKeyRef
    return (await secretTexts(sources, name, optional))?.[key] ?? (optional ? undefined : fail(`couldn't find key ${key} in Secret ${namespace}/${name}`))
  }
  return from.fileKeyRef ? fail('fileKeyRef is not supported: use a ConfigMap or a Secret') : ''
}

async function configMapTexts({ configMap }: EnvSources, name: string, optional = false): Promise<Texts | undefined> {
  const object = await configMap(name)
  return object ? object.data ?? {} : optional ? undefined : fail(`configmap "${name}" not found`)
}
async function secretTexts({ secret }: EnvSources, name: string, optional = false): Promise<Texts | undefined> {
  const object = await secret(name)
  return object ? Object.fromEntries(Object.entries(object.data ?? {}).map(([key, value]) => [key, text(value)])) : optional ? undefined : fail(`secret "${name}" not found`)
}
function orConfigError(read: () => string): string {
  try { return read() } catch (error) { return fail(error instanceof Error ? error.message : String(error)) }
}
