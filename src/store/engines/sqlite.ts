// The log of revisions in one SQLite file: an append-only table, one SQLite transaction per group commit, synced before it counts.
// SQLite writes a commit into its write-ahead log and leaves the sync to us (synchronous = NORMAL, sqlite.org/pragma.html): we ask the system for it
// beside the work of the next requests, which would stand still meanwhile, and call the commit durable when it is done. The syncs of a checkpoint are ours too.

import { closeSync, fdatasync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { NoSpaceError, StoreOpenError } from '../errors.ts'
import { noBytes } from '../range.ts'
import type { KeyValue } from '../data-model.ts'
import type { Commit, Engine, Kept, LeaseChange, RowName } from './engine.ts'
import { applicationId, checkVersion, claimFile, inUse, layoutVersion, removePid, writePid } from './sqlite-file.ts'

/** Row ids are revision and place in the revision, so that the table grows at its end only: 43 and 20 bits. */
const placeBits = 20n
const rowsPerRevision = 1 << Number(placeBits)
/** Bytes written between checkpoints, which is what bounds the write-ahead log: each takes 2 ms of our time, and about 4 more of an SSD's. */
const checkpointBytes = 4 << 20
/** What a commit writes besides its rows, about: pages are written whole. */
const commitOverhead = 8 << 10
/** Rows removed in one go: 1 to 3 ms. */
const discardRows = 64
/** Of its time, removing rows rests this many times what it works: compaction is never urgent, requests are. */
const discardRest = 3
const longestRestMs = 50

// A pod's 2.5 KB row wastes half of a 4 KB page, and 16 KB double what a single small commit writes.
const pageBytes = 8192
const settings = `PRAGMA page_size = ${pageBytes}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;
  PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -4096;`
const layout = `
  CREATE TABLE log (id INTEGER PRIMARY KEY, key TEXT NOT NULL, created INTEGER NOT NULL, version INTEGER NOT NULL, lease INTEGER NOT NULL, value BLOB NOT NULL) STRICT;
  CREATE TABLE lease (id INTEGER PRIMARY KEY, ttl INTEGER NOT NULL) STRICT;
  CREATE TABLE compacted (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL) STRICT;
  INSERT INTO compacted VALUES (1, 0);
  PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${layoutVersion};`

export interface SqliteOptions {
  /** The file may grow to this; then commits fail as on a full disk. Absent: as long as the disk has room. */
  readonly quotaBytes?: number
}

/** Opens or creates the file. Throws StoreOpenError, with the file left as it was, when it is foreign, newer, damaged, in use or out of reach. */
export function openSqliteEngine(path: string, { quotaBytes = Infinity }: SqliteOptions = {}): Engine {
  const release = claimFile(path)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: 0 })
    prepareFile(database, path)
    if (quotaBytes < Infinity) database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(quotaBytes / pageBytes))}`)
    writePid(path)
    return new SqliteEngine(database, path, release)
  } catch (error) {
    try { database?.close() } catch { /* the first error says more */ }
    release()
    throw explain(path, error)
  }
}

function prepareFile(database: DatabaseSync, path: string): void {
  database.exec(settings)
  database.exec('BEGIN EXCLUSIVE')
  const id = Number(database.prepare('PRAGMA application_id').get()?.['application_id'])
  if (id === 0 && database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined) database.exec(layout)
  else if (id !== applicationId) throw new StoreOpenError(`${path} is not a store of this program; it was left as it is`)
  checkVersion(path, Number(database.prepare('PRAGMA user_version').get()?.['user_version']))
  database.exec('COMMIT; PRAGMA journal_mode = WAL')
}

class SqliteEngine implements Engine {
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #release: () => void
  readonly #insert; readonly #grant; readonly #revoke; readonly #compact; readonly #remove
  readonly #begin; readonly #commit; readonly #rollback; readonly #checkpoint
  /** The database's own file, for its syncs. Closed after the database: to close a file gives up all locks on it that the process has (fcntl(2)). */
  readonly #table: number
  /** Written since the last checkpoint. */
  #bytes = 0
  #closed = false
  /** Why the table could not be written; the next commit fails with it. */
  #broken: Error | undefined

  /** SQLite's write-ahead log: a sync is of the file, whoever wrote it. Open from the first commit on, which makes it, as long as the database. */
  #log: number | undefined
  /** The sync that is under way. */
  #syncing: Promise<void> | undefined
  /** The checkpoint that is under way. Nothing is written meanwhile: SQLite would begin its log anew, and what was copied from it may not be on the disk yet. */
  #writingBack: Promise<void> | undefined

  constructor(database: DatabaseSync, path: string, release: () => void) {
    this.#database = database
    this.#path = path
    this.#release = release
    this.#insert = database.prepare('INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)')
    this.#grant = database.prepare('INSERT OR REPLACE INTO lease VALUES (?, ?)')
    this.#revoke = database.prepare('DELETE FROM lease WHERE id = ?')
    this.#compact = database.prepare('UPDATE compacted SET revision = ?')
    this.#remove = database.prepare('DELETE FROM log WHERE id >= ? AND id < ? AND key = ?')
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
    this.#rollback = database.prepare('ROLLBACK')
    this.#checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
    this.#table = openSync(path, 'r+')
  }

  load(): Kept {
    try {
      const compactRevision = Number(this.#database.prepare('SELECT revision FROM compacted').get()?.['revision'])
      const leases = this.#database.prepare('SELECT id, ttl FROM lease').all().map((row): LeaseChange => ({ id: Number(row['id']), ttlSeconds: Number(row['ttl']) }))
      return { compactRevision, leases, rows: this.#rows() }
    } catch (error) {
      throw explain(this.#path, error)
    }
  }

  append(commit: Commit): Promise<void> {
    if (this.#writingBack) return this.#writingBack.then(() => this.append(commit))
    const { rows, leases, compactRevision } = commit
    this.#write(() => {
      let bytes = commitOverhead
      let revision = 0
      let place = 0
      for (const row of rows) {
        place = row.modRevision === revision ? place + 1 : 0
        revision = row.modRevision
        this.#insert.run(rowId(revision, place), row.key, row.createRevision, row.version, row.lease, row.value)
        bytes += row.key.length + row.value.length
      }
      for (const { id, ttlSeconds } of leases) {
        if (ttlSeconds > 0) this.#grant.run(id, ttlSeconds)
        else this.#revoke.run(id)
      }
      if (compactRevision !== undefined) this.#compact.run(compactRevision)
      return bytes
    })
    return this.#syncing = this.#sync(this.#logFile()).finally(() => { this.#writeBackIfDue() })
  }

  async discard(rows: Iterable<RowName>): Promise<void> {
    let portion: RowName[] = []
    for (const row of rows) {
      portion.push(row)
      if (portion.length < discardRows) continue
      while (this.#writingBack) await this.#writingBack
      const begun = performance.now()
      this.#removeRows(portion)
      portion = []
      const rest = Math.min(longestRestMs, (performance.now() - begun) * discardRest)
      await new Promise((resolve) => { setTimeout(resolve, rest) })
      if (this.#closed) return
    }
    while (this.#writingBack) await this.#writingBack
    if (portion.length > 0) this.#removeRows(portion)
  }

  // The check phase comes after all sockets that were ready have been read: their writes share the commit.
  soon(commit: () => void): void { setImmediate(commit) }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    removePid(this.#path)
    await this.#syncing?.catch(() => {}) // whoever waits for it hears of it
    await this.#writingBack
    try { this.#database.close() } finally {
      for (const file of [this.#log, this.#table]) try { if (file !== undefined) closeSync(file) } catch { /* nothing is waiting for it any more */ }
      this.#release()
    }
  }

  * #rows(): Generator<KeyValue> {
    try {
      const select = this.#database.prepare(`SELECT key, id >> ${placeBits} AS revision, created, version, lease, value FROM log ORDER BY id`)
      for (const row of select.iterate() as Iterable<Row>) {
        yield {
          key: row.key, value: row.version === 0 ? noBytes : row.value, createRevision: row.created,
          modRevision: row.revision, version: row.version, lease: row.lease,
        }
      }
    } catch (error) {
      throw explain(this.#path, error)
    }
  }

  #removeRows(rows: readonly RowName[]): void {
    if (this.#closed) return
    this.#write(() => {
      for (const { key, modRevision } of rows) this.#remove.run(rowId(modRevision, 0), rowId(modRevision + 1, 0), key)
      return pageBytes * rows.length // each may lie in a page of its own
    })
    this.#writeBackIfDue()
  }

  /** One SQLite transaction; `body` returns about how many bytes it writes. */
  #write(body: () => number): void {
    if (this.#broken) throw this.#broken
    try {
      this.#begin.run()
      this.#bytes += body()
      this.#commit.run()
    } catch (error) {
      if (this.#database.isTransaction) this.#rollback.run()
      throw isFull(error) ? new NoSpaceError(`no space left on the disk of ${this.#path}; make room and write again`, { cause: error }) : error
    }
  }

  #logFile(): number { return this.#log ??= openSync(`${this.#path}-wal`, 'r+') }
  /** Resolves when everything written to the file so far will survive a crash of the machine. After a failed sync nobody knows what is on the disk: the engine has failed. */
  #sync(file: number): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(file, (error) => {
        if (!error) { resolve(); return }
        this.#broken = new Error(`cannot sync the store ${this.#path}`, { cause: error })
        reject(this.#broken)
      })
    })
  }

  #writeBackIfDue(): void {
    if (this.#bytes < checkpointBytes || this.#broken || this.#closed || this.#writingBack) return
    this.#bytes = 0
    this.#writingBack = this.#writeBack().catch((error: Error) => { this.#broken ??= error }).finally(() => { this.#writingBack = undefined }) // the next commit hears of it
  }
  /**
   * Copies the write-ahead log into the table's own place. We do it ourselves because SQLite's automatic checkpoint swallows
   * I/O errors, and a failed sync must end the engine. A full disk must not: the commit itself is safe in the log.
   * The order is SQLite's own (sqlite.org/wal.html): the log is synced before it is copied, and the copy before the log begins anew, but nobody stands still for it.
   */
  async #writeBack(): Promise<void> {
    await this.#sync(this.#logFile())
    try {
      this.#database.exec('PRAGMA synchronous = OFF') // for the checkpoint only: a log that begins anew syncs its head
      try { this.#checkpoint.get() } finally { this.#database.exec('PRAGMA synchronous = NORMAL') }
    } catch (error) {
      if (isFull(error)) return
      this.#broken = new Error(`cannot write the store ${this.#path} back`, { cause: error })
      return
    }
    await this.#sync(this.#table)
  }
}

interface Row { readonly key: string; readonly revision: number; readonly created: number; readonly version: number; readonly lease: number; readonly value: Uint8Array }

function rowId(revision: number, place: number): bigint {
  if (place >= rowsPerRevision) throw new RangeError(`more than ${rowsPerRevision} changes in one revision`)
  return BigInt(revision) << placeBits | BigInt(place)
}

/** SQLite's primary result code; undefined for other errors. */
function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}
const isFull = (error: unknown): boolean => resultCode(error) === 13

/** For what goes wrong before the store is open (sqlite.org/rescode.html). */
function explain(path: string, error: unknown): unknown {
  switch (resultCode(error)) {
    case undefined: return error
    case 5: case 6: return inUse(path)
    case 11: case 26: return new StoreOpenError(`the store ${path} is damaged (${String(error)}). Restore it from a backup, or move it away to begin an empty cluster`, { cause: error })
    case 13: return new StoreOpenError(`cannot open the store ${path}: the disk is full; make room and start again`, { cause: error })
    default: return new StoreOpenError(`cannot open the store ${path}: ${String(error)}; check the rights of the data directory and the disk`, { cause: error })
  }
}
