// What others need to believe our service account tokens: the issuer's document and its public keys (OpenID Connect Discovery 1.0).
import { ApiError } from '#machinery'
import type { PathHandler } from '../pipeline.ts'
import type { TokenSigner } from '../server.ts'

const encoder = new TextEncoder()

export function oidc(tokens: TokenSigner | undefined): PathHandler {
  return async (request, { path }) => {
    const isKeys = path === '/openid/v1/jwks'
    if (!isKeys && path !== '/.well-known/openid-configuration') return undefined
    if (!tokens?.issuer) return undefined
    const type = isKeys ? 'application/jwk-set+json' : 'application/json'
    const accept = request.headers.accept ?? '*/*'
    if (!accept.split(',').some((a) => [type, '*/*'].includes(a.split(';')[0]!.trim())))
      throw new ApiError('NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${type}`, {})
    const issuer = await tokens.issuer()
    const document = isKeys ? { keys: issuer.keys }
      : { issuer: issuer.url, jwks_uri: issuer.jwksUri, response_types_supported: ['id_token'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: issuer.algorithms }
    return { status: 200, headers: { 'content-type': type, 'cache-control': 'public, max-age=3600' }, body: { type: 'bytes', chunks: [encoder.encode(JSON.stringify(document))] } }
  }
}
