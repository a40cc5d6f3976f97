import {
  defineKind, invalidValue, isDNS1035Label, isDNS1123Subdomain, isPortNumber, nameIsPathSegment, quote, requiredValue, s, type FieldError, type Infer, type ObjectOf,
} from '#machinery'
import * as cells from '../cells.ts'
import { keepMetadata } from '../status-metadata.ts'

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

const highestGroup = 20_000, highestVersion = 1000
interface APIServiceLike { readonly metadata: { readonly name: string }; readonly spec: APIServiceSpec }
function validateAPIService({ metadata: { name }, spec }: APIServiceLike, _old?: object, subresource?: string): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum, versionPriority, service, caBundle, insecureSkipTLSVerify } = spec, wanted = `${version}.${group}`
  if (subresource === 'status') return []
  const errors: FieldError[] = [], firstOf = (reasons: string[], field: string, value: string) =>
    { for (const why of reasons.slice(0, 1)) errors.push(invalidValue(field, value, why)) }
  if (!/[/%]/.test(name) && name !== wanted) errors.push(invalidValue('metadata.name', name, `must be \`spec.version+"."+spec.group\`: ${quote(wanted)}`))
  if (!group && version !== 'v1') errors.push(requiredValue('spec.group', 'only v1 may have an empty group and it better be legacy kube'))
  if (group) firstOf(isDNS1123Subdomain(group), 'spec.group', group)
  firstOf(isDNS1035Label(version), 'spec.version', version)
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > highestGroup) errors.push(invalidValue('spec.groupPriorityMinimum', groupPriorityMinimum,
    `must be positive and less than ${highestGroup}`))
  if (versionPriority <= 0 || versionPriority > highestVersion) errors.push(invalidValue('spec.versionPriority', versionPriority,
    `must be positive and less than ${highestVersion}`))
  if (!service) {
    if (caBundle) errors.push(invalidValue('spec.caBundle', `${atob(caBundle).length} bytes`, 'local APIServices may not have a caBundle'))
    return insecureSkipTLSVerify ? [...errors, invalidValue('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify')] : errors
  }
  if (!service.namespace) errors.push(requiredValue('spec.service.namespace'))
  if (!service.name) errors.push(requiredValue('spec.service.name'))
  const port = service.port ?? 0, bad = isPortNumber(port)
  if (bad.length) errors.push(invalidValue('spec.service.port', port, `port is not valid: ${bad.join(', ')}`))
  if (insecureSkipTLSVerify && caBundle) errors.push(invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'))
  return errors
}

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
  statusResets: [['metadata']],
  fields: {
    spec: s.value(apiServiceSpec),
    status: s.value(apiServiceStatus),
  },
  defaults: ({ spec }) => { if (spec.service) spec.service.port ??= 443 },
  prepareUpdate: (o, old, subresource) => { if (subresource === 'status') keepMetadata(o, old, ['labels', 'annotations', 'finalizers', 'ownerReferences']) },
  prepareCreate: (o) => {
    if (!o.spec.service) o.status = { conditions: [{ type: 'Available', status: 'True', lastTransitionTime: o.metadata.creationTimestamp ?? null, reason: 'Local',
      message: 'Local APIServices are always available' }] }
  },
  name: nameIsPathSegment, anyFinalizer: true, onUpdate: ['kept', 'meta', 'rules'],
  validate: validateAPIService,
})
export type APIService = ObjectOf<typeof apiService>
