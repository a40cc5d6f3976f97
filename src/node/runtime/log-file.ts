import { type FSWatcher, watch } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { RuntimeError } from './errors.ts'
import { LogLines } from './log-lines.ts'
import type { LogRequest } from './runtime.ts'

/**
 * Reads a container's log file as `request` says. While following, it wakes on changes in the file's folder, goes over to
 * the new file when the log is rotated, and ends once `ended` has resolved and everything is read.
 */
export async function* readLogFile(path: string, request: LogRequest, ended: Promise<unknown>): AsyncGenerator<Uint8Array> {
  let file = await openLog(path)
  const wake = new Wake(request.follow ? path : undefined, request.signal)
  let over = !request.follow
  if (request.follow) void ended.then(() => { over = true; wake.now() }, () => { over = true; wake.now() })
  try {
    const lines = new LogLines(request)
    let position = request.tailLines === undefined ? 0 : await tailStart(file, request.tailLines)
    const block = Buffer.allocUnsafe(64 << 10)
    for (;;) {
      const lastRound = over
      const changed = wake.changed()
      for (;;) {
        if (request.signal?.aborted || lines.full) return
        const { bytesRead } = await file.read(block, 0, block.length, position)
        if (bytesRead === 0) break
        position += bytesRead
        const out = lines.push(block.subarray(0, bytesRead))
        if (out.length > 0) yield Uint8Array.from(out)
      }
      const next = request.follow ? await replaced(file, path, position) : undefined
      if (next === 'truncated') position = 0
      else if (next !== undefined) {
        // The writer opened the new file before it stopped writing the old one: look once more, then leave it.
        const { bytesRead } = await file.read(block, 0, block.length, position)
        if (bytesRead > 0) {
          await next.close()
          position += bytesRead
          const out = lines.push(block.subarray(0, bytesRead))
          if (out.length > 0) yield Uint8Array.from(out)
          continue
        }
        await file.close()
        file = next
        position = 0
      } else {
        if (lastRound) return
        await changed
      }
    }
  } finally {
    wake.close()
    await file.close()
  }
}

async function openLog(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    throw new RuntimeError('NotFound', `the container's log file ${path} cannot be read`, error)
  }
}

/** A handle of the file that took the place of `file`, 'truncated' when it was cut, undefined when it is still the same. */
async function replaced(file: FileHandle, path: string, position: number): Promise<FileHandle | 'truncated' | undefined> {
  let there
  try { there = await stat(path) } catch { return undefined }    // renamed, and no new one yet
  const own = await file.stat()
  if (there.ino === own.ino) return own.size < position ? 'truncated' : undefined
  try { return await open(path, 'r') } catch { return undefined }
}

/** Where the last `lines` lines of a file begin. */
async function tailStart(file: FileHandle, lines: number): Promise<number> {
  let { size: position } = await file.stat()
  if (lines <= 0) return position
  const block = Buffer.allocUnsafe(16 << 10)
  let missing = lines
  let end = position
  while (position > 0) {
    const length = Math.min(block.length, position)
    position -= length
    const { bytesRead } = await file.read(block, 0, length, position)
    for (let i = bytesRead - 1; i >= 0; i--) {
      if (block[i] !== 10 || position + i === end - 1) continue    // the newline at the very end closes the last line
      if (--missing === 0) return position + i + 1
    }
  }
  return 0
}

/** Tells of changes in a log's folder. Without a path it only knows the signal. */
class Wake {
  #wake: () => void = () => {}
  #next: Promise<void> = Promise.resolve()
  readonly #watcher: FSWatcher | undefined
  readonly #signal: AbortSignal | undefined

  constructor(path: string | undefined, signal: AbortSignal | undefined) {
    this.#signal = signal
    this.#arm()
    signal?.addEventListener('abort', this.now, { once: true })
    if (path === undefined) return
    const name = basename(path)
    this.#watcher = watch(dirname(path), (_, changed) => { if (changed === null || changed === name) this.now() })
    this.#watcher.on('error', this.now)
  }

  /** Resolves at the next change after this call. Ask before reading, await after it, and no change is missed. */
  changed(): Promise<void> { return this.#next }

  readonly now = (): void => {
    const wake = this.#wake
    this.#arm()
    wake()
  }

  #arm(): void { this.#next = new Promise((resolve) => { this.#wake = resolve }) }

  close(): void {
    this.#watcher?.close()
    this.#signal?.removeEventListener('abort', this.now)
    this.#wake()
  }
}
