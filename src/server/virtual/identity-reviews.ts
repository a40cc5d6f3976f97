// Who somebody is, asked: TokenReview, SelfSubjectReview; and everything that the asking user may do, SelfSubjectRulesReview.
import { selfSubjectReview, selfSubjectRulesReview, tokenReview } from '#kinds'
import { badRequest, formatTime, internalError, type ApiRequest, type User } from '#machinery'
import { NotAuthenticated } from '../authn/authn.ts'
import type { VirtualResource } from '../route.ts'
import { answerReview, readReview } from './review.ts'

const shown = ({ name, uid, groups, extra }: User) => ({ username: name, ...(uid && { uid }), ...(groups.length > 0 && { groups }), ...(extra && { extra }) })

/** Asks the server's own authenticators about the token, as if it had come in a request. */
const tokens: VirtualResource = {
  group: tokenReview.group, resource: tokenReview.resource,
  async handle(call) {
    const given = await readReview(call)
    const { token, audiences = [] } = (given.spec ?? {}) as { token?: string; audiences?: readonly string[] }
    if (!token) throw badRequest('token is required for TokenReview in authentication')
    const own = call.core.tokens?.audiences ?? [], asked = audiences.length > 0 ? audiences : own
    let status: object
    try {
      const request: ApiRequest = { method: 'GET', path: call.info.path, query: '', headers: { authorization: `Bearer ${token}` }, body: undefined }
      const found = await call.core.authenticate(request, { ...(asked.length > 0 && { audiences: asked }), warn: (text) => { call.warnings.push(text) } })
      const meant = (found.audiences ?? []).filter((a) => asked.includes(a))
      if (asked.length > 0 && meant.length === 0) throw internalError('error validating audiences')
      status = { authenticated: true, user: shown(found.user), ...(meant.length > 0 && { audiences: meant }) }
    } catch (error) {
      if (!(error instanceof NotAuthenticated)) throw error
      status = { user: {}, ...(error.message && { error: error.message }) }
    }
    return answerReview(call, { ...given, status })
  },
}

const whoAmI: VirtualResource = {
  group: selfSubjectReview.group, resource: selfSubjectReview.resource,
  async handle(call) {
    const given = await readReview(call)
    return answerReview(call, { ...given, metadata: { ...given.metadata, creationTimestamp: formatTime(call.core.clock.now()) }, status: { userInfo: shown(call.user) } })
  },
}

const rules: VirtualResource = {
  group: selfSubjectRulesReview.group, resource: selfSubjectRulesReview.resource,
  async handle(call) {
    const given = await readReview(call, false)
    const { namespace = '' } = (given.spec ?? {}) as { namespace?: string }
    if (namespace === '') throw badRequest('no namespace on request')
    const found = call.core.authorizer.rulesFor?.(call.user, namespace) ?? { resourceRules: [], nonResourceRules: [], incomplete: true, evaluationError: 'this authorizer cannot list rules' }
    return answerReview(call, { kind: given.kind, apiVersion: given.apiVersion, metadata: {}, spec: {}, status: found })
  },
}

export const identityReviews: readonly VirtualResource[] = [tokens, whoAmI, rules]
