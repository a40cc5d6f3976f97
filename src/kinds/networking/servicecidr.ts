import { condition, defineKind, invalidValue, requiredValue, s, type FieldError, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { parseCIDR, validateCanonicalCIDR } from '../ip.ts'
import { keepMetadata } from '../status-metadata.ts'

export const serviceCIDRSpec = s.object('io.k8s.api.networking.v1.ServiceCIDRSpec', {
  cidrs: s.list(s.string(), { listType: 'atomic' }),
})
export type ServiceCIDRSpec = Infer<typeof serviceCIDRSpec>

export const serviceCIDRStatus = s.object('io.k8s.api.networking.v1.ServiceCIDRStatus', {
  conditions: s.list(condition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
})
export type ServiceCIDRStatus = Infer<typeof serviceCIDRStatus>

type CIDRsOf = { readonly spec: ServiceCIDRSpec }
/** A second range may be added later. */
function validateChange({ spec }: CIDRsOf, old: CIDRsOf): FieldError[] {
  const now = spec.cidrs ?? [], before = old.spec.cidrs ?? [], fixed = 'field is immutable'
  if (now.length === before.length) return now.flatMap((cidr, i) => (cidr === before[i] ? [] : [invalidValue(`spec.cidrs[${i}]`, cidr, fixed)]))
  if (before.length !== 1 || now.length !== 2) return [invalidValue('spec.cidrs', spec.cidrs ?? null, fixed)]
  return [...(now[0] === before[0] ? [] : [invalidValue('spec.cidrs[0]', now[0], fixed)]), ...validateRanges(now)]
}
/** One range, or one of each family. */
function validateRanges(cidrs: readonly string[]): FieldError[] {
  if (!cidrs.length) return [requiredValue('spec.cidrs', 'at least one CIDR required')]
  if (cidrs.length > 2) return [invalidValue('spec.cidrs', { CIDRs: cidrs }, 'may only hold up to 2 values')]
  const errors = cidrs.flatMap((cidr, i) => validateCanonicalCIDR(cidr, `spec.cidrs[${i}]`))
  const [first, second] = cidrs.map((cidr) => parseCIDR(cidr)?.address.length)
  if (first !== undefined && first === second) errors.push(invalidValue('spec.cidrs', cidrs,
    'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'))
  return errors
}

export const serviceCIDR = defineKind({
  group: 'networking.k8s.io', version: 'v1', kind: 'ServiceCIDR', plural: 'servicecidrs',
  scope: 'Cluster',
  definition: 'io.k8s.api.networking.v1.ServiceCIDR',
  columns: [cells.name, { name: 'CIDRs', value: (o) => (o.spec.cidrs ?? []).join(',') }, cells.age],
  subresources: { status: true },
  fields: {
    spec: s.value(serviceCIDRSpec),
    status: s.value(serviceCIDRStatus),
  },
  prepareUpdate: (o, old, subresource) => { if (subresource === 'status') keepMetadata(o, old) },
  onUpdate: ['meta', 'rules', 'kept', 'change'],
  validate: ({ spec }, _old, subresource) => (subresource === 'status' ? [] : validateRanges(spec.cidrs ?? [])),
  validateChange,
})
export type ServiceCIDR = ObjectOf<typeof serviceCIDR>
