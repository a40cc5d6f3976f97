// A bound on the work of one evaluation that its price does not see: values that are shared many times, long texts gone over again and again.
// The reference would go on for hours there; here it ends as if it had cost too much. Evaluations are synchronous, so one count is enough.
import { CelError } from './compile.ts'

/** Steps of one evaluation: about a second. A step is an element compared or written, or 64 letters gone over. */
const mostSteps = 4_000_000
let left = Infinity

/** Runs something with a count of its own; inside another run it shares that one's. */
export function metered<T>(run: () => T): T {
  if (left !== Infinity) return run()
  left = mostSteps
  try { return run() } finally { left = Infinity }
}
export function spend(steps: number): void {
  left -= steps
  if (left < 0) throw new CelError('operation cancelled: actual cost limit exceeded', true)
}
export const spendLetters = (count: number): void => spend(1 + count / 64)
