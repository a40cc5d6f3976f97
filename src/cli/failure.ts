/** A failure with one message that says what to do; the program prints it and ends with the exit code. */
export class Failure extends Error {
  /** 1: something failed. 2: the command was typed wrong. */
  readonly exitCode: 1 | 2
  constructor(message: string, exitCode: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Failure'
    this.exitCode = exitCode
  }
}

/** The command was typed wrong: exit code 2. */
export const usageError = (message: string): Failure => new Failure(message, 2)

/** The system's error code (`ENOENT`, `EADDRINUSE`) of an error or of its causes, if there is one. */
export function systemCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && /^E[A-Z0-9]+$/.test(at.code)) return at.code
  }
  return undefined
}

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)
