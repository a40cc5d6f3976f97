// Who is asking. An authenticator looks at a request and names its user; the chain asks them in order.
import { ApiError, type ApiRequest, type Log, type User } from '#machinery'

/** How an authenticator is asked. */
export interface Asked {
  /** Whom credentials must be meant for; absent: this server. */
  readonly audiences?: readonly string[]
  /** What the client should be told (Warning headers). */
  warn?(text: string): void
  /** What should stand in the audit log about the credentials. */
  annotate?(key: string, value: string): void
}
export interface Authenticated {
  readonly user: User
  /** Which of the audiences asked for the credentials are meant for; absent: the credentials are meant for nobody in particular. */
  readonly audiences?: readonly string[]
}
export type Answer = Authenticated | undefined
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
  /** At once where nobody has to be waited for. Throws (or rejects with) NotAuthenticated. */
  authenticate(request: ApiRequest, asked?: Asked): Authenticated | Promise<Authenticated>
}

/**
 * Asks in order; the first user wins. Whoever throws is remembered: if nobody after it knows the user either, nobody does, also where
 * anonymous requests are allowed.
 */
export function authenticatorChain(authenticators: readonly Authenticator[], { anonymous, log }: ChainOptions): AuthenticatorChain {
  const somebody = (found: Answer, request: ApiRequest, asked: Asked): Authenticated => {
    if (found) return { ...found, user: withAuthenticatedGroup(found.user) }
    if (!anonymous(request.path)) throw new NotAuthenticated([])
    return { user: anonymousUser, ...(asked.audiences && { audiences: asked.audiences }) }
  }
  const told = (error: unknown, request: ApiRequest): unknown => {
    if (error instanceof NotAuthenticated && error.reasons.length > 0) log.info('unable to authenticate the request',
      { error: error.message, path: request.path, ...(request.remote && { remote: request.remote }) })
    return error
  }
  return {
    authenticate(request, asked = {}) {
      if (request.user) return { user: withAuthenticatedGroup(request.user) }
      try {
        const found = firstOf(authenticators, (each) => each.authenticate(request, asked))
        return found instanceof Promise ? found.then((answer) => somebody(answer, request, asked)).catch((error: unknown) => { throw told(error, request) }) : somebody(found, request, asked)
      } catch (error) {
        throw told(error, request)
      }
    },
  }
}

/** The first answer; undefined when nobody knows, NotAuthenticated with all reasons when somebody knew that the credentials do not hold. */
export const firstOf = <T>(all: readonly T[], ask: (one: T) => Found): Found => firstFrom(all, 0, ask, [])
function firstFrom<T>(all: readonly T[], at: number, ask: (one: T) => Found, reasons: readonly string[]): Found {
  let said = reasons
  for (let i = at; i < all.length; i++) {
    try {
      const found = ask(all[i]!)
      if (found instanceof Promise) return found.then((answer) => answer ?? firstFrom(all, i + 1, ask, said), (error: unknown) => firstFrom(all, i + 1, ask, [...said, ...why(error)]))
      if (found) return found
    } catch (error) {
      said = [...said, ...why(error)]
    }
  }
  if (said.length > 0) throw new NotAuthenticated(said)
  return undefined
}
/** Why somebody refused; who could not say ends the search. */
function why(error: unknown): readonly string[] {
  if (error instanceof ApiError && error.status.code >= 500) throw error
  return error instanceof NotAuthenticated ? error.reasons : [error instanceof Error ? error.message : String(error)]
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
