// Annotations of pods and templates that mean something to Kubernetes itself.
import { forbiddenValue, invalidValue, quote, type FieldError, type TemplateMeta } from '#machinery'
import { validateLocalPath } from './paths.ts'
import type { AppArmorProfile, SeccompProfile } from './security.ts'
import type { PodSpec } from './spec.ts'

type Annotations = Readonly<Record<string, string>> | undefined
interface Annotated { readonly metadata: Pick<TemplateMeta, 'annotations'> }
const mirror = 'kubernetes.io/config.mirror', cost = 'controller.kubernetes.io/pod-deletion-cost'
export const seccomp = { pod: 'seccomp.security.alpha.kubernetes.io/pod', container: 'container.seccomp.security.alpha.kubernetes.io/' }
export const armor = 'container.apparmor.security.beta.kubernetes.io/'
/** A copy of a pod that a node runs by itself. */
export const isMirror = ({ metadata: { annotations } }: Annotated): boolean => annotations?.[mirror] !== undefined
/** Containers of every sort with where they stand. */
export const containersAt = (spec: PodSpec, at: string) => (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
  (spec[list] ?? []).map((c, i) => [`${at}.${list}[${i}]`, c] as const))

export function validatePodAnnotations(annotations: Annotations, spec: PodSpec, at: string): FieldError[] {
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(annotations ?? {})) {
    const here = `${at}[${key}]`
    if (key === mirror && !spec.nodeName) errors.push(invalidValue(here, value, 'must set spec.nodeName if mirror pod annotation is set'))
    if (key === cost && !(/^(?:0|[1-9]\d*|-\d+)$/.test(value) && Number(value) >= -(2 ** 31) && Number(value) < 2 ** 31)) errors.push(invalidValue(here, value, 'must be a 32bit integer'))
    if (key === seccomp.pod || key.startsWith(seccomp.container)) errors.push(...seccompFaults(value, `${at}.${key}`))
    if (!key.startsWith(armor)) continue
    const name = key.slice(armor.length)
    if (!containersAt(spec, at).some(([, container]) => container.name === name)) errors.push(invalidValue(here, name, 'container not found'))
    if (!['', 'runtime/default', 'unconfined'].includes(value) && !value.startsWith('localhost/')) errors.push(invalidValue(here, value,
      `invalid AppArmor profile name: ${quote(value)}`))
  }
  return errors
}
function seccompFaults(profile: string, at: string): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return []
  return profile.startsWith('localhost/') ? validateLocalPath(profile.slice('localhost/'.length), at) : [invalidValue(at, profile, 'must be a valid seccomp profile')]
}

/** Profiles of containers and whether a pod is a mirror are said once. */
export function validateAnnotationChanges({ metadata: { annotations = {} }, spec }: Annotated & { spec: PodSpec }, { metadata: { annotations: before = {} } }: Annotated): FieldError[] {
  const errors: FieldError[] = []
  const refuse = (key: string, verb: string) => {
    if (key.startsWith(armor)) errors.push(forbiddenValue(`metadata.annotations[${key}]`, `may not ${verb} AppArmor annotations`))
    if (key === mirror) errors.push(forbiddenValue(`metadata.annotations[${key}]`, `may not ${verb} mirror pod annotation`))
  }
  for (const key in before) if (annotations[key] !== before[key]) refuse(key, 'remove or update')
  for (const key in annotations) if (!(key in before)) refuse(key, 'add')
  return [...errors, ...validatePodAnnotations(annotations, spec, 'metadata.annotations')]
}

/** Profiles given both ways, as an annotation and as a field, must be the same. */
export function validateProfilesMatch(annotations: Annotations, spec: PodSpec, at: string): FieldError[] {
  if (!Object.keys(annotations ?? {}).some((key) => key.startsWith(armor) || key.startsWith(seccomp.container) || key === seccomp.pod)) return []
  const context = spec.securityContext?.seccompProfile, containers = containersAt(spec, at)
  return [
    ...mismatch('seccomp', annotations?.[seccomp.pod], context, `${at}.securityContext.seccompProfile`),
    ...containers.flatMap(([here, c]) => mismatch('seccomp', annotations?.[seccomp.container + c.name], c.securityContext?.seccompProfile, `${here}.securityContext.seccompProfile`)),
    ...(spec.os?.name === 'windows' ? [] : containers.flatMap(([here, c]) =>
      mismatch('apparmor', annotations?.[armor + c.name], c.securityContext?.appArmorProfile, `${here}.securityContext.appArmorProfile`))),
  ]
}
function mismatch(what: 'seccomp' | 'apparmor', annotation: string | undefined, profile: SeccompProfile | AppArmorProfile | undefined, at: string): FieldError[] {
  if (annotation === undefined || !profile) return []
  const { type, localhostProfile } = profile
  const same = type === 'Unconfined' ? annotation === 'unconfined' : type === 'Localhost' ? annotation.startsWith('localhost/')
    : type !== 'RuntimeDefault' || annotation === 'runtime/default' || (what === 'seccomp' && annotation === 'docker/default')
  if (!same) return [forbiddenValue(`${at}.type`, `${what} type in annotation and field must match`)]
  return type === 'Localhost' && annotation !== `localhost/${localhostProfile}` ? [forbiddenValue(`${at}.localhostProfile`, `${what} profile in annotation and field must match`)] : []
}
