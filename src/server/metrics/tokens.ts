// What is counted about bearer tokens.
import type { Counter, Gauge, Histogram, Metrics } from './metrics.ts'

export interface TokenMetrics {
  /** Tokens with an extended life, used before and after the time that was asked for. */
  readonly valid: Counter
  readonly stale: Counter
  /** Tokens in Secrets. */
  readonly legacy: Counter
  readonly legacyManual: Counter
  readonly legacyAutomatic: Counter
  readonly legacyInvalid: Counter
  /** Answers that were remembered, and those that somebody was asked for. */
  readonly hits: Counter
  readonly misses: Counter
  /** How long that took. */
  readonly hitTime: Histogram
  readonly missTime: Histogram
  readonly fetched: Counter
  readonly failed: Counter
  readonly asking: Gauge
}

export function tokenMetrics(metrics: Metrics): TokenMetrics {
  const one = (name: string, help: string) => metrics.counter({ name: `serviceaccount_${name}_total`, stability: 'ALPHA', help }).with()
  const requests = metrics.counter({ name: 'authentication_token_cache_request_total', stability: 'ALPHA', help: 'Tokens looked for among the remembered answers.',
    labels: ['status'] })
  const fetches = metrics.counter({ name: 'authentication_token_cache_fetch_total', stability: 'ALPHA', help: 'Tokens that somebody was asked about.', labels: ['status'] })
  const times = metrics.histogram({
    name: 'authentication_token_cache_request_duration_seconds', stability: 'ALPHA', help: 'Seconds until it was known whose a token is, by whether that was remembered.', labels: ['status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  })
  return {
    valid: one('valid_tokens', 'Uses of tokens of service accounts within the time that was asked for.'),
      stale: one('stale_tokens', 'Uses of tokens of service accounts after the time that was asked for.'),
    legacy: one('legacy_tokens', 'Uses of tokens of service accounts without an end.'),
      legacyManual: one('legacy_manual_token_uses', 'Uses of tokens in Secrets that somebody made.'),
    legacyAutomatic: one('legacy_auto_token_uses', 'Uses of tokens in Secrets that were made by themselves.'),
      legacyInvalid: one('invalid_legacy_auto_token_uses', 'Uses of tokens in Secrets that are marked as invalid.'),
    hits: requests.with('hit'), misses: requests.with('miss'), hitTime: times.with('hit'), missTime: times.with('miss'), fetched: fetches.with('ok'), failed: fetches.with('error'),
    asking: metrics.gauge({ name: 'authentication_token_cache_active_fetch_count', stability: 'ALPHA', help: 'Tokens that somebody is being asked about.',
      labels: ['status'] }).with('in_flight'),
  }
}
