// Owner references decide what the garbage collector deletes: whoever changes them must be allowed to delete the object; whoever lets one
// hold back the owner's deletion must be allowed to set the owner's finalizers.
import { customResourceDefinition, kinds } from '#kinds'
import { qualified, quote, same, type OwnerReference, type User } from '#machinery'
import type { Authorizer, Decision } from '../authz/authz.ts'
import type { ObjectReader } from '../object-reader.ts'
import { refusal, type AdmissionPlugin } from './admission.ts'

export const ownerReferencesPermissionEnforcement = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'OwnerReferencesPermissionEnforcement',
  handles: (operation, kind, subresource) => (operation === 'CREATE' || operation === 'UPDATE') && !(qualified(kind) === 'pods' && subresource === 'status'),
  async validate(attributes) {
    const { operation, object, old, user, kind, version, subresource, namespace, name, objects } = attributes
    const now = object?.metadata.ownerReferences ?? [], before = old?.metadata.ownerReferences ?? []
    if (same(now, before)) return
    if (operation !== 'CREATE') {
      const { verdict, reason, error } = await authorizer.authorize({ user, verb: 'delete', path: '', resource: { group: kind.group, version, resource: kind.resource, subresource, namespace, name } })
      if (verdict !== 'allow') throw refusal(attributes, `cannot set an ownerRef on a resource you can't delete: ${why({ verdict, reason, ...(error !== undefined && { error }) })}`)
    }
    for (const reference of newlyBlocking(now, before)) {
      const resource = resourceOf(reference, objects)
      if (!resource) throw refusal(attributes, `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${reference.apiVersion} Kind ${reference.kind}: no matches for kind ${quote(reference.kind)} in version ${quote(reference.apiVersion)}`)
      const decision = await mayFinalize(authorizer, user, resource, resource.namespaced ? namespace : '', reference.name)
      if (decision.verdict !== 'allow') throw refusal(attributes, `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${why(decision)}`)
    }
  },
})

/** As the reference prints a reason and an error that may not be there. */
const why = ({ reason, error }: Decision): string => `${reason}, ${error ?? '<nil>'}`

/** References that hold back their owner's deletion now and did not before. */
function newlyBlocking(now: readonly OwnerReference[], before: readonly OwnerReference[]): OwnerReference[] {
  const held = new Map(before.map((r) => [r.uid, r.blockOwnerDeletion === true]))
  return now.filter((r) => r.blockOwnerDeletion === true && held.get(r.uid) !== true)
}

interface Resource { readonly group: string; readonly version: string; readonly resource: string; readonly namespaced: boolean }
function resourceOf({ apiVersion, kind }: OwnerReference, objects: ObjectReader): Resource | undefined {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  const own = kinds.find((k) => k.group === group && k.kind === kind && (k.version === version || k.alsoServedAs.some((v) => v.group === group && v.version === version)))
  if (own) return { group, version, resource: own.resource, namespaced: own.namespaced }
  const custom = objects.list(customResourceDefinition).find(({ spec }) => spec.group === group && spec.names.kind === kind && spec.versions.some((v) => v.name === version && v.served))
  return custom && { group, version, resource: custom.spec.names.plural, namespaced: custom.spec.scope === 'Namespaced' }
}

const mayFinalize = async (authorizer: Authorizer, user: User, { group, version, resource }: Resource, namespace: string, name: string): Promise<Decision> =>
  authorizer.authorize({ user, verb: 'update', path: '', resource: { group, version, resource, subresource: 'finalizers', namespace, name } })
