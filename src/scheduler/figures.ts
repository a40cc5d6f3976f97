// What the scheduler tells whoever counts: metrics, mostly.

export type Result = 'scheduled' | 'unschedulable' | 'error'
export type QueueName = 'active' | 'backoff' | 'unschedulable' | 'gated'
/** A step that plugins take part in, as the reference calls it. */
export type ExtensionPoint = 'PreFilter' | 'Filter' | 'PostFilter' | 'PreScore' | 'Score' | 'Reserve' | 'Unreserve' | 'Permit' | 'PreBind' | 'Bind' | 'PostBind'

export interface Figures {
  /** Milliseconds with fractions, from any beginning: for the durations below. */
  now(): number
  /** An attempt ended, so many seconds after the pod was taken. */
  attempted(profile: string, result: Result, seconds: number): void
  /** A pod has its node, after so many attempts and so many seconds since the first. */
  bound(attempts: number, seconds: number): void
  /** One of them had waited so long that it was tried again for no reason. */
  boundAfterAll(): void
  /** It was found out whether there is a node for a pod. */
  searched(ms: number): void
  /** The plugins of one step have run; `status` is what came of it. */
  stepped(profile: string, point: ExtensionPoint, status: string, ms: number): void
  /** A pod came into a queue, because of this event. */
  queued(queue: QueueName, event: string): void
  /** A preemption was looked for. */
  preempting(): void
  /** It was found, with so many victims. */
  preempted(victims: number): void
  /** Is asked when somebody looks: how many pods are where in the queue. */
  pending(count: () => Readonly<Record<QueueName, number>>): void
  /** The same of who does not want them, by plugin and profile, and of what is kept for attempts under way, by its name. */
  reasons(count: () => { readonly refused: readonly (readonly [plugin: string, profile: string, pods: number])[]; readonly inFlight: ReadonlyMap<string, number> }): void
  /** The same of what is known: nodes, pods that are on them, and those of these that are only thought to be. */
  known(count: () => { readonly nodes: number; readonly pods: number; readonly assumed: number }): void
}
export const noFigures: Figures = { now: () => 0, attempted() {}, bound() {}, boundAfterAll() {}, searched() {}, stepped() {}, queued() {}, preempting() {}, preempted() {}, pending() {}, reasons() {}, known() {} }
