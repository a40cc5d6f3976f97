// Who is asking. An authenticator looks at a request and names its user; the chain asks them in order.
import { ApiError, type ApiRequest, type Log, type User } from '#machinery'

/** How an authenticator is asked. */
export interface Asked {
  /** Whom credentials must be meant for; absent: this server. */
  readonly audiences?: readonly string[]
  /** What the client should be told (Warning headers). */
  readonly warn?: (text: string) => void
  /** What should stand in the audit log about the credentials. */
  readonly annotate?: (key: string, value: string) => void
}
export interface Authenticated {
  readonly user: User
  /** Which of the audiences asked for the credentials are meant for; absent: the credentials are meant for nobody in particular. */
  readonly audiences?: readonly string[]
}
type Answer = Authenticated | undefined
/**
 * An authenticator's answer: undefined when the credentials are not of its sort. It throws (or rejects) when they are and do not hold; the
 * reason is logged, and told to those who may review tokens, but not to whoever showed the credentials.
 */
export type Found = Answer | Promise<Answer>

export interface Authenticator {
  readonly name: string
  authenticate(request: ApiRequest, asked: Asked): Found
}
/** Knows bearer tokens of one sort. */
export interface TokenAuthenticator {
  readonly name: string
  authenticateToken(token: string, asked: Asked): Found
}

/** Credentials that do not hold, or none where some are needed; `reasons` are the authenticators', in order. */
export class NotAuthenticated extends Error {
  readonly reasons: readonly string[]
  constructor(reasons: readonly string[]) {
    super(aggregate(reasons))
    this.name = 'NotAuthenticated'
    this.reasons = [...new Set(reasons)]
  }
}
/** Several errors as the reference prints them in one. */
export function aggregate(reasons: readonly string[]): string {
  const all = [...new Set(reasons)]
  return all.length === 1 ? all[0]! : all.length === 0 ? '' : `[${all.join(', ')}]`
}

export const anonymousUser: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
const authenticatedGroup = 'system:authenticated'
const unauthenticatedGroup = 'system:unauthenticated'

export interface ChainOptions {
  /** Whether requests without credentials are somebody, by their path. */
  readonly anonymous: (path: string) => boolean
  readonly log: Log
}
export interface AuthenticatorChain {
  /** Rejects with NotAuthenticated. */
  authenticate(request: ApiRequest, asked?: Asked): Promise<Authenticated>
}

/**
 * Asks in order; the first user wins. Whoever throws is remembered: if nobody after it knows the user either, nobody does, also where
 * anonymous requests are allowed.
 */
export function authenticatorChain(authenticators: readonly Authenticator[], { anonymous, log }: ChainOptions): AuthenticatorChain {
  const identify = async (request: ApiRequest, asked: Asked): Promise<Authenticated> => {
    if (request.user) return { user: withAuthenticatedGroup(request.user) }
    const found = await firstOf(authenticators, (each) => each.authenticate(request, asked))
    if (found) return { ...found, user: withAuthenticatedGroup(found.user) }
    if (!anonymous(request.path)) throw new NotAuthenticated([])
    return { user: anonymousUser, ...(asked.audiences && { audiences: asked.audiences }) }
  }
  return {
    async authenticate(request, asked = {}) {
      try {
        return await identify(request, asked)
      } catch (error) {
        if (error instanceof NotAuthenticated && error.reasons.length > 0) log.info('unable to authenticate the request',
          { error: error.message, path: request.path, ...(request.remote && { remote: request.remote }) })
        throw error
      }
    },
  }
}

/** The first answer; undefined when nobody knows, NotAuthenticated with all reasons when somebody knew that the credentials do not hold. */
export async function firstOf<T>(all: readonly T[], ask: (one: T) => Found): Promise<Answer> {
  const reasons: string[] = []
  for (const one of all) {
    try {
      const answer = ask(one)
      const found = answer instanceof Promise ? await answer : answer
      if (found) return found
    } catch (error) {
      if (error instanceof ApiError && error.status.code >= 500) throw error
      if (error instanceof NotAuthenticated) reasons.push(...error.reasons)
      else reasons.push(error instanceof Error ? error.message : String(error))
    }
  }
  if (reasons.length > 0) throw new NotAuthenticated(reasons)
  return undefined
}

/** Everyone who is somebody belongs to system:authenticated. */
export function withAuthenticatedGroup(user: User): User {
  if (user.groups.includes(authenticatedGroup) || user.groups.includes(unauthenticatedGroup) || user.name === anonymousUser.name) return user
  return { ...user, groups: [...user.groups, authenticatedGroup] }
}

/** For authenticators that know nothing of audiences: their users are meant for this server, and for nobody else. */
export const forAudiences = (own: readonly string[], tokens: TokenAuthenticator): TokenAuthenticator => ({
  name: tokens.name,
  authenticateToken(token, asked) {
    if (!asked.audiences) return tokens.authenticateToken(token, asked)
    const audiences = own.filter((a) => asked.audiences!.includes(a))
    if (audiences.length === 0) return undefined
    const answer = tokens.authenticateToken(token, asked), marked = (found: Answer): Answer => found && { ...found, audiences }
    return answer instanceof Promise ? answer.then(marked) : marked(answer)
  },
})
