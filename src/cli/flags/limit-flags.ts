// How much at once, and how long: kube-apiserver's flags, with its names, meanings and defaults.
import { decimal, duration, integer, list, toggle } from '../flag.ts'

const group = 'Limits of the API server (the reference\'s names)'

export const limitFlags = {
  maxRequestsInflight: integer({ group, description: 'Reading requests at once; with the next one, the seats that priority levels share' }, [0, 1_000_000], 400),
  maxMutatingRequestsInflight: integer({ group, description: 'Writing requests at once' }, [0, 1_000_000], 200),
  enablePriorityAndFairness: toggle({ group, description: 'Seats are shared by FlowSchemas and PriorityLevelConfigurations; off: the two numbers alone count' }, true),
  requestTimeout: duration({ group, description: 'How long a request may take that is no watch' }, 60_000, '1m'),
  minRequestTimeout: integer({ group, description: 'Seconds after which a watch ends that does not say how long it wants; up to twice as many' }, [0, 2 ** 31 - 1], 1800),
  http2MaxStreamsPerConnection: integer({ group, description: 'Requests at once on one connection; 0: as many as usual (1000)' }, [0, 100_000], 0),
  goawayChance: decimal({ group, description: 'The chance that a client is asked to connect anew, from 0 to 0.02: spreads clients over servers' }, 0),
  disableHttp2Serving: toggle({ group, description: 'Only HTTP/1.1 is spoken' }),
  permitPortSharing: toggle({ group, description: 'Several processes may listen on the port; the system shares out connections' }),
  eventTtl: duration({ group, description: 'How long events are kept; 0: for ever' }, 3_600_000, '1h'),
  strictTransportSecurityDirectives: list({ group, description: 'What the Strict-Transport-Security header says: max-age=SECONDS, includeSubDomains, preload', defaultText: 'there is none' }),
  corsAllowedOrigins: list({ group, description: 'Patterns of origins whose pages browsers let ask this server; each pins a whole host: ^https://example\\.com$ or //localhost(:|$)' }),
  shutdownDelayDuration: duration({ group, description: 'How long the server goes on answering after it was told to stop: /readyz fails at once' }, 0, '0'),
  shutdownSendRetryAfter: toggle({ group, description: 'While requests end, new ones are answered 429 with Retry-After instead of finding no socket' }),
  shutdownWatchTerminationGracePeriod: duration({ group, description: 'How long watches get to end by themselves when the server stops' }, 0, '0'),
}

/** Values of these flags. */
export type LimitFlags = { readonly [K in keyof typeof limitFlags]: (typeof limitFlags)[K]['default'] }

/** What no value of a flag may be, in the reference's words. */
export function limitProblem({ goawayChance, strictTransportSecurityDirectives }: Pick<LimitFlags, 'goawayChance' | 'strictTransportSecurityDirectives'>): string | undefined {
  if (goawayChance > 0.02) return '--goaway-chance can not be less than 0 or greater than 0.02'
  if (strictTransportSecurityDirectives.some((one) => one !== 'includeSubDomains' && one !== 'preload' && !/^max-age=[^=]*$/.test(one)))
    return '--strict-transport-security-directives invalid, allowed values: max-age=expireTime, includeSubDomains, preload. see https://tools.ietf.org/html/rfc6797#section-6.1 for more information'
  return undefined
}
