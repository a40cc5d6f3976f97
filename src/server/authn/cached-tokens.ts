// Answers about tokens, remembered for a while where asking costs: a provider's signature, a webhook's round trip.
import type { Clock } from '#machinery'
import { LRUCache } from 'lru-cache'
import type { TokenMetrics } from '../metrics/tokens.ts'
import type { Asked, Authenticated, TokenAuthenticator } from './authn.ts'

/** So many answers are remembered. */
const mostAnswers = 4096

export interface CacheOptions { readonly ttlMs: number; readonly clock: Pick<Clock, 'now'>; readonly also?: 'nobody'; readonly metrics?: Pick<TokenMetrics,
  'hits' | 'misses' | 'hitTime' | 'missTime' | 'fetched' | 'failed' | 'asking'> | undefined }

/**
 * Remembers who a token is for `ttlMs`, and, with `also: 'nobody'`, that nobody knows it; errors are asked about again. Tokens asked about at
 * the same time are asked about once.
 */
export function cachedTokens(inner: TokenAuthenticator, { ttlMs, clock, also, metrics }: CacheOptions): TokenAuthenticator & { forget(): void } {
  const known = new LRUCache<string, { readonly answer: Authenticated | undefined; readonly until: number }>({ max: mostAnswers })
  /** Replaced when everything is forgotten: what was asked before that is given to nobody who asks after it, and not remembered. */
  let asking = new Map<string, Promise<Authenticated | undefined>>()
  const keep = (key: string, answer: Authenticated | undefined) => {
    if (ttlMs > 0 && (answer || also === 'nobody')) known.set(key, { answer, until: clock.now() + ttlMs })
    return answer
  }
  return {
    name: inner.name,
    authenticateToken(token, asked: Asked) {
      const key = asked.audiences ? `${token}\n${JSON.stringify(asked.audiences)}` : token, held = known.get(key)
      const now = clock.now()
      if (held && now < held.until) { metrics?.hits.inc(); metrics?.hitTime.observe(0); return held.answer }
      const missed = <T>(answer: Promise<T>): Promise<T> => {
        metrics?.misses.inc()
        return metrics ? answer.finally(() => { metrics.missTime.observe((clock.now() - now) / 1000) }) : answer
      }
      const underWay = asking, already = underWay.get(key)
      if (already) return missed(already)
      const answer = inner.authenticateToken(token, asked)
      if (!(answer instanceof Promise)) return answer // what costs nothing need not be remembered
      metrics?.asking.add(1)
      answer.then(() => metrics?.fetched.inc(), () => metrics?.failed.inc()).finally(() => metrics?.asking.add(-1))
      const shared = answer.then((found) => (underWay === asking ? keep(key, found) : found)).finally(() => underWay.delete(key))
      underWay.set(key, shared)
      return missed(shared)
    },
    forget() { known.clear(); asking = new Map() },
  }
}
