// A component in this process, until a signal or its own failure ends it.
import { levelOf } from './cluster-options.ts'
import { Failure, messageOf } from './failure.ts'
import type { Context, Running } from './cluster-program.ts'
import { logInto, type Level } from './file-log.ts'
import type { Terminal } from './terminal.ts'

/** Whatever waits for an answer from a server that has gone must not keep the process. */
const lingerMs = 1_000

export async function runUntilEnded(name: string, level: Level, terminal: Terminal, start: (context: Context) => Promise<Running>): Promise<number> {
  const stopped = new Promise<void>((resolve) => { for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { resolve() }) })
  try {
    let said = level
    const log = logInto((line) => { terminal.note(line.trimEnd()) }, { get level() { return said }, now: Date.now })
    const running = await start({ log, progress: () => {}, setVerbosity: (v) => { said = levelOf(v) } })
    terminal.out(`${name} is running`)
    await Promise.race([stopped, running.failed])
    await running.stop()
    setTimeout(() => process.exit(0), lingerMs).unref()
    return 0
  } catch (error) { throw error instanceof Failure ? error : new Failure(`${name} stopped: ${messageOf(error)}`, 1, { cause: error }) }
}
