// Files that are read again when they change: certificates, keys and configurations are replaced while the server runs.
import { readFileSync, realpathSync, watch, type FSWatcher } from 'node:fs'
import { dirname } from 'node:path'
import type { Log } from '#machinery'

/** Replacing several files takes a moment; what is read too early is read again. */
const settleMs = 100

/**
 * Calls `changed` with the texts of all files, in their order, whenever one of them has another text than before. Folders are watched, not
 * files: files are replaced by renaming, and mounted Secrets by turning a link. Returns a stop function. What `changed` throws is logged.
 */
export function watchFiles(paths: readonly string[], log: Log, changed: (texts: readonly string[]) => void | Promise<void>): () => void {
  let known = JSON.stringify(paths.map(read)), timer: NodeJS.Timeout | undefined, watchers: FSWatcher[] = []
  const look = async () => {
    const texts = paths.map(read), now = JSON.stringify(texts)
    if (now === known || texts.includes(undefined)) return
    known = now
    watchAll() // a link may lead somewhere else now
    try { await changed(texts as string[]) } catch (error) { log.error('a changed file could not be taken over; what was there before stays in force', { files: paths, error }) }
  }
  const soon = () => { clearTimeout(timer); timer = setTimeout(() => { void look() }, settleMs).unref() }
  const watchAll = () => {
    for (const watcher of watchers) watcher.close()
    watchers = [...new Set(paths.flatMap(foldersOf))].flatMap((folder) => {
      try { return [watch(folder, { persistent: false }, soon).on('error', (error) => { log.warn('a folder can no longer be watched', { folder, error }) })] } catch (error) {
        log.warn('a folder cannot be watched: changes in it are not seen', { folder, error })
        return []
      }
    })
  }
  watchAll()
  return () => { clearTimeout(timer); for (const watcher of watchers) watcher.close() }
}

/** undefined while it is not there. */
function read(path: string): string | undefined { try { return readFileSync(path, 'utf8') } catch { return undefined } }
function foldersOf(path: string): string[] {
  try { return [dirname(path), dirname(realpathSync(path))] } catch { return [dirname(path)] }
}
