import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'

export const parentReference = s.object('io.k8s.api.networking.v1.ParentReference', {
  group: s.string(),
  name: s.mandatory(s.string()),
  namespace: s.string(),
  resource: s.mandatory(s.string()),
})
export type ParentReference = Infer<typeof parentReference>

export const ipAddressSpec = s.object('io.k8s.api.networking.v1.IPAddressSpec', {
  parentRef: s.mandatory(parentReference),
})
export type IPAddressSpec = Infer<typeof ipAddressSpec>

export const ipAddress = defineKind({
  group: 'networking.k8s.io', version: 'v1', kind: 'IPAddress', plural: 'ipaddresses',
  shortNames: ['ip'], scope: 'Cluster',
  definition: 'io.k8s.api.networking.v1.IPAddress',
  columns: [
    cells.name,
    { name: 'ParentRef', value: ({ spec: { parentRef: p } }) =>
      (p ? [`${p.resource}${p.group ? `.${p.group}` : ''}`.toLowerCase(), ...(p.namespace ? [p.namespace] : []), p.name].join('/') : '<none>') },
    { ...cells.age, undeclared: true },
  ],
  fields: {
    spec: s.required(s.value(ipAddressSpec)),
  },
})
export type IPAddress = ObjectOf<typeof ipAddress>
