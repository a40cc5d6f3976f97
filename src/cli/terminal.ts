/** What a command writes to: results to stdout, everything about the work to stderr. */
export interface Terminal {
  /** A line of the result. */
  out(line: string): void
  /** A line about the work; never part of what a script reads. */
  note(line: string): void
  /** Shows what is being done as long as it takes; see Progress. */
  progress(step: string): Progress
  readonly paint: Paint
  readonly columns: number
}

/** A step that takes a while: one changing line on a terminal; elsewhere a line for each step that lasts. */
export interface Progress {
  update(step: string): void
  end(): void
}

export type Paint = Readonly<Record<'bold' | 'dim' | 'green' | 'red' | 'yellow', (text: string) => string>>

interface Stream { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number }

const codes = { bold: [1, 22], dim: [2, 22], green: [32, 39], red: [31, 39], yellow: [33, 39] } as const
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const frameMs = 80
/** Elsewhere than on a terminal, steps shorter than this say nothing. */
const quietMs = 2000

/** A terminal on two streams. Colour only where stdout is a terminal and NO_COLOR is not set. */
export function createTerminal(stdout: Stream, stderr: Stream, env: Readonly<Record<string, string | undefined>>): Terminal {
  const interactive = stderr.isTTY === true && env['TERM'] !== 'dumb'
  const colours = stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  const paint = Object.fromEntries(Object.entries(codes).map(([name, [on, off]]) =>
    [name, (text: string) => colours ? `\u001b[${on}m${text}\u001b[${off}m` : text])) as Paint
  let live: { draw(): void; clear(): void } | undefined
  const around = (write: () => void) => { live?.clear(); write(); live?.draw() }

  function progress(first: string): Progress {
    let step = first
    if (!interactive) {
      let told = ''
      const timer = setInterval(() => { if (told !== step) { told = step; stderr.write(`${step} ...\n`) } }, quietMs)
      timer.unref()
      return { update: (next) => { step = next }, end: () => { clearInterval(timer) } }
    }
    let frame = 0
    const mine = {
      draw: () => { stderr.write(`\r\u001b[2K${frames[frame % frames.length]} ${step.slice(0, (stderr.columns ?? 80) - 4)}`) },
      clear: () => { stderr.write('\r\u001b[2K') },
    }
    live = mine
    mine.draw()
    const timer = setInterval(() => { frame++; mine.draw() }, frameMs)
    timer.unref()
    return {
      update: (next) => { step = next; mine.draw() },
      end: () => { clearInterval(timer); mine.clear(); if (live === mine) live = undefined },
    }
  }
  return {
    out: (line) => { around(() => stdout.write(`${line}\n`)) },
    note: (line) => { around(() => stderr.write(`${line}\n`)) },
    progress, paint, columns: stdout.columns ?? 100,
  }
}
