// How much at once, and how long: kube-apiserver's flags, with its names, meanings and defaults.
import { integer, toggle } from '../flag.ts'

const group = 'Limits of the API server (the reference\'s names)'

export const limitFlags = {
  maxRequestsInflight: integer({ group, description: 'Reading requests at once; with the next one, the seats that priority levels share' }, [0, 1_000_000], 400),
  maxMutatingRequestsInflight: integer({ group, description: 'Writing requests at once' }, [0, 1_000_000], 200),
  enablePriorityAndFairness: toggle({ group, description: 'Seats are shared by FlowSchemas and PriorityLevelConfigurations; off: the two numbers alone count' }, true),
}

/** Values of these flags. */
export type LimitFlags = { readonly [K in keyof typeof limitFlags]: (typeof limitFlags)[K]['default'] }
