// kubectl: the one on the PATH if it is new enough, else Debian's own package from a newer suite, in a private folder. The
// binary is static, so that a newer suite's runs on an older Debian; the system's apt configuration is not touched.
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { privateKubectl } from '../data-dir.ts'
import { Failure } from '../failure.ts'
import { runProgram } from '../run-program.ts'
import { findMirror, readAptSources } from './apt-sources.ts'
import { debianCodename, findProgram } from './machine.ts'

/** Older ones are not supported. (Skew: kubectl talks to servers one minor version away, in practice to far more.) */
export const oldestKubectl = { major: 1, minor: 30 }
/** The first Debian suite whose kubectl is new enough, and what stands after it. */
const suites = ['forky', 'sid']
const versionTimeoutMs = 10_000
const aptTimeoutMs = 180_000

export interface Kubectl { readonly path: string; readonly version: string; readonly private: boolean }

/** The kubectl to use: the PATH's if it is new enough, else the private one. undefined: there is none, run setup. */
export async function findKubectl(dataDir: string): Promise<Kubectl | undefined> {
  const onPath = findProgram('kubectl')
  for (const path of [onPath, privateKubectl(dataDir)]) {
    if (path === undefined || !existsSync(path)) continue
    const version = await kubectlVersion(path)
    if (version && isNewEnough(version)) return { path, version, private: path !== onPath }
  }
  return undefined
}

/** `v1.36.4`, or what a dispatcher in front of several says of itself; undefined when it does not run. */
export async function kubectlVersion(path: string): Promise<string | undefined> {
  // --client does not talk to a cluster; a dispatcher answers this for itself as well.
  const { code, stdout } = await runProgram(path, ['version', '--client', '-o', 'json'], { timeoutMs: versionTimeoutMs, env: { KUBECONFIG: '/dev/null' } })
  if (code !== 0) return undefined
  try {
    const { clientVersion } = JSON.parse(stdout) as { clientVersion?: { gitVersion?: unknown } }
    return typeof clientVersion?.gitVersion === 'string' ? clientVersion.gitVersion : undefined
  } catch {
    return undefined
  }
}

/** Whether a version (`v1.32.4-dispatcher`) is at least the oldest supported one. */
export function isNewEnough(version: string): boolean {
  const match = /^v?(\d+)\.(\d+)/.exec(version)
  if (!match) return false
  const [major, minor] = [Number(match[1]), Number(match[2])]
  return major > oldestKubectl.major || (major === oldestKubectl.major && minor >= oldestKubectl.minor)
}

/** Fetches Debian's newer kubectl into the data directory. Works for any user of a Debian machine. */
export async function installPrivateKubectl(dataDir: string, progress: (line: string) => void): Promise<Kubectl> {
  const codename = debianCodename()
  const mirror = codename && findMirror(readAptSources(), codename)
  if (!mirror || !findProgram('apt-get') || !findProgram('dpkg-deb')) {
    throw new Failure(`cannot fetch kubectl: this is not a Debian with a configured mirror. Install kubectl ${oldestKubectl.major}.${oldestKubectl.minor} or newer and put it on the PATH.`)
  }
  const work = mkdtempSync(join(tmpdir(), 'proa-kubectl-'))
  try {
    for (const suite of suites) {
      progress(`fetching kubectl from Debian ${suite}`)
      const deb = await download(work, suite, mirror)
      if (!deb) continue
      await must('dpkg-deb', ['-x', deb, join(work, 'root')], work)
      const unpacked = join(work, 'root', 'usr', 'bin', 'kubectl')
      const version = existsSync(unpacked) ? await kubectlVersion(unpacked) : undefined
      if (!version || !isNewEnough(version)) continue
      return { path: install(unpacked, dataDir), version, private: true }
    }
    throw new Failure(`Debian's mirror ${mirror.uri} has no kubectl ${oldestKubectl.major}.${oldestKubectl.minor} or newer in ${suites.join(' or ')}. Install one and put it on the PATH.`)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Downloads the package with an apt configuration of its own: own sources, lists, cache, and no installed packages. */
async function download(work: string, suite: string, mirror: { uri: string; signedBy: string | undefined }): Promise<string | undefined> {
  const dir = join(work, suite)
  for (const part of ['lists/partial', 'cache/archives/partial', 'out']) mkdirSync(join(dir, part), { recursive: true })
  writeFileSync(join(dir, 'sources.list'), `deb ${mirror.signedBy ? `[signed-by=${mirror.signedBy}] ` : ''}${mirror.uri} ${suite} main\n`)
  writeFileSync(join(dir, 'status'), '')
  const own = {
    'Dir::Etc::SourceList': join(dir, 'sources.list'), 'Dir::Etc::SourceParts': '-', 'Dir::State::Lists': join(dir, 'lists'),
    'Dir::State::Status': join(dir, 'status'), 'Dir::Cache': join(dir, 'cache'), 'Acquire::Languages': 'none', 'Acquire::Retries': '2',
    'Acquire::http::Timeout': '30', 'Acquire::https::Timeout': '30',
    // The files go to a folder that apt's own user cannot read.
    ...(process.getuid?.() === 0 ? { 'APT::Sandbox::User': 'root' } : {}),
  }
  const options = Object.entries(own).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  // Hooks of the machine's configuration (software catalogues and the like) are none of a private list's business.
  const config = join(dir, 'apt.conf')
  writeFileSync(config, '#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n#clear Acquire::IndexTargets::deb::DEP-11;\n')
  const updated = await runProgram('apt-get', [...options, '-c', config, '-qq', 'update'], { timeoutMs: aptTimeoutMs, cwd: dir })
  if (updated.code !== 0) return undefined
  const { code } = await runProgram('apt-get', [...options, '-c', config, '-qq', 'download', `kubectl/${suite}`], { timeoutMs: aptTimeoutMs, cwd: join(dir, 'out') })
  const deb = readdirSync(join(dir, 'out')).find((name) => name.endsWith('.deb'))
  return code === 0 && deb ? join(dir, 'out', deb) : undefined
}

function install(unpacked: string, dataDir: string): string {
  const path = privateKubectl(dataDir)
  mkdirSync(join(dataDir, 'bin'), { recursive: true, mode: 0o755 })
  const staged = `${path}.${process.pid}`
  try {
    // Data directory and temporary folder may lie on different file systems: copy, then rename.
    copyFileSync(unpacked, staged)
    chmodSync(staged, 0o755)
    renameSync(staged, path)
  } finally { rmSync(staged, { force: true }) }
  return path
}

async function must(command: string, args: readonly string[], cwd: string): Promise<void> {
  const { code, stderr } = await runProgram(command, args, { timeoutMs: aptTimeoutMs, cwd })
  if (code !== 0) throw new Failure(`${command} failed: ${stderr.trim().split('\n').at(-1) ?? `exit ${code}`}`)
}
