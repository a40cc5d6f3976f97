// What a component answers: whether it is well, to everybody; its figures, to whom the API server allows them.
import type { Client } from '#client'
import { subjectAccessReview, tokenReview, type TokenReview } from '#kinds'
import { ApiError, unauthorized, type ApiHandler, type ApiRequest, type ApiResponse } from '#machinery'
import type { Metrics } from '#server'
import { errorAnswer } from '#server/listen'

const open = new Set(['/healthz', '/livez', '/readyz'])

/** Authentication and authorization are the API server's (TokenReview, SubjectAccessReview), as the reference's components have it. */
export const componentHandler = ({ client, metrics }: { readonly client: Client; readonly metrics: Metrics }): ApiHandler => async (request) => {
  try {
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'Method Not Allowed\n')
    if (open.has(request.path)) return text(200, 'ok')
    const refused = await refusal(client, request)
    if (refused !== undefined) return text(403, refused)
    return request.path === '/metrics' ? text(200, metrics.text(), 'text/plain; version=0.0.4; charset=utf-8') : text(404, '404 page not found\n')
  } catch (error) {
    if (error instanceof ApiError) return errorAnswer(error, request, false)
    throw error
  }
}

/** Why the caller may not; undefined when he may. Throws Unauthorized for a token that is nobody's. */
async function refusal(client: Client, { headers, path, method }: ApiRequest): Promise<string | undefined> {
  const token = /^Bearer (\S+)$/i.exec(headers['authorization'] ?? '')?.[1]
  const { username = '', groups = [], uid, extra }: UserInfo = token === undefined ? { username: 'system:anonymous', groups: ['system:unauthenticated'] } : await holder(client, token)
  const { status } = await client.create(subjectAccessReview, { metadata: {}, spec: { user: username, groups: [...groups], ...(uid && { uid }), ...(extra && { extra }), nonResourceAttributes: { path, verb: method.toLowerCase() } } })
  return status.allowed ? undefined : `Forbidden: User "${username}" cannot ${method.toLowerCase()} path "${path}"`
}

type UserInfo = NonNullable<TokenReview['status']['user']>
async function holder(client: Client, token: string): Promise<UserInfo> {
  const { status: { authenticated, user } } = await client.create(tokenReview, { metadata: {}, spec: { token } })
  if (!authenticated || !user) throw unauthorized()
  return user
}

const text = (status: number, body: string, type = 'text/plain; charset=utf-8'): ApiResponse => ({ status, headers: { 'content-type': type, 'x-content-type-options': 'nosniff' }, body: { type: 'bytes', chunks: [new TextEncoder().encode(body)] } })
