import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeContract } from '../engine.contract.ts'
import { openSqliteEngine } from './sqlite.ts'

storeContract('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'proa-store-'))
  return { open: async () => openSqliteEngine(join(folder, 'store.db')), remove: async () => { rmSync(folder, { recursive: true }) } }
})
