// What is counted of identity providers, under the reference's names: issuers by their hashes.
import { createHash } from 'node:crypto'
import type { Clock } from '#machinery'
import type { JwtFigures, Metrics } from '#server'
import { serverId } from './server-id.ts'

const hash = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

export function jwtFigures(metrics: Metrics, clock: Clock): JwtFigures {
  const name = (rest: string) => `apiserver_authentication_jwt_authenticator_${rest}`, stability = 'ALPHA', issuer = 'jwt_issuer_hash', server = 'apiserver_id_hash', id = hash(serverId())
  const seconds = metrics.histogram({
    name: name('latency_seconds'), stability, help: 'Seconds to find out whose a token is that is not remembered.', labels: ['result', issuer],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  })
  const at = metrics.gauge({ name: name('jwks_fetch_last_timestamp_seconds'), stability, help: 'When keys were last fetched of an issuer.', labels: ['result', issuer, server] })
  const keySet = metrics.gauge({ name: name('jwks_fetch_last_key_set_info'), stability, help: 'The hash of the keys that were last fetched of an issuer.', labels: [issuer, server, 'hash'] })
  const known = new Map<string, string>()
  return {
    authenticated(of, succeeded, ms) { seconds.with(succeeded ? 'success' : 'failure', hash(of)).observe(ms / 1000) },
    fetched(of, keys) {
      at.with(keys === undefined ? 'failure' : 'success', hash(of), id).set(clock.now() / 1000)
      if (keys === undefined) return
      known.set(of, hash(keys))
      keySet.clear()
      for (const [each, set] of known) keySet.with(hash(each), id, set).set(1)
    },
  }
}
