// Distributed claims (OpenID Connect Core 1.0, section 5.6.2): a token that names no groups may say where they are to be had, in a token of
// their own.
import { quote } from '#machinery'
import type { Outbound } from '../../outbound.ts'
import type { Claims } from './mapping.ts'

const timeoutMs = 30_000
const mostBytes = 1024 * 1024

export interface DistributedOptions {
  readonly claim: string
  readonly outbound: Outbound
  readonly ca?: string
  /** The claims of a token of any provider, when it holds. */
  readonly verified: (token: string) => Promise<Claims>
}
interface Source { readonly endpoint?: string; readonly access_token?: string }

/** The claims with the one that stands elsewhere. Rejects with an Error in the reference's words. */
export async function withDistributed(claims: Claims, { claim, outbound, ca, verified }: DistributedOptions): Promise<Claims> {
  const names = claims['_claim_names'] as Readonly<Record<string, unknown>> | undefined
  if (Object.hasOwn(claims, claim) || names === undefined) return claims
  if (names === null || typeof names !== 'object') throw new Error('oidc: error parsing distributed claim names')
  const sources = claims['_claim_sources'] as Readonly<Record<string, Source | undefined>> | undefined
  if (sources === undefined) throw new Error('oidc: no claim sources')
  if (sources === null || typeof sources !== 'object') throw new Error('oidc: could not parse claim sources')
  const name = Object.hasOwn(names, claim) ? names[claim] : undefined
  if (typeof name !== 'string') return claims
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined
  if (!source) throw new Error(`id token _claim_names contained a source ${name} missing in _claims_sources`)
  if (!source.endpoint) return claims // perhaps an aggregated claim
  const { endpoint, access_token: token } = source
  const answer = await outbound({ method: 'GET', url: endpoint, headers: token ? { authorization: `Bearer ${token}` } : {}, timeoutMs, mostBytes, ...(ca !== undefined && { ca }) })
    .catch((error: unknown) =>
      { throw new Error(`while getting distributed claim ${quote(claim)}: Get ${quote(endpoint)}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error }) })
  if (answer.status < 200 || answer.status > 226)
    throw new Error(`while getting distributed claim ${quote(claim)}: error while getting distributed claim JWT: ${answer.status}`)
  const found = await verified(new TextDecoder().decode(answer.body))
  if (!Object.hasOwn(found, claim)) throw new Error(`jwt returned by distributed claim endpoint ${quote(endpoint)} did not contain claim: ${claim}`)
  return { ...claims, [claim]: found[claim] }
}
