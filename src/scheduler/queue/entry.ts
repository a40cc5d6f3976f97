// A pod in the queue, and what is known of its attempts so far.
import type { Plugin } from '../framework.ts'
import type { PodInfo } from '../pod-info.ts'

/** gated: a plugin does not let it be tried; waiting: refused, until something changes. */
export type State = 'active' | 'backoff' | 'error-backoff' | 'waiting' | 'gated' | 'in-flight'
export interface Entry {
  pod: PodInfo
  state: State
  attempts: number
  /** When it came into the queue, or was last refused; `order` sets apart what happened at the same moment. */
  since: number
  order: number
  /** When it was first tried, for the service level that metrics show. */
  firstTry: number | undefined
  /** When the attempt under way began. */
  takenAt: number
  /** Refusals since the last error, and errors since the last refusal: what backoff grows by. */
  refusals: number
  errors: number
  backoffUntil: number
  refusedBy: ReadonlySet<Plugin>
  pendingFor: ReadonlySet<Plugin>
  /** It is tried again because it has waited so long. */
  isLeftover: boolean
  /** The first event that it has not been told of, while in flight. */
  eventsFrom: number
}
export const newEntry = (pod: PodInfo, since: number, order: number): Entry => ({
  pod, state: 'gated', attempts: 0, since, order, firstTry: undefined, takenAt: 0, refusals: 0, errors: 0, backoffUntil: 0, refusedBy: nobody, pendingFor: nobody, isLeftover: false, eventsFrom: 0,
})
const nobody: ReadonlySet<Plugin> = new Set()
