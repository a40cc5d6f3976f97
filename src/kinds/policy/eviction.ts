import { defineType, deleteOptions, type Infer } from '#machinery'

export const eviction = defineType('policy/v1', 'Eviction', 'io.k8s.api.policy.v1.Eviction', {
  deleteOptions: deleteOptions,
})
export type Eviction = Infer<(typeof eviction)['schema']>
