// Says by its exit status whether node_modules already holds what package-lock.json asks for (after an `npm install` by
// hand, say), so that the launcher need not install again. Runs on Node 20, before anything is installed.
import { readFileSync } from 'node:fs'

const root = process.argv[2] ?? '.'
const read = (file) => JSON.parse(readFileSync(`${root}/${file}`, 'utf8')).packages

function agrees() {
  const wanted = read('package-lock.json')
  const there = read('node_modules/.package-lock.json')
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue
    const found = there[path]
    // Optional packages of other platforms are listed in the lockfile and installed nowhere else.
    if (!found && entry.optional && (entry.os || entry.cpu || entry.libc)) continue
    if (!found || found.version !== entry.version || found.integrity !== entry.integrity) return false
  }
  return Object.keys(there).every((path) => path in wanted)
}

try { process.exitCode = agrees() ? 0 : 1 } catch { process.exitCode = 1 }
