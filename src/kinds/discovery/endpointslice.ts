import { defineKind, s, same, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { ipWarnings } from '../ip.ts'
import { objectReference } from '../core/references.ts'
import { validateEndpointSlice } from './validate-endpointslice.ts'

export const endpointConditions = s.object('io.k8s.api.discovery.v1.EndpointConditions', {
  ready: s.bool({ keepEmpty: true }),
  serving: s.bool({ keepEmpty: true }),
  terminating: s.bool({ keepEmpty: true }),
})
export type EndpointConditions = Infer<typeof endpointConditions>

export const forNode = s.object('io.k8s.api.discovery.v1.ForNode', {
  name: s.required(s.string()),
})
export type ForNode = Infer<typeof forNode>

export const forZone = s.object('io.k8s.api.discovery.v1.ForZone', {
  name: s.required(s.string()),
})
export type ForZone = Infer<typeof forZone>

export const endpointHints = s.object('io.k8s.api.discovery.v1.EndpointHints', {
  forNodes: s.list(forNode, { listType: 'atomic' }),
  forZones: s.list(forZone, { listType: 'atomic' }),
})
export type EndpointHints = Infer<typeof endpointHints>

export const endpoint = s.object('io.k8s.api.discovery.v1.Endpoint', {
  addresses: s.required(s.list(s.string(), { listType: 'set' })),
  conditions: s.value(endpointConditions),
  deprecatedTopology: s.map(s.string()),
  hints: endpointHints,
  hostname: s.string({ keepEmpty: true }),
  nodeName: s.string({ keepEmpty: true }),
  targetRef: objectReference,
  zone: s.string({ keepEmpty: true }),
})
export type Endpoint = Infer<typeof endpoint>

export const sliceEndpointPort = s.object('io.k8s.api.discovery.v1.EndpointPort', {
  appProtocol: s.string({ keepEmpty: true }),
  name: s.string({ keepEmpty: true }),
  port: s.int({ keepEmpty: true }),
  protocol: s.string({ keepEmpty: true }),
}, { mapType: 'atomic' })
export type SliceEndpointPort = Infer<typeof sliceEndpointPort>

/** The first three, then how many more. */
const few = (all: readonly string[]): string => (all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : all.join(',') || '<unset>')

/** Topology is not what clients of this version write. */
function dropTopology({ endpoints }: { endpoints?: Endpoint[] | null }): void {
  for (const endpoint of endpoints ?? []) delete endpoint.deprecatedTopology
}

/** Controllers that write addresses as they should be. */
const writers: readonly string[] = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io']

export const endpointSlice = defineKind({
  group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice', plural: 'endpointslices',
  scope: 'Namespaced',
  definition: 'io.k8s.api.discovery.v1.EndpointSlice',
  onUpdate: ['meta', 'rules'],
  generation: true,
  generationChanged: (o, old) => !same({ ...o, metadata: o.metadata.labels }, { ...old, metadata: old.metadata.labels }),
  columns: [
    cells.name,
    { name: 'AddressType', value: (o) => o.addressType },
    { name: 'Ports', value: (o) => few((o.ports ?? []).map((p) => String(p.port ?? p.name ?? '*'))) },
    { name: 'Endpoints', value: (o) => few((o.endpoints ?? []).flatMap((e) => e.addresses ?? [])) },
    cells.age,
  ],
  fields: {
    addressType: s.required(s.string()),
    endpoints: s.list(endpoint, { listType: 'atomic', always: true }),
    ports: s.list(sliceEndpointPort, { listType: 'atomic', always: true }),
  },
  defaults: (o) => {
    for (const port of o.ports ?? []) {
      port.name ??= ''
      port.protocol ??= 'TCP'
    }
  },
  validate: validateEndpointSlice,
  warnings: ({ metadata, addressType, endpoints }, old) => {
    if (addressType === 'FQDN') return old ? [] : ['spec.addressType: FQDN endpoints are deprecated']
    if (writers.includes(metadata.labels?.['endpointslice.kubernetes.io/managed-by'] ?? '')) return []
    return (endpoints ?? []).flatMap(({ addresses }, i) => (addresses ?? []).flatMap((ip, j) => ipWarnings(ip, `endpoints[${i}].addresses[${j}]`)))
  },
  prepareCreate: dropTopology,
  prepareUpdate: (o, old) => { if (!same(o.endpoints, old.endpoints)) dropTopology(o) },
})
export type EndpointSlice = ObjectOf<typeof endpointSlice>
