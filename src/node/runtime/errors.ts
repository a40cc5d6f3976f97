/** Why a runtime refused or failed; what a caller may decide on. */
export type RuntimeErrorReason =
  | 'NotFound'            // no such sandbox, container, image or handler
  | 'AlreadyExists'       // the name and attempt are taken: count the attempt up
  | 'ImagePull'           // the registry or the network failed; worth trying again later
  | 'ImageAbsent'         // the registry answers, and has no such image or refuses us
  | 'InvalidArgument'     // the request can never succeed as it is
  | 'DeadlineExceeded'    // the call, or the command of execSync, took too long
  | 'Unavailable'         // the runtime does not answer: stopped, starting, socket gone
  | 'Unsupported'         // this runtime cannot do it
  | 'Cancelled'           // the caller's signal fired
  | 'Failed'              // everything else; the message is the runtime's own

/** An error of a runtime. `message` is fit for an event or a container's waiting message. */
export class RuntimeError extends Error {
  readonly reason: RuntimeErrorReason
  constructor(reason: RuntimeErrorReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'RuntimeError'
    this.reason = reason
  }
}

/** Whether `error` is a runtime's error, of one of the given reasons where any are given. */
export function isRuntimeError(error: unknown, ...reasons: RuntimeErrorReason[]): error is RuntimeError {
  return error instanceof RuntimeError && (reasons.length === 0 || reasons.includes(error.reason))
}
