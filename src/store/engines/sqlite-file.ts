// What is checked before SQLite may touch a file: that it is a store of ours, of a version we know, and nobody else's.

import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreOpenError } from '../errors.ts'

/** "PROA" in the header of our files (sqlite.org/fileformat2.html, offset 68). */
export const applicationId = 0x50524f41
/** The layout of the tables (offset 60, user_version). Raise it when older programs must keep away. */
export const layoutVersion = 1

/**
 * Files this process has open, by device and inode. Closing any descriptor of a file ends all locks that the process has on it
 * (POSIX), so such a file must not be opened again even to look.
 */
const openHere = new Set<string>()

/** Makes the file (mode 0600) and its folder where missing, and refuses what is not ours. Returns what to call at the end. */
export function claimFile(path: string): () => void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
    const { dev, ino, mode } = statSync(path)
    const name = `${dev}:${ino}`
    if (openHere.has(name)) throw new StoreOpenError(`the store ${path} is open in this process already`)
    checkHeader(path)
    if ((mode & 0o077) !== 0) chmodSync(path, 0o600)
    openHere.add(name)
    return () => { openHere.delete(name) }
  } catch (error) {
    throw explain(path, error)
  }
}

/** Other processes are told this number when they find the file locked; a courtesy, so a full disk does not matter. */
export function writePid(path: string): void {
  try { writeFileSync(pidFile(path), `${process.pid}\n`, { mode: 0o600 }) } catch { /* they will not be told */ }
}
export function removePid(path: string): void {
  try { unlinkSync(pidFile(path)) } catch { /* gone already */ }
}
export function inUse(path: string): StoreOpenError {
  let holder = 'another process'
  try { holder = `process ${Number(readFileSync(pidFile(path), 'utf8')) || 'unknown'}` } catch { /* it has not said */ }
  return new StoreOpenError(`the store ${path} is in use by ${holder}; stop it first, or choose another data directory`)
}

const pidFile = (path: string) => `${path}.pid`

function checkHeader(path: string): void {
  const header = Buffer.alloc(100)
  const file = openSync(path, 'r')
  let length: number
  try { length = readSync(file, header, 0, 100, 0) } finally { closeSync(file) }
  if (length === 0) return
  // A first start that was cut short leaves a journal with which SQLite makes the file empty again.
  if (existsSync(`${path}-journal`)) return
  if (length < 100 || header.toString('latin1', 0, 16) !== 'SQLite format 3\0' || header.readUInt32BE(68) !== applicationId) {
    throw new StoreOpenError(`${path} is not a store of this program; it was left as it is. Choose another data directory, or move the file away to begin an empty cluster`)
  }
  checkVersion(path, header.readUInt32BE(60))
}

export function checkVersion(path: string, version: number): void {
  if (version > layoutVersion) throw new StoreOpenError(`the store ${path} has layout ${version}, this program knows up to ${layoutVersion}; it was left as it is. Use the newer program that wrote it`)
}

/** Turns a failure of the file system into something that says what to do. */
function explain(path: string, error: unknown): Error {
  if (error instanceof StoreOpenError) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const advice = code === 'EACCES' || code === 'EPERM' ? 'run as the owner of the data directory or choose another one'
    : code === 'ENOSPC' ? 'make room on the disk'
      : code === 'EROFS' ? 'choose a data directory on a writable disk'
        : 'check the data directory'
  return new StoreOpenError(`cannot open the store ${path}: ${error instanceof Error ? error.message : String(error)}; ${advice}`, { cause: error })
}
