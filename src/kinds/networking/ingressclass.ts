import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { validateIngressClass, validateIngressClassChange } from './validate-ingress.ts'

export const ingressClassParametersReference = s.object('io.k8s.api.networking.v1.IngressClassParametersReference', {
  apiGroup: s.string({ keepEmpty: true }),
  kind: s.required(s.string()),
  name: s.required(s.string()),
  namespace: s.string({ keepEmpty: true }),
  scope: s.string({ keepEmpty: true }),
})
export type IngressClassParametersReference = Infer<typeof ingressClassParametersReference>

export const ingressClassSpec = s.object('io.k8s.api.networking.v1.IngressClassSpec', {
  controller: s.string(),
  parameters: ingressClassParametersReference,
})
export type IngressClassSpec = Infer<typeof ingressClassSpec>

export const ingressClass = defineKind({
  group: 'networking.k8s.io', version: 'v1', kind: 'IngressClass', plural: 'ingressclasses',
  scope: 'Cluster',
  definition: 'io.k8s.api.networking.v1.IngressClass',
  generation: true, onUpdate: ['kept', 'change', 'meta', 'rules'],
  columns: [
    { ...cells.name, value: ({ metadata: { name, annotations } }) => name + (annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true' ? ' (default)' : '') },
    { name: 'Controller', value: (o) => o.spec.controller ?? '' },
    { name: 'Parameters', value: ({ spec: { parameters: p } }) => (p ? `${p.kind}${p.apiGroup === undefined ? '' : `.${p.apiGroup}`}/${p.name}` : '<none>') },
    cells.age,
  ],
  fields: {
    spec: s.value(ingressClassSpec),
  },
  defaults: ({ spec }) => { if (spec.parameters) spec.parameters.scope ??= 'Cluster' },
  validate: validateIngressClass,
  validateChange: validateIngressClassChange,
})
export type IngressClass = ObjectOf<typeof ingressClass>
