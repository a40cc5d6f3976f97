import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import { keepMetadata } from '../status-metadata.ts'
import * as cells from '../cells.ts'

export const apiServiceServiceReference = s.object('io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference', {
  name: s.string(),
  namespace: s.string(),
  port: s.int({ keepEmpty: true }),
})
export type APIServiceServiceReference = Infer<typeof apiServiceServiceReference>

export const apiServiceSpec = s.object('io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec', {
  caBundle: { ...s.bytes(), listType: 'atomic' },
  group: s.string(),
  groupPriorityMinimum: s.required(s.int()),
  insecureSkipTLSVerify: s.bool(),
  service: apiServiceServiceReference,
  version: s.string(),
  versionPriority: s.required(s.int()),
})
export type APIServiceSpec = Infer<typeof apiServiceSpec>

export const apiServiceCondition = s.object('io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition', {
  lastTransitionTime: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type APIServiceCondition = Infer<typeof apiServiceCondition>

export const apiServiceStatus = s.object('io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus', {
  conditions: s.list(apiServiceCondition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
})
export type APIServiceStatus = Infer<typeof apiServiceStatus>

export const apiService = defineKind({
  group: 'apiregistration.k8s.io', version: 'v1', kind: 'APIService', plural: 'apiservices',
  categories: ['api-extensions'], scope: 'Cluster',
  definition: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  versionRequiredOnUpdate: true,
  columns: [
    cells.name,
    { name: 'Service', value: ({ spec: { service } }) => (service ? `${service.namespace ?? ''}/${service.name ?? ''}` : 'Local') },
    { name: 'Available', value: (o) => {
      const c = o.status.conditions?.find((c) => c.type === 'Available')
      return !c ? 'Unknown' : c.status !== 'True' && c.reason ? `${c.status} (${c.reason})` : c.status
    } },
    cells.age,
  ],
  storagePrefix: '/registry/apiregistration.k8s.io/apiservices/',
  subresources: { status: true },
  fields: {
    spec: s.value(apiServiceSpec),
    status: s.value(apiServiceStatus),
  },
  defaults: ({ spec }) => { if (spec.service) spec.service.port ??= 443 },
  prepareUpdate: (o, old, subresource) => { if (subresource === 'status') keepMetadata(o, old, ['labels', 'annotations', 'finalizers', 'ownerReferences']) },
})
export type APIService = ObjectOf<typeof apiService>
