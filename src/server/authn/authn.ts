// Who is asking. An authenticator looks at a request and names its user; the chain asks them in order.
import { ApiError, unauthorized, type ApiRequest, type Log, type User } from '#machinery'

export interface Authenticator {
  readonly name: string
  /**
   * The user whose credentials the request carries; undefined when it carries none of this authenticator's sort. Throws (or
   * rejects) when there are credentials of its sort and they do not hold; the reason is logged, the client learns only 401.
   */
  authenticate(request: ApiRequest): User | undefined | Promise<User | undefined>
}

export const anonymousUser: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
const authenticatedGroup = 'system:authenticated'
const unauthenticatedGroup = 'system:unauthenticated'

/**
 * Asks in order; the first user wins. Whoever throws is remembered: if nobody after it knows the user either, the answer is 401,
 * also where anonymous requests are allowed. Without any credentials: the anonymous user, or 401.
 */
export function authenticatorChain(authenticators: readonly Authenticator[], options: { readonly anonymous: boolean; readonly log: Log }): Authenticator {
  return {
    name: 'chain',
    async authenticate(request) {
      if (request.user) return withAuthenticatedGroup(request.user)
      let refused = false
      for (const each of authenticators) {
        try {
          const answer = each.authenticate(request)
          const user = answer instanceof Promise ? await answer : answer
          if (user) return withAuthenticatedGroup(user)
        } catch (error) {
          if (error instanceof ApiError && error.status.code >= 500) throw error
          refused = true
          options.log.debug('credentials refused', { authenticator: each.name, error: error instanceof Error ? error.message : String(error) })
        }
      }
      if (refused || !options.anonymous) throw unauthorized()
      return anonymousUser
    },
  }
}

/** Everyone who is somebody belongs to system:authenticated. */
export function withAuthenticatedGroup(user: User): User {
  if (user.groups.includes(authenticatedGroup) || user.groups.includes(unauthenticatedGroup) || user.name === anonymousUser.name) return user
  return { ...user, groups: [...user.groups, authenticatedGroup] }
}
