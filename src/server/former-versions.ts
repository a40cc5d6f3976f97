// Versions that the reference has removed, by name.
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

/** Of all former versions, those that are asked for; with the kinds (of which nothing is left today) that they bring. */
export function chooseFormer(versions: ReadonlyMap<Kind, readonly ServedVersion<any>[]>, kinds: readonly Kind[], serves: (groupVersion: string, resource: string) => boolean): { readonly versions: ReadonlyMap<Kind, readonly ServedVersion<any>[]>; readonly kinds: readonly Kind[] } { // allowed: versions of any kind
  return {
    versions: new Map([...versions].map(([kind, list]) => [kind, list.filter((v) => serves(`${v.group}/${v.version}`, v.plural ?? kind.resource))])),
    kinds: kinds.filter((kind) => serves(kind.apiVersion, kind.resource)),
  }
}
