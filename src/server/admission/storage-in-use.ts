// Volumes and claims carry a finalizer, so that nothing in use goes away.
import type { AdmissionPlugin } from './admission.ts'

const finalizers: Readonly<Record<string, string>> = { persistentvolumeclaims: 'kubernetes.io/pvc-protection', persistentvolumes: 'kubernetes.io/pv-protection' }

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: (operation, kind, subresource) => operation === 'CREATE' && kind.group === '' && kind.resource in finalizers && subresource === '',
  mutate({ object, kind }) {
    const { metadata } = object!, finalizer = finalizers[kind.resource]!
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer]
  },
}
