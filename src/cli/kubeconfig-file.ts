// The kubeconfig files of this machine: which ones kubectl reads, and changing them whole or not at all.
import { chmodSync, chownSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { Failure, messageOf, systemCode } from './failure.ts'
import { addContext, findContext, parseKubeconfig, previousContext, removeContext, selectContext, type Access } from './kubeconfig.ts'

/** kubectl gives up at once where a lock exists; another writer needs milliseconds. */
const lockTimeoutMs = 5000

/** The files kubectl would read, in its order: the given one, else those of KUBECONFIG, else ~/.kube/config. */
export function kubeconfigFiles(given: string | undefined, env: Readonly<Record<string, string | undefined>> = process.env): string[] {
  if (given !== undefined) return [resolve(given)]
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '')
  if (listed.length > 0) return [...new Set(listed.map((file) => resolve(file)))]
  return [join(env['HOME'] ?? homedir(), '.kube', 'config')]
}

/** Throws if one of the files could not be changed, or has a context of that name which is not ours. Changes nothing. */
export function checkKubeconfigs(files: readonly string[], name: string): void {
  for (const file of files) {
    if (findContext(parseKubeconfig(read(file) ?? '', file), name) === 'foreign') {
      throw new Failure(`${file} has a context "${name}" that is not Proa's. Choose another --name, or another file with --kubeconfig FILE.`)
    }
  }
}

/** Writes a context and selects it, where kubectl itself would. Returns the file that has it now. */
export async function writeContext(files: readonly string[], name: string, access: Access): Promise<string> {
  checkKubeconfigs(files, name)
  const parsed = files.map((file) => ({ file, text: read(file), config: parseKubeconfig(read(file) ?? '', file) }))
  // As kubectl does: an entry stays in the file that has it; a new one goes to the first file there is, else to the last.
  const home = parsed.find(({ config }) => findContext(config, name) !== undefined) ?? parsed.find(({ text }) => text !== undefined) ?? parsed.at(-1)!
  // The first file that selects a context wins when they are read.
  const selecting = parsed.find(({ config }) => config.currentContext !== '') ?? home
  const selected = selecting.config.currentContext
  const previous = selected === name ? previousContext(home.config, name) : selected
  await change(home.file, (text) => {
    const added = addContext(text, home.file, name, access, previous)
    return selecting.file === home.file ? selectContext(added, home.file, name) : added
  })
  if (selecting.file !== home.file) await change(selecting.file, (text) => selectContext(text, selecting.file, name))
  return home.file
}

/** Removes a context of ours; the one selected before is selected again if it is still there. Returns the files it was in. */
export async function deleteContext(files: readonly string[], name: string): Promise<string[]> {
  const parsed = files.flatMap((file) => {
    const text = read(file)
    return text === undefined ? [] : [{ file, config: parseKubeconfig(text, file) }]
  })
  const homes = parsed.filter(({ config }) => findContext(config, name) === 'ours')
  if (homes.length === 0) return []
  const previous = previousContext(homes[0]!.config, name)
  const back = parsed.some(({ config }) => config.contexts.some((context) => context.name === previous)) ? previous : ''
  for (const { file, config } of parsed) {
    const isHome = homes.some((home) => home.file === file)
    if (!isHome && config.currentContext !== name) continue
    await change(file, (text) => {
      const removed = isHome ? removeContext(text, file, name) : text
      return config.currentContext === name ? selectContext(removed, file, back) : removed
    })
  }
  return homes.map(({ file }) => file)
}

/** Reads, changes and writes a file under kubectl's own lock; mode and owner stay, a new file is for its owner only. */
async function change(named: string, edit: (text: string) => string): Promise<void> {
  const file = follow(named)
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const unlock = await lock(file)
    try {
      const before = read(file)
      const after = edit(before ?? '')
      if (after !== before) replace(file, after)
    } finally { unlock() }
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(`cannot write ${named}: ${reason(error)}. Use --kubeconfig FILE for another one.`, 1, { cause: error })
  }
}

function replace(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`
  const old = stat(file)
  const owner = old ?? stat(dirname(file))
  const fd = openSync(temporary, 'wx', 0o600)
  try {
    try {
      writeSync(fd, text)
      fsyncSync(fd)
    } finally { closeSync(fd) }
    // Root must not take a user's kubeconfig away from them.
    if (owner && process.getuid?.() === 0 && owner.uid !== 0) chownSync(temporary, owner.uid, owner.gid)
    if (old) chmodSync(temporary, old.mode & 0o777)
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** client-go locks a kubeconfig with a file beside it, so that kubectl and we never write at once. */
async function lock(file: string): Promise<() => void> {
  const name = `${file}.lock`
  const until = performance.now() + lockTimeoutMs
  for (;;) {
    try {
      closeSync(openSync(name, 'wx', 0o600))
      return () => { rmSync(name, { force: true }) }
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error
      if (performance.now() > until) throw new Failure(`${file} is locked by another program. If none is running, remove ${name}.`)
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw new Failure(`cannot read ${file}: ${reason(error)}. Use --kubeconfig FILE for another one.`, 1, { cause: error })
  }
}

/** A link stays a link: what it points to is replaced. */
function follow(file: string): string {
  try { return realpathSync(file) } catch { return file }
}

function stat(file: string) {
  try { return statSync(file) } catch { return undefined }
}

function reason(error: unknown): string {
  switch (systemCode(error)) {
    case 'EACCES': case 'EPERM': return 'no rights'
    case 'EROFS': return 'the file system is read-only'
    case 'ENOSPC': case 'EDQUOT': return 'the disk is full'
    case 'EISDIR': return 'it is a directory'
    case 'ENOTDIR': return 'its directory is a file'
    default: return messageOf(error)
  }
}
