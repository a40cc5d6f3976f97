// --runtime-config, as far as it concerns versions that the reference has removed: which of them are served.
import type { Kind, ServedVersion } from '#machinery'

/** Every removed version, so that a server that does not serve them can still tell what was asked for. (kinds/legacy is loaded only where it serves.) */
export const formerVersionNames: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io/v1alpha1', 'admissionregistration.k8s.io/v1beta1', 'apiextensions.k8s.io/v1beta1', 'apiregistration.k8s.io/v1beta1', 'apps/v1beta1', 'apps/v1beta2', 'authentication.k8s.io/v1alpha1',
  'authentication.k8s.io/v1beta1', 'authorization.k8s.io/v1beta1', 'autoscaling/v2beta1', 'autoscaling/v2beta2', 'batch/v1beta1', 'batch/v2alpha1', 'certificates.k8s.io/v1beta1', 'coordination.k8s.io/v1beta1',
  'discovery.k8s.io/v1beta1', 'events.k8s.io/v1beta1', 'extensions/v1beta1', 'flowcontrol.apiserver.k8s.io/v1alpha1', 'flowcontrol.apiserver.k8s.io/v1beta1', 'flowcontrol.apiserver.k8s.io/v1beta2',
  'flowcontrol.apiserver.k8s.io/v1beta3', 'networking.k8s.io/v1beta1', 'node.k8s.io/v1alpha1', 'node.k8s.io/v1beta1', 'policy/v1beta1', 'rbac.authorization.k8s.io/v1alpha1', 'rbac.authorization.k8s.io/v1beta1',
  'scheduling.k8s.io/v1alpha1', 'scheduling.k8s.io/v1beta1', 'settings.k8s.io/v1alpha1', 'storage.k8s.io/v1alpha1', 'storage.k8s.io/v1beta1',
])
export const isFormer = ({ group, version }: { readonly group: string; readonly version: string }): boolean => formerVersionNames.has(`${group}/${version}`)

export type RuntimeConfig = Readonly<Record<string, boolean>>
const all = 'legacy/all'

/** The removed versions that a --runtime-config asks for: `legacy/all=true`, or GROUP/VERSION=true one by one; false takes one out. */
export function formerAskedFor(config: RuntimeConfig): ReadonlySet<string> {
  const chosen = new Set(config[all] === true ? formerVersionNames : [])
  for (const [name, on] of Object.entries(config)) {
    if (!formerVersionNames.has(name)) continue
    if (on) chosen.add(name)
    else chosen.delete(name)
  }
  return chosen
}

/** What of a --runtime-config cannot be done here; undefined when all of it can. What is served by default may be named, but not switched off. */
export function runtimeConfigProblem(config: RuntimeConfig): string | undefined {
  for (const [name, on] of Object.entries(config)) {
    if (name === all || formerVersionNames.has(name)) continue
    if (!/^[a-z0-9.-]+\/[a-z0-9]+(\/[a-z]+)?$/.test(name)) return `"${name}" is neither ${all} nor GROUP/VERSION`
    if (!on) return `${name}=false: versions that are served by default cannot be switched off`
  }
  return undefined
}

/** Of all former versions, those that are asked for; with the kinds (of which nothing is left today) that they bring. */
export function chooseFormer(versions: ReadonlyMap<Kind, readonly ServedVersion<any>[]>, kinds: readonly Kind[], asked: ReadonlySet<string>): { readonly versions: ReadonlyMap<Kind, readonly ServedVersion<any>[]>; readonly kinds: readonly Kind[] } { // allowed: versions of any kind
  return {
    versions: new Map([...versions].map(([kind, list]) => [kind, list.filter((v) => asked.has(`${v.group}/${v.version}`))])),
    kinds: kinds.filter((kind) => asked.has(kind.apiVersion)),
  }
}
