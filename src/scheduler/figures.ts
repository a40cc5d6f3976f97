// What the scheduler tells whoever counts: metrics, mostly.

export type Result = 'scheduled' | 'unschedulable' | 'error'
export interface Figures {
  /** An attempt ended, so many seconds after the pod was taken. */
  attempted(profile: string, result: Result, seconds: number): void
  /** A pod has its node, after so many attempts and so many seconds since the first. */
  bound(attempts: number, seconds: number): void
  /** A preemption was looked for. */
  preempting(): void
  /** It was found, with so many victims. */
  preempted(victims: number): void
  /** Is asked when somebody looks: how many pods are where in the queue. */
  pending(count: () => { readonly active: number; readonly backoff: number; readonly unschedulable: number; readonly gated: number }): void
}
export const noFigures: Figures = { attempted() {}, bound() {}, preempting() {}, preempted() {}, pending() {} }
