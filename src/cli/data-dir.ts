// Where everything of a cluster lies on this machine. The only file that knows.
//
//   <data dir>/bin/                    programs that `setup` fetched (kubectl)
//   <data dir>/<cluster>/              layout.json (version marker), control-plane.pid, kubeconfig
//                        store/ pki/   the objects, the keys
//                        logs/         one file per component
//                        nodes/<node>/ a node's containerd, images, volumes
//   <run dir>/                         sockets: short, because a socket's path has at most 107 bytes
//
// The data directory is --data-dir, else $PROA_HOME, else /var/lib/proa for root and ~/.proa for everyone else: what root
// runs must not depend on whose HOME sudo kept. The run directory is emptied by a reboot, like everything in it.
import { createHash } from 'node:crypto'
import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Failure, messageOf, systemCode } from './failure.ts'

/** The newest layout of a cluster's folder this program writes and reads. */
export const layoutVersion = 1
/** Cluster names become folders, contexts, network and cgroup names. */
export const maxClusterName = 32
/** sockaddr_un holds 108 bytes with the closing zero. */
export const maxSocketPath = 107

/** Every path of one cluster. */
export interface ClusterPaths {
  readonly name: string
  /** The data directory, which several clusters share. */
  readonly dataDir: string
  /** This cluster's part of it. */
  readonly clusterDir: string
  readonly storeDir: string
  readonly pkiDir: string
  readonly logsDir: string
  readonly nodesDir: string
  /** For sockets; at most 40 bytes, so that 67 are left below it. */
  readonly runDir: string
  readonly layoutFile: string
  readonly pidFile: string
  /** The administrator's kubeconfig (mode 0600), complete in itself. */
  readonly kubeconfigFile: string
  readonly controlPlaneLog: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** The data directory when none is given. */
export function defaultDataDir(env: Environment = process.env, uid = process.getuid?.() ?? 1): string {
  if (env['PROA_HOME']) return resolve(env['PROA_HOME'])
  return uid === 0 ? '/var/lib/proa' : join(env['HOME'] ?? homedir(), '.proa')
}

/** Where `setup` puts its own kubectl. */
export const privateKubectl = (dataDir: string): string => join(dataDir, 'bin', 'kubectl')

/** The paths of a cluster. Touches nothing. */
export function clusterPaths(name: string, dataDir: string, env: Environment = process.env, uid = process.getuid?.() ?? 1): ClusterPaths {
  const clusterDir = join(resolve(dataDir), name)
  // A hash instead of names: the same cluster name may exist in several data directories, and paths must be short.
  const id = createHash('sha256').update(clusterDir).digest('hex').slice(0, 10)
  const preferred = uid === 0 ? '/run/proa' : env['XDG_RUNTIME_DIR'] ? join(env['XDG_RUNTIME_DIR'], 'proa') : undefined
  const runDir = preferred && preferred.length + 11 <= 40 ? join(preferred, id) : join(tmpdir().length <= 12 ? tmpdir() : '/tmp', `proa-${uid}-${id}`)
  return {
    name, dataDir: resolve(dataDir), clusterDir, runDir,
    storeDir: join(clusterDir, 'store'), pkiDir: join(clusterDir, 'pki'), logsDir: join(clusterDir, 'logs'), nodesDir: join(clusterDir, 'nodes'),
    layoutFile: join(clusterDir, 'layout.json'), pidFile: join(clusterDir, 'control-plane.pid'),
    kubeconfigFile: join(clusterDir, 'kubeconfig'), controlPlaneLog: join(clusterDir, 'logs', 'control-plane.log'),
  }
}

/** Makes the folders of a cluster and its marker, or refuses what a newer Proa made. Nothing is changed when it throws. */
export function openClusterDir(paths: ClusterPaths, program: string): void {
  checkLayout(paths)
  try {
    mkdirSync(paths.clusterDir, { recursive: true, mode: 0o700 })
    for (const dir of [paths.storeDir, paths.pkiDir, paths.logsDir, paths.nodesDir]) mkdirSync(dir, { recursive: true, mode: 0o700 })
    mkdirSync(paths.runDir, { recursive: true, mode: 0o700 })
    accessSync(paths.clusterDir, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw refused(paths, error)
  }
  const run = statSync(paths.runDir)
  // In /tmp anyone can make a folder of that name first.
  if (process.getuid && run.uid !== process.getuid()) throw new Failure(`${paths.runDir} belongs to another user. Remove it, or set XDG_RUNTIME_DIR.`)
  try {
    readFileSync(paths.layoutFile)
  } catch {
    try { writeFileAtomically(paths.layoutFile, `${JSON.stringify({ layout: layoutVersion, madeBy: program })}\n`, 0o600) } catch (error) { throw refused(paths, error) }
  }
}

/** Refuses a folder that this version cannot read. A folder that is not there is fine. */
export function checkLayout(paths: ClusterPaths): void {
  let text: string
  try {
    text = readFileSync(paths.layoutFile, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return
    throw refused(paths, error)
  }
  let layout: unknown
  let madeBy: unknown
  try { ({ layout, madeBy } = JSON.parse(text) as { layout?: unknown; madeBy?: unknown }) } catch { /* answered below */ }
  if (typeof layout !== 'number') throw new Failure(`${paths.layoutFile} is damaged. Restore it from a backup, or use another --data-dir or --name.`)
  if (layout > layoutVersion) throw new Failure(`${paths.clusterDir} was made by a newer Proa (${String(madeBy)}). Use that version, or another --data-dir.`)
}

/** Whether a cluster of that name has ever been started there. */
export function clusterExists(paths: ClusterPaths): boolean {
  try { statSync(paths.layoutFile); return true } catch { return false }
}

/** Removes all of a cluster's state. The data directory itself stays. */
export function removeClusterDir(paths: ClusterPaths): void {
  checkLayout(paths)
  // What is mounted there (a pod's hostPath!) must never be deleted with it.
  const mounted = [paths.clusterDir, paths.runDir].flatMap((dir) => mountsBelow(dir, readMounts()))
  if (mounted.length > 0) throw new Failure(`${mounted[0]} is still mounted, so nothing was deleted. Run umount ${mounted[0]}, then ./proa down --delete-data again.`)
  try {
    rmSync(paths.clusterDir, { recursive: true, force: true })
    rmSync(paths.runDir, { recursive: true, force: true })
  } catch (error) {
    throw refused(paths, error)
  }
}

/** The mount points below a folder, read from /proc/self/mountinfo. */
export function mountsBelow(dir: string, mountinfo: string): string[] {
  return mountinfo.split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((point) => point === dir || point.startsWith(`${dir}/`))
}

function readMounts(): string {
  try { return readFileSync('/proc/self/mountinfo', 'utf8') } catch { return '' }
}

/** Writes a file so that readers see the old or the new content, never a part, also after a crash. */
export function writeFileAtomically(file: string, text: string, mode: number): void {
  const temporary = `${file}.${process.pid}.tmp`
  const fd = openSync(temporary, 'wx', mode)
  try {
    try {
      writeSync(fd, text)
      fsyncSync(fd)
    } finally { closeSync(fd) }
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

function refused(paths: ClusterPaths, error: unknown): Failure {
  const options = { cause: error }
  switch (systemCode(error)) {
    case 'EACCES': case 'EPERM': case 'EROFS':
      return new Failure(`no rights to use the data directory ${paths.dataDir}. Use --data-dir DIR, set PROA_HOME, or become its owner.`, 1, options)
    case 'ENOSPC': case 'EDQUOT':
      return new Failure(`the disk that holds ${paths.dataDir} is full. Free some space, or use another --data-dir.`, 1, options)
    case 'ENOTDIR': case 'EEXIST':
      return new Failure(`${paths.dataDir} is not a directory. Use another --data-dir.`, 1, options)
    default:
      return new Failure(`cannot use the data directory ${paths.dataDir}: ${messageOf(error)}`, 1, options)
  }
}
