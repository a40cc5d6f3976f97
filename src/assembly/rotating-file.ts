// A log that goes on for years: when a file is full it is put aside under the time, and the oldest are removed.
import { closeSync, createReadStream, createWriteStream, fstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

export interface RotationOptions {
  /** 0: 100. */
  readonly maxMegabytes: number
  /** 0: however old. */
  readonly maxDays: number
  /** 0: however many. */
  readonly maxFiles: number
  readonly compress: boolean
}
const megabyte = 1024 * 1024, day = 86_400_000

/** Lines go into it at once, so that nothing is lost when the process is killed. */
export class RotatingFile {
  readonly #path: string
  readonly #options: RotationOptions
  readonly #now: () => number
  #fd: number
  #size: number
  #packing: Promise<void> = Promise.resolve()

  /** Throws the system's error when the file cannot be opened. */
  constructor(path: string, options: RotationOptions, now: () => number) {
    this.#path = path
    this.#options = options
    this.#now = now
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    this.#fd = openSync(path, 'a', 0o600)
    this.#size = fstatSync(this.#fd).size
  }

  /** False when it could not be written: the disk is full. */
  write(text: string): boolean {
    try {
      const bytes = Buffer.from(text)
      if (this.#size > 0 && this.#size + bytes.length > (this.#options.maxMegabytes || 100) * megabyte) this.#rotate()
      for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at)
      this.#size += bytes.length
      return true
    } catch {
      return false
    }
  }

  /** Resolves when what was put aside is packed. */
  async close(): Promise<void> {
    closeSync(this.#fd)
    await this.#packing
  }

  #rotate(): void {
    const aside = this.#nameAside()
    closeSync(this.#fd)
    try { renameSync(this.#path, aside) } finally { this.#fd = openSync(this.#path, 'a', 0o600) }
    this.#size = fstatSync(this.#fd).size
    this.#packing = this.#packing.then(() => this.#tidy()).catch(() => { /* tried again at the next rotation */ })
  }

  /** audit-2026-01-31T12-00-00.000.log beside audit.log. */
  #nameAside(): string {
    const extension = extname(this.#path), stem = basename(this.#path, extension), time = new Date(this.#now()).toISOString().replaceAll(':', '-').replace('Z', '')
    return join(dirname(this.#path), `${stem}-${time}${extension}`)
  }

  /** Removes what is too old or too many, and packs the rest where that is asked for. */
  async #tidy(): Promise<void> {
    const { maxDays, maxFiles, compress } = this.#options
    const extension = extname(this.#path), stem = `${basename(this.#path, extension)}-`, folder = dirname(this.#path)
    const isAside = new RegExp(String.raw`^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}${extension.replace('.', String.raw`\.`)}(?:\.gz)?$`)
    const aside = readdirSync(folder).filter((name) => name.startsWith(stem) && isAside.test(name.slice(stem.length))).sort().reverse()
    for (const [i, name] of aside.entries()) {
      const file = join(folder, name)
      if ((maxFiles > 0 && i >= maxFiles) || (maxDays > 0 && this.#now() - statSync(file).mtimeMs > maxDays * day)) rmSync(file, { force: true })
      else if (compress && !name.endsWith('.gz')) {
        await pipeline(createReadStream(file), createGzip(), createWriteStream(`${file}.gz`, { mode: 0o600 }))
        rmSync(file)
      }
    }
  }
}
