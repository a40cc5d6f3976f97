// Installs what real nodes need from the distribution. As root on Debian only; elsewhere it says what to do.
import { Failure } from '../failure.ts'
import { runProgram, type ProgramResult } from '../run-program.ts'
import { inspectMachine, type Machine, type Requirement } from './machine.ts'

const installTimeoutMs = 600_000
const updateTimeoutMs = 180_000
/** apt waits that long for another apt. */
const aptLockSeconds = 120

/** Installs the missing packages; a machine that lacks none is left alone. */
export async function installPackages(machine: Machine, progress: (line: string) => void): Promise<void> {
  if (machine.missing.length === 0) return
  const names = machine.missing.map((requirement) => requirement.package)
  const advice = `apt-get install ${names.join(' ')}`
  if (!machine.linux) throw new Failure('real containers need Linux. ./proa up runs simulated nodes here.')
  if (!machine.debian) throw new Failure(`setup installs on Debian only. Install these with your package manager: ${machine.missing.map(({ name }) => name).join(', ')}.`)
  if (!machine.root) throw new Failure(`setup needs root to install packages. Run: sudo ${advice}`)
  progress(`installing ${names.join(', ')}`)
  let result = await aptInstall(names, progress)
  if (result.code !== 0) {
    // The lists may be old or missing (fresh images have none): update them and try once more.
    progress('updating the package lists')
    const updated = await apt(['update'], updateTimeoutMs)
    result = await aptInstall(names, progress)
    if (result.code !== 0) throw new Failure(`apt-get could not install ${names.join(', ')}: ${lastError(result) || lastError(updated)}. Is the mirror reachable? Then run ./proa setup again, or ${advice}.`)
  }
  const still = inspectMachine().missing
  if (still.length > 0) throw new Failure(`installed, but not found afterwards: ${still.map(nameWithPackage).join(', ')}`)
}

const aptInstall = (names: readonly string[], progress: (line: string) => void): Promise<ProgramResult> =>
  apt(['install', '--yes', '--no-install-recommends', ...names], installTimeoutMs, (line) => {
    if (/^(?:Unpacking|Setting up) /.test(line)) progress(line.replace(/ \.\.\..*| \(.*/, ''))
  })

const apt = (args: readonly string[], timeoutMs: number, onLine?: (line: string) => void): Promise<ProgramResult> =>
  // A service that the package starts (containerd) is harmless: each node runs its own.
  runProgram('apt-get', ['-q', '-o', `DPkg::Lock::Timeout=${aptLockSeconds}`, '-o', 'Acquire::Retries=3', ...args],
    { timeoutMs, env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }, ...(onLine ? { onLine } : {}) })

const lastError = ({ stderr, timedOut }: ProgramResult): string =>
  timedOut ? 'it took too long' : stderr.split('\n').filter((line) => line.startsWith('E:')).at(-1)?.slice(2).trim() ?? ''

/** A requirement as a person reads it: what it is and where it comes from. */
export const nameWithPackage = ({ name, package: from }: Requirement): string => name === from ? name : `${name} (package ${from})`
