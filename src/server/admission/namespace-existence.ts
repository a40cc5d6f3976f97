// Older ways to care for namespaces: making those that are missing (NamespaceAutoProvision), or refusing to write into them (NamespaceExists).
import { namespace } from '#kinds'
import { ApiError, is, notFound, type ApiHandler, type Kind, type Status } from '#machinery'
import { systemUser } from '../system-user.ts'
import type { AdmissionOperation, AdmissionPlugin } from './admission.ts'

const withNamespace = (operation: AdmissionOperation, kind: Kind) => operation !== 'CONNECT' && kind.namespaced && kind.resource !== 'localsubjectaccessreviews'

/** Namespaces are made through the server itself, with all that belongs to them. */
export const namespaceAutoProvision = (api: ApiHandler): AdmissionPlugin => ({
  name: 'NamespaceAutoProvision',
  handles: (operation, kind) => operation === 'CREATE' && withNamespace(operation, kind),
  async mutate({ dryRun, namespace: where, objects }) {
    if (dryRun || objects.get(namespace, where)) return
    const answer = await api({ method: 'POST', path: '/api/v1/namespaces', query: '', headers: {}, body: { object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: where } } }, user: systemUser, direct: true })
    if (answer.status >= 400 && answer.body.type === 'value') {
      const error = ApiError.from(answer.body.value as Status)
      if (!is(error, 'AlreadyExists')) throw error // somebody else was quicker
    }
  },
})

export const namespaceExists: AdmissionPlugin = {
  name: 'NamespaceExists',
  handles: withNamespace,
  validate({ namespace: where, objects }) { if (!objects.get(namespace, where)) throw notFound(namespace, where) },
}
