import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ProcessSession, SessionEnd } from '../runtime/runtime.ts'

/** A client's end of an exec or attach, whatever protocol it speaks. Streams it did not ask for are undefined. */
export interface RemoteCommand {
  readonly stdin: Readable | undefined
  readonly stdout: Writable | undefined
  readonly stderr: Writable | undefined
  /** Where the client's terminal sizes go; sizes that came before are told at once. */
  resized(listener: (columns: number, rows: number) => void): void
  /** Tells the client how it ended and closes the connection. Only after the outputs were ended. */
  finish(end: SessionEnd): Promise<void>
  /** Resolves when the client is gone. */
  readonly gone: Promise<void>
}

/** Connects a client with a process until either is done. Never rejects. */
export async function bridge(command: RemoteCommand, session: ProcessSession): Promise<void> {
  // A client that goes away ends the process's input; a process that ends does not wait for the client's.
  if (command.stdin && session.stdin) command.stdin.pipe(session.stdin)
  else command.stdin?.resume()
  session.stdin?.on('error', () => {})
  command.resized((columns, rows) => session.resize(columns, rows))
  const carry = (from: Readable | undefined, to: Writable | undefined): Promise<void> | undefined => {
    if (from && to) return pipeline(from, to).catch(() => {})
    from?.resume()
    to?.end()
    return undefined
  }
  const outputs = [carry(session.stdout, command.stdout), carry(session.stderr, command.stderr)]
  const end = await Promise.race([session.finished, command.gone])
  if (end) {
    await Promise.race([Promise.all(outputs), command.gone])
    await command.finish(end)
  }
  session.close()
}

/** Reads terminal sizes from the JSON objects {"Width":..,"Height":..} that clients send one after the other. */
export class TerminalSizes {
  #text = ''
  #last: readonly [number, number] | undefined
  #listener: ((columns: number, rows: number) => void) | undefined

  push(text: string): void {
    this.#text += text
    for (let end = this.#text.indexOf('}'); end !== -1; end = this.#text.indexOf('}')) {
      const object = this.#text.slice(0, end + 1)
      this.#text = this.#text.slice(end + 1)
      const [width, height] = [/"Width"\s*:\s*(\d+)/.exec(object), /"Height"\s*:\s*(\d+)/.exec(object)]
      if (!width || !height) continue
      this.#last = [Math.min(Number(width[1]), 65_535), Math.min(Number(height[1]), 65_535)]
      this.#listener?.(...this.#last)
    }
    if (this.#text.length > longestSize) this.#text = ''
  }

  listen(listener: (columns: number, rows: number) => void): void {
    this.#listener = listener
    if (this.#last) listener(...this.#last)
  }
}
const longestSize = 1_000
