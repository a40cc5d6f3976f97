// Events (core/v1) as components record them: repeated ones are counted, floods are bounded, recording never fails or waits.
import type { AnyObject, Kind } from '#machinery'

export type EventType = 'Normal' | 'Warning'
export interface Recorder {
  /** Notes an event about an object. `reason` is CamelCase, `message` for people. Never throws. */
  record<T extends AnyObject>(kind: Kind<T>, object: T, type: EventType, reason: string, message: string): void
}
