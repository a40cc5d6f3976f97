import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { ipWarnings } from '../ip.ts'
import { objectReference } from './references.ts'
import { validateEndpoints } from './validate-endpoints.ts'

export const endpointAddress = s.object('io.k8s.api.core.v1.EndpointAddress', {
  hostname: s.string(),
  ip: s.required(s.string()),
  nodeName: s.string({ keepEmpty: true }),
  targetRef: objectReference,
}, { mapType: 'atomic' })
export type EndpointAddress = Infer<typeof endpointAddress>

export const endpointPort = s.object('io.k8s.api.core.v1.EndpointPort', {
  appProtocol: s.string({ keepEmpty: true }),
  name: s.string(),
  port: s.required(s.int()),
  protocol: s.string(),
}, { mapType: 'atomic' })
export type EndpointPort = Infer<typeof endpointPort>

export const endpointSubset = s.object('io.k8s.api.core.v1.EndpointSubset', {
  addresses: s.list(endpointAddress, { listType: 'atomic' }),
  notReadyAddresses: s.list(endpointAddress, { listType: 'atomic' }),
  ports: s.list(endpointPort, { listType: 'atomic' }),
})
export type EndpointSubset = Infer<typeof endpointSubset>

/** Up to three addresses with ports, and how many more there are. */
/** The first three that are ready, then how many more. */
function addresses(subsets: readonly EndpointSubset[] = []): string {
  if (!subsets.length) return '<none>'
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0 ? addresses.map((a) => a.ip) : ports.flatMap((p) => addresses.map((a) => (a.ip.includes(':') ? `[${a.ip}]:${p.port}` : `${a.ip}:${p.port}`))))
  return all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : all.join(',')
}

export const endpoints = defineKind({
  group: '', version: 'v1', kind: 'Endpoints', plural: 'endpoints',
  shortNames: ['ep'], scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.Endpoints',
  deprecated: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  onUpdate: ['kept', 'meta', 'rules'],
  createOnUpdate: true,
  columns: [cells.name, { name: 'Endpoints', value: (o) => addresses(o.subsets) }, cells.age],
  storagePrefix: '/registry/services/endpoints/',
  fields: {
    subsets: s.list(endpointSubset, { listType: 'atomic' }),
  },
  defaults: (o) => { for (const { ports } of o.subsets ?? []) for (const port of ports ?? []) port.protocol ||= 'TCP' },
  validate: validateEndpoints,
  // The controller writes addresses as they should be.
  warnings: ({ metadata, subsets }) => (metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller' ? [] : (subsets ?? []).flatMap((subset, i) => (['addresses', 'notReadyAddresses'] as const).flatMap((list) =>
    (subset[list] ?? []).flatMap(({ ip }, j) => ipWarnings(ip, `subsets[${i}].${list}[${j}].ip`))))),
})
export type Endpoints = ObjectOf<typeof endpoints>
