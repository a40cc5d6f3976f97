// serviceaccounts/token: a signed token for a service account, bound to what it is for.
import { authTokenRequest, node, pod, secret, serviceAccount, type AuthTokenRequest } from '#kinds'
import { ApiError, badRequest, conflict, formatTime, invalid, invalidValue, managerName, notFound, updateManagedFields, uuid, type AnyObject, type Kind } from '#machinery'
import { readObject } from '../body.ts'
import { place, type Call } from '../core.ts'
import { checkNamespace } from '../create.ts'
import { writeOptions } from '../options.ts'
import { valueAnswer } from '../respond.ts'
import type { TokenRequest } from '../server.ts'
import { admitted } from '../write.ts'
import type { Subresource } from './subresource.ts'

const accepted = { group: 'authentication.k8s.io', version: 'v1', kindName: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', schema: authTokenRequest.schema }
const defaultSeconds = 3600
const shortestSeconds = 600
const longestSeconds = 2 ** 32

export const token: Subresource = {
  name: 'token', type: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }, verbs: ['create'],
  async handle(call) {
    const { core, info } = call
    if (!core.tokens) throw new ApiError('InternalError', 'this server signs no tokens: it was started without a signing key')
    const options = writeOptions(info.query, 'CreateOptions')
    const account = core.objects.get(serviceAccount, info.name, place(call))
    if (!account) throw notFound(serviceAccount, info.name)
    const given = readObject(call.request, accepted, options, core.registry, (text) => { call.warnings.push(text) })
    if (given.metadata.name && given.metadata.name !== info.name) throw badRequest(`metadata.name: ${given.metadata.name} does not match the name of the service account in the URL (${info.name})`)
    checkNamespace(call, given)
    const write = admitted(call, 'CREATE', options)
    await core.admission.mutate(write, given, undefined)
    const request = given as AnyObject as AuthTokenRequest & AnyObject
    const { audiences = [], expirationSeconds = defaultSeconds, boundObjectRef } = request.spec
    checkDuration(expirationSeconds)
    await core.admission.validate(write, given, undefined)
    const bound = boundObjectRef ? boundTo(call, boundObjectRef) : undefined
    const signed = await core.tokens.sign({
      namespace: place(call), serviceAccount: info.name, serviceAccountUid: account.metadata.uid, audiences, expirationSeconds, ...(bound && { boundTo: bound }),
    })
    const fields = updateManagedFields(accepted.schema, { apiVersion: accepted.apiVersion, after: given, manager: managerName(options.fieldManager, call.request.headers['user-agent']), subresource: 'token', time: formatTime(core.clock.now()), reset: [['status']] })
    const answer = {
      kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', metadata: { name: info.name, namespace: place(call), uid: uuid(core.random), creationTimestamp: formatTime(core.clock.now()), ...(fields && { managedFields: fields }) },
      spec: { audiences: audiences.length > 0 ? audiences : core.tokens.audiences, expirationSeconds, boundObjectRef: boundObjectRef ?? null },
      status: { token: signed.token, expirationTimestamp: formatTime(signed.expires) },
    }
    return valueAnswer(201, answer, { ...call.output, as: '' }, call.request.direct === true)
  },
}

function checkDuration(seconds: number): void {
  const why = seconds < shortestSeconds ? 'may not specify a duration less than 10 minutes' : seconds > longestSeconds ? 'may not specify a duration larger than 2^32 seconds' : ''
  if (why) throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [invalidValue('spec.expirationSeconds', seconds, why)])
}

/** The object that the token dies with. Throws NotFound, Conflict, BadRequest. */
function boundTo(call: Call, { kind = '', apiVersion = '', name = '', uid }: { kind?: string; apiVersion?: string; name?: string; uid?: string }): TokenRequest['boundTo'] {
  const { objects } = call.core
  const kinds: Readonly<Record<string, Kind>> = { Pod: pod, Secret: secret, Node: node }
  const bound = apiVersion === 'v1' || apiVersion === '' ? kinds[kind] : undefined
  if (!bound) throw badRequest(`cannot bind token to object of type /${apiVersion}, Kind=${kind}`)
  const object = objects.get(bound, name, bound.namespaced ? place(call) : '') as AnyObject | undefined
  if (!object) throw notFound(bound, name)
  if (uid && uid !== object.metadata.uid) throw conflict(bound, name, `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`)
  if (kind !== 'Pod') return { kind: kind as 'Secret' | 'Node', name, uid: object.metadata.uid }
  const { spec } = object as AnyObject & { spec: { serviceAccountName?: string; nodeName?: string } }
  if (spec.serviceAccountName !== call.info.name) throw badRequest(`cannot bind token for serviceaccount ${JSON.stringify(call.info.name)} to pod running with different serviceaccount name.`)
  const on = spec.nodeName ? objects.get(node, spec.nodeName) : undefined
  return { kind: 'Pod', name, uid: object.metadata.uid, ...(spec.nodeName && { node: { name: spec.nodeName, ...(on && { uid: on.metadata.uid }) } }) }
}
