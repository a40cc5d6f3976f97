import type { Engine } from './engine.ts'
import type { SqliteOptions } from './sqlite.ts'

/** Keeps the log in an SQLite file (created with mode 0600 where missing). Rejects with StoreOpenError, which says what to do. */
export async function sqliteEngine(path: string, options?: SqliteOptions): Promise<Engine> {
  const { openSqliteEngine } = await import('./sqlite.ts')
  return openSqliteEngine(path, options)
}
