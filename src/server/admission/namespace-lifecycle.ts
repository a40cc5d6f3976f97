// Nothing new in a namespace that is not there or going away; the first namespaces stay.
import { namespace } from '#kinds'
import { ApiError, forbidden, notFound } from '#machinery'
import type { AdmissionPlugin } from './admission.ts'

const immortal = new Set(['default', 'kube-system', 'kube-public'])
/** Access reviews may ask about any namespace. */
const unbound = new Set(['localsubjectaccessreviews'])

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  handles: (operation, kind) => (operation === 'CREATE' || operation === 'UPDATE' || operation === 'DELETE') && (kind.namespaced || kind.resource === 'namespaces') && !unbound.has(kind.resource),
  mutate({ operation, kind, subresource, name, namespace: where, objects }) {
    if (kind.group === '' && kind.resource === 'namespaces') {
      if (operation === 'DELETE' && immortal.has(name)) throw forbidden(kind, name, 'this namespace may not be deleted')
      return
    }
    if (operation !== 'CREATE' && operation !== 'UPDATE') return
    const found = objects.get(namespace, where)
    if (!found) throw notFound(namespace, where)
    if (operation !== 'CREATE' || subresource !== '' || (found.status?.phase !== 'Terminating' && !found.metadata.deletionTimestamp)) return
    const { status } = forbidden(kind, name, `unable to create new content in namespace ${where} because it is being terminated`)
    throw new ApiError('Forbidden', status.message!, { ...status.details, causes: [{ reason: 'NamespaceTerminating', message: `namespace ${where} is being terminated`, field: 'metadata.namespace' }] })
  },
}
