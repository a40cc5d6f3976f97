import { defineKind, s, type ObjectOf } from '#machinery'
import { podSpec } from './spec.ts'
import { podStatus } from './status.ts'

export const pod = defineKind({
  group: '', version: 'v1', kind: 'Pod', plural: 'pods',
  shortNames: ['po'], categories: ['all'], scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.Pod',
  subresources: { status: true },
  fields: {
    spec: s.value(podSpec),
    status: s.value(podStatus),
  },
})
export type Pod = ObjectOf<typeof pod>
