import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const maxBytes = 16 * 1024 * 1024
const keepFiles = 3

/**
 * Lines into a file. At 16 MB it becomes `FILE.1` and so on, of which three are kept. They are written at once, so that nothing is lost when the
 * process is killed. A log that cannot be written (full disk) is silent: it must never be what stops a cluster.
 */
export class LogFile {
  readonly #path: string
  #fd: number
  #size: number
  #open = true

  constructor(path: string) {
    this.#path = path
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    this.#fd = openSync(path, 'a', 0o600)
    this.#size = fstatSync(this.#fd).size
  }

  /** False when it could not be written. */
  write(text: string): boolean {
    if (!this.#open) return false
    try {
      if (this.#size > maxBytes) this.#rotate()
      this.#size += writeSync(this.#fd, text)
      return true
    } catch { return false }
  }
  close(): void {
    if (this.#open) closeSync(this.#fd)
    this.#open = false
  }

  #rotate(): void {
    closeSync(this.#fd)
    for (let i = keepFiles - 1; i >= 0; i--) try { renameSync(i === 0 ? this.#path : `${this.#path}.${i}`, `${this.#path}.${i + 1}`) } catch { /* not that many yet */ }
    this.#fd = openSync(this.#path, 'a', 0o600)
    this.#size = 0
  }
}
