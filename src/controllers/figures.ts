// What controllers tell whoever counts: metrics, mostly.
import type { Job } from '#kinds'

/** What a look at a job led to. */
export type JobAction = 'reconciling' | 'tracking' | 'pods_created' | 'pods_deleted'
export interface ControllerFigures {
  /** A job that is not over was looked at. */
  jobSynced(job: Job, action: JobAction, failed: boolean, ms: number): void
  /** Pods of a job have ended and are counted. */
  jobPodsFinished(job: Job, succeeded: number, failed: number): void
  jobFinished(job: Job, result: 'succeeded' | 'failed', reason: string): void
  /** A job was made, so long after its time. */
  cronJobStarted(lateMs: number): void
  /** Pods are driven off a node of this zone. */
  nodeEmptied(zone: string): void
  /** A pod was driven off a tainted node, so long after its time; `byDevice`: because of a device that is tainted. */
  podEvicted(lateMs: number, byDevice: boolean): void
  /** A finished job was deleted, so long after its time. */
  jobDeleted(lateMs: number): void
}
export const noFigures: ControllerFigures = { jobSynced() {}, jobPodsFinished() {}, jobFinished() {}, cronJobStarted() {}, nodeEmptied() {}, podEvicted() {}, jobDeleted() {} }
