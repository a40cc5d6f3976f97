// Claims and ingresses without a class get the default one: the newest of those marked so, the first by name among equals.
import { ingressClass, storageClass, type Ingress, type PersistentVolumeClaim } from '#kinds'
import type { AnyObject } from '#machinery'
import type { AdmissionPlugin } from './admission.ts'

const newestDefault = <T extends AnyObject>(classes: readonly T[], ...annotations: readonly string[]): T | undefined =>
  classes.filter((c) => annotations.some((a) => c.metadata.annotations?.[a] === 'true'))
    .sort((a, b) => (a.metadata.creationTimestamp !== b.metadata.creationTimestamp ? (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1) : a.metadata.name < b.metadata.name ? -1 : 1))[0]

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  handles: (operation, kind, subresource) => operation === 'CREATE' && kind.group === '' && kind.resource === 'persistentvolumeclaims' && subresource === '',
  mutate({ object, objects }) {
    const claim = object as PersistentVolumeClaim
    if (claim.spec?.storageClassName !== undefined || claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined) return
    const found = newestDefault(objects.list(storageClass), 'storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class')
    if (found && claim.spec) claim.spec.storageClassName = found.metadata.name
  },
}

export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  handles: (operation, kind, subresource) => operation === 'CREATE' && kind.group === 'networking.k8s.io' && kind.resource === 'ingresses' && subresource === '',
  mutate({ object, objects }) {
    const ingress = object as Ingress
    if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return
    const found = newestDefault(objects.list(ingressClass), 'ingressclass.kubernetes.io/is-default-class')
    if (found) (ingress.spec ??= {}).ingressClassName = found.metadata.name
  },
}
