// Claims for devices: who asks for a device beside its users (admin access) must do so in a namespace that is marked for it; who says which
// devices a claim got needs the right to bind claims, who says how devices are the right of their driver (KEP-4817, KEP-5018).
import { deviceResourceClaim, namespace as namespaceKind, resourceClaimTemplate, type AllocatedDeviceStatus, type AllocationResult, type DeviceRequest, type ResourceClaimSpec, type ResourceClaimStatus } from '#kinds'
import { forbiddenValue, invalid, same, type FieldError, type Kind, type User } from '#machinery'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission/admission.ts'
import { serviceAccountOf } from '../authn/user-names.ts'
import { forbiddenRequest } from '../pipeline.ts'
import type { AuthorizationAttributes, Authorizer } from './authz.ts'

const withRequests: readonly Kind[] = [deviceResourceClaim, resourceClaimTemplate]

export const deviceClaimCheck = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'DeviceClaimAccess',
  handles: (operation, kind, subresource) => (operation === 'CREATE' && subresource === '' && withRequests.includes(kind)) || (operation === 'UPDATE' && subresource === 'status' && kind === deviceResourceClaim),
  async validate(attributes) {
    const { kind, object, subresource } = attributes
    const errors = subresource === 'status' ? await whyNotStatus(authorizer, attributes) : whyNotRequests(attributes)
    if (errors.length > 0) throw invalid(kind, object?.metadata.name ?? '', errors)
  },
})

const adminLabel = 'resource.kubernetes.io/admin-access'
const mayAdminister = ({ objects, namespace }: AdmissionAttributes): boolean => objects.get(namespaceKind, namespace)?.metadata.labels?.[adminLabel] === 'true'
const notMarked = (at: string): FieldError[] => [forbiddenValue(at, `admin access to devices requires the \`${adminLabel}: true\` label on the containing namespace`)]

function whyNotRequests(attributes: AdmissionAttributes): FieldError[] {
  const spec = (attributes.kind === resourceClaimTemplate ? (attributes.object?.spec as { spec: ResourceClaimSpec }).spec : attributes.object?.spec) as ResourceClaimSpec
  const asks = (spec.devices.requests ?? []).findIndex((request: DeviceRequest) => request.exactly?.adminAccess)
  return asks < 0 || mayAdminister(attributes) ? [] : notMarked(`spec.devices.requests[${asks}].adminAccess`)
}

async function whyNotStatus(authorizer: Authorizer, attributes: AdmissionAttributes): Promise<FieldError[]> {
  const now = attributes.object?.status as ResourceClaimStatus, before = (attributes.old?.status ?? {}) as ResourceClaimStatus
  const granted = ({ allocation }: ResourceClaimStatus) => (allocation?.devices.results ?? []).findIndex((result) => result.adminAccess)
  const grants = granted(before) < 0 ? granted(now) : -1
  return [
    ...(grants < 0 || mayAdminister(attributes) ? [] : notMarked(`status.allocation.devices.results[${grants}].adminAccess`)),
    ...(same(now.allocation, before.allocation) && same(now.reservedFor, before.reservedFor) ? [] : await whyNotBind(authorizer, attributes)),
    ...await whyNotDrivers(authorizer, attributes, now, before),
  ]
}

async function whyNotBind(authorizer: Authorizer, { verb, user, kind, version }: AdmissionAttributes): Promise<FieldError[]> {
  const why = await refusal(authorizer, { user, verb, path: '', resource: { group: kind.group, version, resource: kind.resource, subresource: 'binding', namespace: '', name: '' } })
  return why === undefined ? [] : [forbiddenValue('status', `changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="${verb}" permission: ${why}`)]
}

async function whyNotDrivers(authorizer: Authorizer, { verb, user, kind, version, namespace }: AdmissionAttributes, now: ResourceClaimStatus, before: ResourceClaimStatus): Promise<FieldError[]> {
  const verbs = [...(isOnNodeOf(user, now.allocation) ? [`associated-node:${verb}`] : []), `arbitrary-node:${verb}`], errors: FieldError[] = []
  for (const driver of changedDrivers(now.devices ?? [], before.devices ?? [])) {
    let first: string | undefined
    for (const each of verbs) {
      const why = await refusal(authorizer, { user, verb: each, path: '', resource: { group: kind.group, version, resource: kind.resource, subresource: 'driver', namespace, name: driver } })
      if (why === undefined) { first = undefined; break }
      first ??= why
    }
    if (first !== undefined) errors.push(forbiddenValue('status.devices', `changing status.devices requires resource="resourceclaims/driver", verb="[${verbs.join(' ')}]" permission: ${first}`))
  }
  return errors
}
/** Drivers of whose devices something is new, gone or different, sorted. */
function changedDrivers(now: readonly AllocatedDeviceStatus[], before: readonly AllocatedDeviceStatus[]): string[] {
  const without = (list: readonly AllocatedDeviceStatus[], others: readonly AllocatedDeviceStatus[]) => list.filter((one) => !others.some((other) => same(one, other)))
  return [...new Set([...without(now, before), ...without(before, now)].map((d) => d.driver))].sort()
}

const nodeNameKey = 'authentication.kubernetes.io/node-name'
/** Whether somebody is a service account on the one node that the claim's devices are on. */
function isOnNodeOf({ name, extra }: User, allocation: AllocationResult | undefined): boolean {
  const [term, ...more] = allocation?.nodeSelector?.nodeSelectorTerms ?? [], [field, ...others] = term?.matchFields ?? []
  if (!field || more.length || others.length || term?.matchExpressions?.length || field.key !== 'metadata.name' || field.operator !== 'In' || field.values?.length !== 1) return false
  const own = extra?.[nodeNameKey]
  return serviceAccountOf(name) !== undefined && own?.length === 1 && own[0] === field.values[0]
}

/** What a request that nobody allows would be told; undefined where it is allowed. */
async function refusal(authorizer: Authorizer, attributes: AuthorizationAttributes): Promise<string | undefined> {
  const { verdict, reason, error } = await authorizer.authorize(attributes)
  return verdict === 'allow' ? undefined : forbiddenRequest(attributes, error === undefined ? reason : reason ? `${error}: ${reason}` : error).status.message
}
