// Who measures a server from outside is a Node program like any other: what a server is started with (tools/launch.sh) is for servers.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** What any program of this repository needs. */
const everybodys = /^--(?:conditions|disable-warning)=/
const inherited = process.env['PROA_BENCH_SERVER_FLAGS']

/** The flags that a server under measurement is started with. */
export const serverFlags: readonly string[] = inherited === undefined ? process.execArgv : [...process.execArgv, ...inherited.split(' ').filter(Boolean)]

/** Runs `main` in a process without the flags of servers: this one where it has none. */
export async function asClient(main: () => Promise<void>): Promise<void> {
  const own = process.execArgv.filter((flag) => everybodys.test(flag)), others = process.execArgv.filter((flag) => !everybodys.test(flag))
  if (inherited !== undefined || others.length === 0) { await main(); return }
  const child = spawn(process.execPath, [...own, ...process.argv.slice(1)], { stdio: 'inherit', env: { ...process.env, PROA_BENCH_SERVER_FLAGS: others.join(' ') } })
  ;[process.exitCode] = await once(child, 'close') as [number]
}
