// extensions/v1beta1 and networking.k8s.io/v1beta1: an Ingress names its service and port side by side.
import { s, type Fields, type ServedVersion } from '#machinery'
import { typedLocalObjectReference } from '../core/references.ts'
import { ingress, type Ingress, type IngressBackend } from '../networking/ingress.ts'
import { ingressClass } from '../networking/ingressclass.ts'
import { networkPolicy } from '../networking/networkpolicy.ts'
import { former, inOrder, without, type Former } from './former.ts'

const extensions = { group: 'extensions', version: 'v1beta1', names: 'io.k8s.api.extensions.v1beta1' }
const beta1 = { version: 'v1beta1', names: 'io.k8s.api.networking.v1beta1' }

interface Backend { serviceName?: string; servicePort?: number | string; resource?: IngressBackend['resource'] }
interface OldIngress { spec: { backend?: Backend; rules?: { host?: string; http?: { paths: { path?: string; pathType?: string; backend: Backend }[] | null } }[] } & object }

const backendIn = ({ serviceName, servicePort, resource }: Backend): IngressBackend => ({
  ...(resource && { resource }),
  ...((serviceName || !resource) && { service: { name: serviceName ?? '', port: typeof servicePort === 'string' ? { name: servicePort } : { ...(servicePort && { number: servicePort }) } } }),
})
const backendOut = ({ service, resource }: IngressBackend): Backend => ({
  ...(resource && { resource }), ...(service && { serviceName: service.name, servicePort: service.port.name || (service.port.number ?? 0) }), ...(!service && { servicePort: 0 }),
})

const oldIngress: Pick<Former, 'differences' | 'defaults' | 'from' | 'to'> = {
  differences: {
    IngressBackend: () => ({ resource: typedLocalObjectReference, serviceName: s.string(), servicePort: s.intOrString({ always: true }) }),
    IngressSpec: ({ defaultBackend, ...fields }: Fields) => inOrder({ ...without(fields, 'defaultBackend'), backend: defaultBackend! }),
    HTTPIngressPath: (fields) => ({ ...fields, pathType: s.string({ keepEmpty: true }) }),
  },
  defaults: ({ spec }: OldIngress) => { for (const rule of spec.rules ?? []) for (const path of rule.http?.paths ?? []) path.pathType ??= 'ImplementationSpecific' },
  from: ({ spec: { backend, rules, ...spec }, ...o }: OldIngress) => ({
    ...o, spec: {
      ...(backend && { defaultBackend: backendIn(backend) }), ...spec,
      ...(rules && { rules: rules.map(({ http, ...rule }) => ({ ...rule, ...(http && { http: { ...http, paths: http.paths?.map((p) => ({ ...p, backend: backendIn(p.backend) })) ?? null } }) })) }),
    },
  }),
  to: ({ spec: { defaultBackend, rules, ...spec }, ...o }: Ingress) => ({
    ...o, spec: {
      ...(defaultBackend && { backend: backendOut(defaultBackend) }), ...spec,
      ...(rules && { rules: rules.map(({ http, ...rule }) => ({ ...rule, ...(http && { http: { ...http, paths: http.paths?.map((p) => ({ ...p, backend: backendOut(p.backend) })) ?? null } }) })) }),
    },
  }),
}

export const formerIngresses: readonly ServedVersion<any>[] = [ // allowed: one list for versions of many shapes
  former(ingress, { ...beta1, ...oldIngress, deprecated: [19, 22] }), former(ingress, { ...extensions, ...oldIngress, deprecated: [14, 22] }),
]
export const formerIngressClasses: readonly ServedVersion<any>[] = [former(ingressClass, { ...beta1, deprecated: [19, 22] })] // allowed: as above
export const formerNetworkPolicies: readonly ServedVersion<any>[] = [former(networkPolicy, { ...extensions, deprecated: [9, 16] })] // allowed: as above
