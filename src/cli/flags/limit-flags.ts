// How much at once, and how long: kube-apiserver's flags, with its names, meanings and defaults.
import { decimal, duration, integer, text, toggle } from '../flag.ts'

const group = 'Limits of the API server (the reference\'s names)'

export const limitFlags = {
  maxRequestsInflight: integer({ group, description: 'Reading requests at once; with the next one, the seats that priority levels share' }, [0, 1_000_000], 400),
  maxMutatingRequestsInflight: integer({ group, description: 'Writing requests at once' }, [0, 1_000_000], 200),
  enablePriorityAndFairness: toggle({ group, description: 'Seats are shared by FlowSchemas and PriorityLevelConfigurations; off: the two numbers alone count' }, true),
  requestTimeout: duration({ group, description: 'How long a request may take that is no watch' }, 60_000, '1m'),
  minRequestTimeout: integer({ group, description: 'Seconds after which a watch ends that does not say how long it wants; up to twice as many' }, [0, 2 ** 31 - 1], 1800),
  http2MaxStreamsPerConnection: integer({ group, description: 'Requests at once on one connection; 0: as many as usual (1000)' }, [0, 100_000], 0),
  goawayChance: decimal({ group, description: 'The chance that a client is asked to connect anew, from 0 to 0.02: spreads clients over servers' }, 0),
  strictTransportSecurityDirectives: text({ group, value: 'DIRECTIVES', description: 'What the Strict-Transport-Security header says', defaultText: 'there is none' }),
  shutdownDelayDuration: duration({ group, description: 'How long the server goes on answering after it was told to stop: /readyz fails at once' }, 0, '0'),
  shutdownSendRetryAfter: toggle({ group, description: 'While requests end, new ones are answered 429 with Retry-After instead of finding no socket' }),
  shutdownWatchTerminationGracePeriod: duration({ group, description: 'How long watches get to end by themselves when the server stops' }, 0, '0'),
}

/** Values of these flags. */
export type LimitFlags = { readonly [K in keyof typeof limitFlags]: (typeof limitFlags)[K]['default'] }
