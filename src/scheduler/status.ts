// What a plugin answers: a code, and reasons in the words that users see.

export type Code = 'Success' | 'Error' | 'Unschedulable' | 'UnschedulableAndUnresolvable' | 'Wait' | 'Skip' | 'Pending'

/** Immutable, so that a plugin may answer with the same one for thousands of nodes. No status at all means success. */
export interface Status {
  readonly code: Code
  readonly reasons: readonly string[]
  readonly error?: unknown
  /** Of Wait: how long. */
  readonly waitMs?: number
}

/** Not here, not now: pods that leave may change it, so preemption may help. */
export const unschedulable = (...reasons: string[]): Status => ({ code: 'Unschedulable', reasons })
/** Not here whoever leaves. */
export const unresolvable = (...reasons: string[]): Status => ({ code: 'UnschedulableAndUnresolvable', reasons })
/** Something is on its way elsewhere; the pod is tried again at once when it has come. */
export const pending = (...reasons: string[]): Status => ({ code: 'Pending', reasons })
/** Of PreFilter and PreScore: nothing to say about this pod. Of Bind: somebody else may bind it. */
export const skip: Status = { code: 'Skip', reasons: [] }
/** Of Permit: hold the pod back until it is allowed, at most for so long. */
export const wait = (waitMs: number): Status => ({ code: 'Wait', reasons: [], waitMs })
export const failed = (error: unknown): Status => ({ code: 'Error', reasons: [error instanceof Error ? error.message : String(error)], error })

/** Whether the pod itself is refused, in contrast to something having gone wrong. */
export const isRejected = (status: Status | undefined): boolean => status?.code === 'Unschedulable' || status?.code === 'UnschedulableAndUnresolvable' || status?.code === 'Pending'
export const isSuccess = (status: Status | undefined): status is undefined => status === undefined || status.code === 'Success'
