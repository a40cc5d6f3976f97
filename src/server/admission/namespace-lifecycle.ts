// Nothing new in a namespace that is not there or going away; the first namespaces stay.
import { namespace } from '#kinds'
import { ApiError, forbidden, notFound } from '#machinery'
import { refusal, type AdmissionPlugin } from './admission.ts'

const immortal = new Set(['default', 'kube-system', 'kube-public'])
/** Access reviews may ask about any namespace. */
const unbound = new Set(['localsubjectaccessreviews'])

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  handles: (operation, kind) => (operation === 'CREATE' || operation === 'UPDATE' || operation === 'DELETE') && (kind.namespaced || kind.resource === 'namespaces') && !unbound.has(kind.resource),
  mutate(attributes) {
    const { operation, kind, name, namespace: where, objects } = attributes
    if (kind.group === '' && kind.resource === 'namespaces') {
      if (operation === 'DELETE' && immortal.has(name)) throw forbidden(kind, name, 'this namespace may not be deleted')
      return
    }
    if (operation !== 'CREATE' && operation !== 'UPDATE') return
    const found = objects.get(namespace, where)
    if (!found) throw notFound(namespace, where)
    if (operation !== 'CREATE' || found.status?.phase !== 'Terminating') return
    const { status } = refusal(attributes, `unable to create new content in namespace ${where} because it is being terminated`)
    throw new ApiError('Forbidden', status.message!, { ...status.details, causes: [{ reason: 'NamespaceTerminating', message: `namespace ${where} is being terminated`, field: 'metadata.namespace' }] })
  },
}
