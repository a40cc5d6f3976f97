import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { toleration } from '../core/pod/affinity.ts'

export const overhead = s.object('io.k8s.api.node.v1.Overhead', {
  podFixed: s.map(s.quantity()),
})
export type Overhead = Infer<typeof overhead>

export const scheduling = s.object('io.k8s.api.node.v1.Scheduling', {
  nodeSelector: s.map(s.string(), { mapType: 'atomic' }),
  tolerations: s.list(toleration, { listType: 'atomic' }),
})
export type Scheduling = Infer<typeof scheduling>

export const runtimeClass = defineKind({
  group: 'node.k8s.io', version: 'v1', kind: 'RuntimeClass', plural: 'runtimeclasses',
  scope: 'Cluster',
  definition: 'io.k8s.api.node.v1.RuntimeClass',
  createOnUpdate: true,
  versionRequiredOnUpdate: true,
  columns: [cells.name, { name: 'Handler', value: (o) => o.handler }, cells.age],
  fields: {
    handler: s.required(s.string()),
    overhead: overhead,
    scheduling: scheduling,
  },
})
export type RuntimeClass = ObjectOf<typeof runtimeClass>
