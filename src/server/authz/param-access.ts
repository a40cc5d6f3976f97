// Nobody reads through a policy what they may not read: whoever writes a policy with parameters must be able to read all objects of their
// kind, whoever binds one the objects that the binding names.
import {
  mutatingAdmissionPolicy, mutatingAdmissionPolicyBinding, validatingAdmissionPolicy, validatingAdmissionPolicyBinding,
  type MutatingAdmissionPolicy, type ParamKind, type ParamRef, type ValidatingAdmissionPolicy,
} from '#kinds'
import { forbiddenValue, goPrint, invalid, parseApiVersion, same, type Kind, type User } from '#machinery'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission/admission.ts'
import type { Registry } from '../served.ts'
import type { Authorizer } from './authz.ts'

const policies: readonly Kind[] = [validatingAdmissionPolicy, mutatingAdmissionPolicy]
const bound: ReadonlyMap<Kind, Kind<ValidatingAdmissionPolicy> | Kind<MutatingAdmissionPolicy>> = new Map<Kind, Kind<ValidatingAdmissionPolicy> | Kind<MutatingAdmissionPolicy>>([
  [validatingAdmissionPolicyBinding, validatingAdmissionPolicy], [mutatingAdmissionPolicyBinding, mutatingAdmissionPolicy]])

export const paramAccessCheck = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'PolicyParamAccess',
  handles: (operation, kind, subresource) => subresource === '' && (operation === 'CREATE' || operation === 'UPDATE') && (policies.includes(kind) || bound.has(kind)),
  async validate(attributes) {
    const { kind, object, user } = attributes
    if (!object || user.groups.includes('system:masters')) return
    const field = policies.includes(kind) ? 'paramKind' : 'paramRef'
    const why = field === 'paramKind' ? await whyNotKind(authorizer, attributes) : await whyNotObject(authorizer, attributes)
    if (why !== undefined) throw invalid(kind, object.metadata.name, [forbiddenValue(`spec.${field}`, why)])
  },
})

async function whyNotKind(authorizer: Authorizer, { object, old, user, registry }: AdmissionAttributes): Promise<string | undefined> {
  const { paramKind } = object!.spec as { paramKind?: ParamKind }
  if (!paramKind || (old && same((old.spec as { paramKind?: ParamKind }).paramKind, paramKind))) return undefined
  const may = await authorizer.authorize({ user, verb: 'get', path: '', resource: { ...resourceOf(registry, paramKind), subresource: '', namespace: '*', name: '*' } })
  if (may.verdict === 'allow') return undefined
  return `user ${shownUser(user)} must have "get" permission on all objects of the referenced paramKind (kind=${paramKind.kind}, apiVersion=${paramKind.apiVersion})`
}

async function whyNotObject(authorizer: Authorizer, { kind, object, old, user, registry, objects }: AdmissionAttributes): Promise<string | undefined> {
  const spec = object!.spec as { policyName?: string; paramRef?: ParamRef }, before = old?.spec as typeof spec | undefined
  const { policyName = '', paramRef } = spec
  if (!paramRef || (before && before.policyName === policyName && same(before.paramRef, paramRef))) return undefined
  const policy = objects.get(bound.get(kind) as Kind<ValidatingAdmissionPolicy>, policyName), paramKind = policy?.spec.paramKind
  const resource = paramKind ? resourceOf(registry, paramKind) : anything, verb = paramRef.name ? 'get' : 'list'
  const may = await authorizer.authorize({ user, verb, path: '', resource: { ...resource, subresource: '', namespace: paramRef.namespace ?? '', name: paramRef.name ?? '' } })
  if (may.verdict === 'allow') return undefined
  const unknown = (what: string) =>
    `unable to ${what} to determine minimum required permissions and user ${shownUser(user)} does not have "${verb}" permission for all groups, versions and resources`
  if (!policy) return unknown(`get policy ${policyName}`)
  if (paramKind && resource.resource === '*') return unknown(`resolve paramKind ${`${paramKind.apiVersion}, Kind=${paramKind.kind}`}`)
  return `user ${shownUser(user)} does not have "${verb}" permission on the object referenced by paramRef`
}

const anything = { group: '*', version: '*', resource: '*' }
/** What is read for a kind; any resource of the group where nobody serves the kind. */
function resourceOf(registry: Registry, { apiVersion = '', kind = '' }: ParamKind): typeof anything {
  const { group, version } = parseApiVersion(apiVersion)
  return { group, version, resource: registry.resources(group, version).find((served) => served.kindName === kind)?.resource ?? '*' }
}

/** As Go prints it. */
const shownUser = ({ name, uid = '', groups, extra = {} }: User): string => `&{${name} ${uid} ${goPrint(groups)} ${goPrint(extra)}}`
