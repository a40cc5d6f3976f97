// Volumes, claims and classes of volume attributes carry a finalizer, so that nothing in use goes away.
import type { Kind } from '#machinery'
import type { AdmissionPlugin } from './admission.ts'

const finalizers: Readonly<Record<string, string>> = {
  '/persistentvolumeclaims': 'kubernetes.io/pvc-protection', '/persistentvolumes': 'kubernetes.io/pv-protection', 'storage.k8s.io/volumeattributesclasses': 'kubernetes.io/vac-protection',
}
const finalizerOf = ({ group, resource }: Kind): string | undefined => finalizers[`${group}/${resource}`]

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: (operation, kind, subresource) => operation === 'CREATE' && subresource === '' && finalizerOf(kind) !== undefined,
  mutate({ object, kind }) {
    const { metadata } = object!, finalizer = finalizerOf(kind)!
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer]
  },
}
