// What controllers tell whoever counts: metrics, mostly.
import type { Job } from '#kinds'

/** What a look at a job led to. */
export type JobAction = 'reconciling' | 'tracking' | 'pods_created' | 'pods_deleted'
export interface ControllerFigures {
  /** A job that is not over was looked at. */
  jobSynced(job: Job, action: JobAction, failed: boolean, ms: number): void
  /** Pods of a job have ended and are counted. */
  jobPodsFinished(job: Job, succeeded: number, failed: number): void
  /** Indexes of a job have ended. */
  jobIndexesFinished(job: Job, succeeded: number, failed: number): void
  /** Pods of a job were to be made: for the first time, or in the place of others. */
  jobPodsMade(reason: 'new' | 'recreate_terminating_or_failed' | 'recreate_failed', made: number, failed: number): void
  jobFinished(job: Job, result: 'succeeded' | 'failed', reason: string): void
  /** A job was made, so long after its time. */
  cronJobStarted(lateMs: number): void
  /** Pods are driven off a node of this zone. */
  nodeEmptied(zone: string): void
  /** A pod was driven off a tainted node, so long after its time; `byDevice`: because of a device that is tainted. */
  podEvicted(lateMs: number, byDevice: boolean): void
  /** A pod was to be removed that nobody else removes. */
  podCollected(namespace: string, reason: 'terminated' | 'orphaned' | 'unscheduled' | 'out-of-service', failed: boolean): void
  /** A claim was to be made for a pod's volume. */
  claimMade(failed: boolean): void
  /** The authority's certificate was looked at in a namespace; the code of what came of it. */
  rootCaPublished(code: number, ms: number): void
  /** Slices of a service were written. */
  slicesChanged(counts: Readonly<Record<'create' | 'update' | 'delete', number>>): void
  /** The slices of a service were looked at. */
  slicesSynced(result: 'success' | 'error'): void
  /** A finished job was deleted, so long after its time. */
  jobDeleted(lateMs: number): void
}
export const noFigures: ControllerFigures = {
  jobSynced() {}, jobPodsFinished() {}, jobIndexesFinished() {}, jobPodsMade() {}, jobFinished() {}, cronJobStarted() {}, nodeEmptied() {}, podEvicted() {},
  podCollected() {}, claimMade() {}, rootCaPublished() {}, slicesChanged() {}, slicesSynced() {}, jobDeleted() {},
}
