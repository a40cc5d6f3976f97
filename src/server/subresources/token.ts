// serviceaccounts/token: a signed token for a service account, bound to what it is for.
import { authTokenRequest, node, pod, secret, serviceAccount, type AuthTokenRequest } from '#kinds'
import { ApiError, badRequest, conflict, formatTime, internalError, invalid, invalidValue, managerName, notFound, quote, updateManagedFields, type AnyObject, type Kind } from '#machinery'
import { readObject } from '../body.ts'
import { place, type Call } from '../core.ts'
import { checkNamespace } from '../create.ts'
import { writeOptions } from '../options.ts'
import { valueAnswer } from '../respond.ts'
import type { TokenRequest, TokenSigner } from '../server.ts'
import { admitted } from '../write.ts'
import type { Subresource } from './subresource.ts'

const type = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }
const accepted = { ...type, kindName: type.kind, apiVersion: 'authentication.k8s.io/v1', schema: authTokenRequest.schema }
const defaultSeconds = 3600
const shortestSeconds = 600
const longestSeconds = 2 ** 32
/** What the ServiceAccount admission plugin asks for in every pod: clients from before tokens had an end are given a year. */
const injectedSeconds = 3607
const extendedSeconds = 365 * 24 * 3600

export const token: Subresource = {
  name: 'token', type, schema: accepted.schema, verbs: ['create'],
  async handle(call) {
    const { core, info } = call
    const { tokens } = core
    if (!tokens) throw new ApiError('InternalError', 'this server signs no tokens: it was started without a signing key')
    const options = writeOptions(info.query, 'CreateOptions')
    const given = readObject(call.request, accepted, options, core.registry, (text) => { call.warnings.push(text) })
    call.context.audit?.requestObject(given)
    checkNamespace(call, given)
    const request = given as AnyObject as AuthTokenRequest & AnyObject
    request.spec.expirationSeconds ??= defaultSeconds
    const fields = updateManagedFields(accepted.schema,
      { apiVersion: accepted.apiVersion, after: given, manager: managerName(options.fieldManager, call.request.headers['user-agent']), subresource: 'token',
      time: formatTime(core.clock.now()), reset: [['status']] })
    const write = admitted(call, 'CREATE', options)
    await core.admission.mutate(write, given, undefined)
    const name = given.metadata.name as string | undefined
    if (name && name !== info.name) throw invalid(type, info.name, [invalidValue('metadata.name', name, 'must match the service account name if specified')])
    const account = core.objects.get(serviceAccount, info.name, place(call))
    if (!account) throw notFound(serviceAccount, info.name)
    const uid = given.metadata.uid as string | undefined
    if (uid && uid !== account.metadata.uid) throw conflict({ group: type.group, resource: type.kind }, info.name,
      `the UID in the token request (${uid}) does not match the UID of the service account (${account.metadata.uid})`)
    const { boundObjectRef } = request.spec, audiences = request.spec.audiences?.length ? request.spec.audiences : tokens.audiences
    checkDuration(request.spec.expirationSeconds)
    await core.admission.validate(write, given, undefined)
    const bound = boundObjectRef ? boundTo(call, boundObjectRef) : undefined
    const { expirationSeconds, lives, warnAfter } = lifeOf(request.spec.expirationSeconds, bound?.kind === 'Pod' && audiences.every((a) => tokens.audiences.includes(a)), tokens,
      call.warnings)
    const now = core.clock.now()
    const signed = await tokens.sign({ namespace: place(call), serviceAccount: info.name, serviceAccountUid: account.metadata.uid, audiences, expirationSeconds: lives,
      ...(warnAfter !== undefined && { warnAfter }), ...(bound && { boundTo: bound }) })
      .catch((error: unknown) => { throw internalError(`failed to generate token: ${error instanceof Error ? error.message : String(error)}`, error) })
    call.context.annotate('authentication.kubernetes.io/issued-credential-id', `JTI=${signed.id}`)
    const answer = {
      kind: type.kind, apiVersion: accepted.apiVersion,
      metadata: { ...given.metadata, name: info.name, namespace: place(call), uid: account.metadata.uid, creationTimestamp: formatTime(now),
        ...(fields && { managedFields: fields }) },
      spec: { audiences, expirationSeconds, boundObjectRef: boundObjectRef ?? null },
        status: { token: signed.token, expirationTimestamp: formatTime(now + expirationSeconds * 1000) },
    }
    return valueAnswer(201, answer, { ...call.output, as: '' }, call.request.direct === true)
  },
}

function checkDuration(seconds: number): void {
  const why = seconds < shortestSeconds ? 'may not specify a duration less than 10 minutes' : seconds > longestSeconds ? 'may not specify a duration larger than 2^32 seconds' : ''
  if (why) throw invalid(type, '', [invalidValue('spec.expirationSeconds', seconds, why)])
}

/** What the client is told, how long the token lives, and from when on its use is noted. */
function lifeOf(asked: number, forPod: boolean, { maxSeconds, extend }: TokenSigner, warnings: string[]): { expirationSeconds: number; lives: number; warnAfter?: number } {
  const expirationSeconds = maxSeconds > 0 && asked > maxSeconds ? maxSeconds : asked
  if (expirationSeconds !== asked) warnings.push(`requested expiration of ${asked} seconds shortened to ${maxSeconds} seconds`)
  return extend && forPod && expirationSeconds === injectedSeconds ? { expirationSeconds, lives: extendedSeconds, warnAfter: expirationSeconds }
    : { expirationSeconds, lives: expirationSeconds }
}

/** The object that the token dies with. Throws NotFound, Conflict, BadRequest. */
function boundTo(call: Call, { kind = '', apiVersion = '', name = '', uid }: { kind?: string; apiVersion?: string; name?: string; uid?: string }): TokenRequest['boundTo'] {
  const { objects } = call.core
  const kinds: Readonly<Record<string, Kind>> = { Pod: pod, Secret: secret, Node: node }
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/', 2) as [string, string] : ['', apiVersion]
  const bound = group === '' ? kinds[kind] : undefined
  if (!bound) throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`)
  const object = objects.get(bound, name, bound.namespaced ? place(call) : '') as AnyObject | undefined
  if (!object) throw notFound(bound, name)
  const { spec } = object as AnyObject & { spec?: { serviceAccountName?: string; nodeName?: string } }
  if (kind === 'Pod' &&
    spec?.serviceAccountName !== call.info.name) throw badRequest(`cannot bind token for serviceaccount ${quote(call.info.name)} to pod running with different serviceaccount name.`)
  if (uid && uid !== object.metadata.uid) throw conflict({ group: '', resource: kind }, name,
    `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`)
  if (kind !== 'Pod') return { kind: kind as 'Secret' | 'Node', name, uid: object.metadata.uid }
  const on = spec?.nodeName ? objects.get(node, spec.nodeName) : undefined
  return { kind: 'Pod', name, uid: object.metadata.uid, ...(spec?.nodeName && { node: { name: spec.nodeName, ...(on && { uid: on.metadata.uid }) } }) }
}
