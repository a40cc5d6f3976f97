// A write as webhooks and expressions are told of it (admission.k8s.io AdmissionRequest), without its objects.
import type { User } from '#machinery'
import type { AdmissionAttributes } from './admission.ts'
import { namespaceOf, requested, type Addressed, type GroupVersionKind, type GroupVersionResource } from './addressed.ts'

export interface AdmissionRequest {
  readonly kind: GroupVersionKind
  readonly resource: GroupVersionResource
  readonly subResource?: string
  readonly requestKind: GroupVersionKind
  readonly requestResource: GroupVersionResource
  readonly requestSubResource?: string
  readonly name?: string
  readonly namespace?: string
  readonly operation: string
  readonly userInfo: UserInfo
  readonly dryRun: boolean
  /** CreateOptions, UpdateOptions or DeleteOptions; null when connecting. */
  readonly options: object | null
}
interface UserInfo { readonly username?: string; readonly uid?: string; readonly groups?: readonly string[]; readonly extra?: Readonly<Record<string, readonly string[]>> }

/** The request in the version that matched. */
export function admissionRequest(attributes: AdmissionAttributes, { kind, resource }: Addressed): AdmissionRequest {
  const { subresource, name, operation, user, dryRun } = attributes
  const asked = requested(attributes), namespace = namespaceOf(attributes)
  return {
    kind: gvk(kind), resource: gvr(resource), ...(subresource && { subResource: subresource }),
    requestKind: gvk(asked.kind), requestResource: gvr(asked.resource), ...(subresource && { requestSubResource: subresource }),
    ...(name && { name }), ...(namespace && { namespace }), operation, userInfo: userInfo(user), dryRun, options: operationOptions(attributes),
  }
}
const gvk = ({ group, version, kind }: GroupVersionKind): GroupVersionKind => ({ group, version, kind })
const gvr = ({ group, version, resource }: GroupVersionResource): GroupVersionResource => ({ group, version, resource })

const userInfo = ({ name, uid, groups, extra }: User): UserInfo => ({
  ...(name && { username: name }), ...(uid && { uid }), ...(groups.length > 0 && { groups }), ...(extra && Object.keys(extra).length > 0 && { extra }),
})

const optionKinds = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' } as const
/** The options as the client gave them. A patch is an update (or a creation) here like any other. */
function operationOptions({ operation, options, dryRun, query }: AdmissionAttributes): object | null {
  if (operation === 'CONNECT') return null
  const type = { kind: optionKinds[operation], apiVersion: 'meta.k8s.io/v1' }
  if (operation === 'DELETE') {
    const { kind: _kind, apiVersion: _apiVersion, dryRun: _dryRun, ...given } = options
    return { ...type, ...given, ...(dryRun && { dryRun: ['All'] }) }
  }
  const fieldManager = query.get('fieldManager'), fieldValidation = query.get('fieldValidation')
  return { ...type, ...(dryRun && { dryRun: ['All'] }), ...(fieldManager && { fieldManager }), ...(fieldValidation && { fieldValidation }) }
}
