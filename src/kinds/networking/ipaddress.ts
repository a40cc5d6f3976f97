import { defineKind, invalidValue, requiredValue, s, same, type FieldError, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { validateDNSSubdomain, validatePathSegment } from '../checks.ts'
import { goForm } from '../go-diff.ts'
import { parentReferenceForm } from '../go-forms.ts'
import { canonicalIPFaults } from '../ip.ts'

export const parentReference = s.object('io.k8s.api.networking.v1.ParentReference', {
  group: s.string(),
  name: s.mandatory(s.string()),
  namespace: s.string(),
  resource: s.mandatory(s.string()),
})
export type ParentReference = Infer<typeof parentReference>

export const ipAddressSpec = s.object('io.k8s.api.networking.v1.IPAddressSpec', {
  parentRef: s.mandatory(parentReference),
})
export type IPAddressSpec = Infer<typeof ipAddressSpec>

const validateParent = ({ group, resource, name, namespace }: ParentReference, at: string): FieldError[] => [
  ...(group ? validateDNSSubdomain(group, `${at}.group`) : []),
  ...(resource ? validatePathSegment(resource, `${at}.resource`) : [requiredValue(`${at}.resource`)]),
  ...(name ? validatePathSegment(name, `${at}.name`) : [requiredValue(`${at}.name`)]),
  ...(namespace ? validatePathSegment(namespace, `${at}.namespace`) : []),
]

const immutableForm = (now: ParentReference | undefined, before: ParentReference | undefined): FieldError[] =>
  (same(now, before) ? [] : [invalidValue('spec.parentRef', now && goForm(parentReferenceForm, now), 'field is immutable')])

export const ipAddress = defineKind({
  group: 'networking.k8s.io', version: 'v1', kind: 'IPAddress', plural: 'ipaddresses',
  shortNames: ['ip'], scope: 'Cluster',
  definition: 'io.k8s.api.networking.v1.IPAddress',
  columns: [
    cells.name,
    { name: 'ParentRef', value: ({ spec: { parentRef: p } }) =>
      (p ? [`${p.resource}${p.group ? `.${p.group}` : ''}`.toLowerCase(), ...(p.namespace ? [p.namespace] : []), p.name].join('/') : '<none>') },
    { ...cells.age, undeclared: true },
  ],
  fields: {
    spec: s.required(s.value(ipAddressSpec)),
  },
  name: canonicalIPFaults, onUpdate: ['meta', 'rules', 'kept', 'change'],
  validate: ({ spec: { parentRef } }) => (parentRef ? validateParent(parentRef, 'spec.parentRef') : [requiredValue('spec.parentRef')]),
  validateChange: ({ spec }, old) => immutableForm(spec.parentRef, old.spec.parentRef),
})
export type IPAddress = ObjectOf<typeof ipAddress>
