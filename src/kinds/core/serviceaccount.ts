import { defineKind, s, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { localObjectReference, objectReference, type ObjectReference } from './references.ts'

/** Of references to secrets only the name is kept. */
const keepSecretNames = (o: { secrets?: ObjectReference[] }): void => { if (o.secrets) o.secrets = o.secrets.map(({ name }) => (name ? { name } : {})) }
const enforcing = 'kubernetes.io/enforce-mountable-secrets'

export const serviceAccount = defineKind({
  group: '', version: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts',
  shortNames: ['sa'], scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.ServiceAccount',
  returnsDeleted: true,
  onUpdate: ['kept', 'meta'],
  columns: [cells.name, cells.age],
  fields: {
    automountServiceAccountToken: s.bool({ keepEmpty: true }),
    imagePullSecrets: s.list(localObjectReference, { listType: 'atomic' }),
    secrets: s.list(objectReference, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
  },
  warnings: ({ metadata }, old) => (metadata.annotations?.[enforcing] !== undefined && old?.metadata.annotations?.[enforcing] === undefined
    ? [`metadata.annotations[${enforcing}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`] : []),
  prepareCreate: keepSecretNames,
  prepareUpdate: keepSecretNames,
})
export type ServiceAccount = ObjectOf<typeof serviceAccount>
