import type { Flags, Values } from './flag.ts'
import type { Terminal } from './terminal.ts'

/** One word or file that stands after the command. */
export interface Argument {
  readonly name: string
  readonly description: string
  readonly required?: true
  /** Takes all the words that follow; only the last argument may. */
  readonly several?: true
  readonly completes?: 'file'
  readonly choices?: readonly string[]
}

/** A verb of the command line: its table, and what it does. */
export interface Command<F extends Flags = Flags> {
  /** What is typed, `up` or `image load`. */
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** More about it, for its own help; lines are wrapped by hand at 100. */
  readonly about?: string
  readonly examples?: readonly (readonly [command: string, what: string])[]
  readonly arguments?: readonly Argument[]
  readonly flags: F
  /** Flags of kube-apiserver (or of the program that is named) that it does not have are taken all the same. */
  readonly referenceFlags?: true | 'kube-controller-manager' | 'kube-scheduler'
  /** Not for people: left out of help, completion and documentation. */
  readonly hidden?: true
  /** Returns the exit code; throws Failure for everything that a person can do something about. `idle`: what was typed of the reference's flags that it does not have. */
  run(values: Values<F>, words: readonly string[], terminal: Terminal, idle: ReadonlyMap<string, string>): Promise<number>
}

/** Lets TypeScript infer a command's values from its table. */
export const defineCommand = <const F extends Flags>(command: Command<F>): Command<F> => command
