import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { typedLocalObjectReference } from '../core/references.ts'
import { classAnnotation, validateIngress } from './validate-ingress.ts'

export const serviceBackendPort = s.object('io.k8s.api.networking.v1.ServiceBackendPort', {
  name: s.string(),
  number: s.int(),
}, { mapType: 'atomic' })
export type ServiceBackendPort = Infer<typeof serviceBackendPort>

export const ingressServiceBackend = s.object('io.k8s.api.networking.v1.IngressServiceBackend', {
  name: s.required(s.string()),
  port: s.value(serviceBackendPort),
})
export type IngressServiceBackend = Infer<typeof ingressServiceBackend>

export const ingressBackend = s.object('io.k8s.api.networking.v1.IngressBackend', {
  resource: typedLocalObjectReference,
  service: ingressServiceBackend,
})
export type IngressBackend = Infer<typeof ingressBackend>

export const httpIngressPath = s.object('io.k8s.api.networking.v1.HTTPIngressPath', {
  backend: s.required(s.value(ingressBackend)),
  path: s.string(),
  pathType: s.mandatory(s.string()),
})
export type HTTPIngressPath = Infer<typeof httpIngressPath>

export const httpIngressRuleValue = s.object('io.k8s.api.networking.v1.HTTPIngressRuleValue', {
  paths: s.required(s.list(httpIngressPath, { listType: 'atomic' })),
})
export type HTTPIngressRuleValue = Infer<typeof httpIngressRuleValue>

export const ingressRule = s.object('io.k8s.api.networking.v1.IngressRule', {
  host: s.string(),
  http: httpIngressRuleValue,
})
export type IngressRule = Infer<typeof ingressRule>

export const ingressTLS = s.object('io.k8s.api.networking.v1.IngressTLS', {
  hosts: s.list(s.string(), { listType: 'atomic' }),
  secretName: s.string(),
})
export type IngressTLS = Infer<typeof ingressTLS>

export const ingressSpec = s.object('io.k8s.api.networking.v1.IngressSpec', {
  defaultBackend: ingressBackend,
  ingressClassName: s.string({ keepEmpty: true }),
  rules: s.list(ingressRule, { listType: 'atomic' }),
  tls: s.list(ingressTLS, { listType: 'atomic' }),
})
export type IngressSpec = Infer<typeof ingressSpec>

export const ingressPortStatus = s.object('io.k8s.api.networking.v1.IngressPortStatus', {
  error: s.string({ keepEmpty: true }),
  port: s.required(s.int()),
  protocol: s.required(s.string()),
})
export type IngressPortStatus = Infer<typeof ingressPortStatus>

export const ingressLoadBalancerIngress = s.object('io.k8s.api.networking.v1.IngressLoadBalancerIngress', {
  hostname: s.string(),
  ip: s.string(),
  ports: s.list(ingressPortStatus, { listType: 'atomic' }),
})
export type IngressLoadBalancerIngress = Infer<typeof ingressLoadBalancerIngress>

export const ingressLoadBalancerStatus = s.object('io.k8s.api.networking.v1.IngressLoadBalancerStatus', {
  ingress: s.list(ingressLoadBalancerIngress, { listType: 'atomic' }),
})
export type IngressLoadBalancerStatus = Infer<typeof ingressLoadBalancerStatus>

export const ingressStatus = s.object('io.k8s.api.networking.v1.IngressStatus', {
  loadBalancer: s.value(ingressLoadBalancerStatus),
})
export type IngressStatus = Infer<typeof ingressStatus>

/** Up to three hosts, then how many more rules there are; "*" when no rule names one. */
function hosts(rules: readonly IngressRule[]): string {
  const list: string[] = []
  let more = false
  for (const { host } of rules) {
    more ||= list.length === 3
    if (!more && host) list.push(host)
  }
  return `${list.join(',') || '*'}${more ? ` + ${rules.length - 3} more...` : ''}`
}

export const ingress = defineKind({
  group: 'networking.k8s.io', version: 'v1', kind: 'Ingress', plural: 'ingresses',
  shortNames: ['ing'], scope: 'Namespaced',
  definition: 'io.k8s.api.networking.v1.Ingress',
  generation: true, onUpdate: ['kept', 'meta', 'rules'],
  columns: [
    cells.name,
    { name: 'Class', value: (o) => o.spec.ingressClassName ?? '<none>' },
    { name: 'Hosts', value: (o) => hosts(o.spec.rules ?? []) },
    { name: 'Address', value: (o) => cells.loadBalancer(o.status.loadBalancer) },
    { name: 'Ports', value: (o) => (o.spec.tls?.length ? '80, 443' : '80') },
    cells.age,
  ],
  storagePrefix: '/registry/ingress/',
  subresources: { status: true },
  fields: {
    spec: s.value(ingressSpec),
    status: s.value(ingressStatus),
  },
  validate: validateIngress,
  warnings: ({ metadata }, old) => (!old && metadata.annotations?.[classAnnotation] !== undefined
    ? [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`] : []),
})
export type Ingress = ObjectOf<typeof ingress>
