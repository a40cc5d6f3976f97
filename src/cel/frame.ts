// One evaluation: what the variables are and what it has cost so far.
import { CelError } from './compile.ts'
import type { Reader, Value } from './values.ts'

/** Where variables of the environment stand in a frame, and how they are read. */
export interface Slot { readonly name: string; readonly read: Reader }

export class Frame {
  cost = 0
  readonly values: (Value | undefined)[]
  private readonly limit: number
  private readonly slots: readonly Slot[]
  private readonly given: Readonly<Record<string, unknown>>
  constructor(size: number, slots: readonly Slot[], given: Readonly<Record<string, unknown>>, limit: number) {
    this.values = new Array<Value | undefined>(size).fill(undefined)
    this.slots = slots
    this.given = given
    this.limit = limit
  }

  /** The value of a slot; a variable is read when it is first asked for. */
  load(slot: number): Value {
    const value = this.values[slot]
    if (value !== undefined) return value
    const { name, read } = this.slots[slot]!
    if (!Object.hasOwn(this.given, name)) throw new CelError(`no such attribute(s): ${name}`)
    const given = this.given[name], made = read(typeof given === 'function' ? (given as () => unknown)() : given)
    this.values[slot] = made
    return made
  }

  /** Adds to the cost of the run; beyond the limit it ends. */
  pay(cost: number): void {
    this.cost += cost
    if (!(this.cost <= this.limit)) throw new CelError('operation cancelled: actual cost limit exceeded', true)
  }
}

/** A part of an expression, ready to run. */
export type Step = (frame: Frame) => Value
