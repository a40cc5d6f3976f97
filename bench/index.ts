// npm run bench: the figures of docs/benchmarks.md, printed beside what they should be. Takes about twelve minutes; starts real nodes where it can
// (root and containerd). `npm run bench -- server` runs one section: start, pods, scheduling, controllers, cel, server, floor, h2load, pipeline, watch, memory, store, custom-resources.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runCel } from './cel.ts'
import { runControllers } from './controllers.ts'
import { runPods } from './pods.ts'
import { runScheduling } from './scheduling.ts'

const root = dirname(import.meta.dirname)
export const print = (what: string, figure: string, goal = '') => { console.log(`${what.padEnd(62)}${figure.padStart(24)}${goal && `   (${goal})`}`) }
const heading = (text: string) => { console.log(`\n${text}`) }

const sections: Readonly<Record<string, () => Promise<void>>> = {
  start: runStart,
  pods: runPods,
  scheduling: runScheduling,
  controllers: () => runControllers(),
  cel: runCel,
  server: () => program('bench/server.ts'),
  floor: () => program('bench/floor.ts'),
  h2load: () => program('bench/h2load.ts'),
  pipeline: () => program('bench/pipeline.ts'),
  watch: () => program('bench/watch.ts'),
  memory: () => program('bench/memory.ts'),
  store: () => program('bench/store.ts'),
  'custom-resources': () => program('bench/custom-resources.ts'),
}

/** From nothing to an answering API, from this clone and from an installed package, and what it needs when idle. */
async function runStart(): Promise<void> {
  heading('start-up and rest')
  const bundle = join(root, 'dist/package/proa')
  spawnSync(process.execPath, [...process.execArgv, join(root, 'tools/bundle.ts')], { cwd: root })
  for (const [what, command, goal] of [['clone', join(root, 'proa'), '<= 1 s'], ['installed package', bundle, '<= 0.5 s']] as const) {
    if (!existsSync(command)) continue
    const folder = mkdtempSync(join(tmpdir(), 'proa-bench-')), env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, PROA_HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') }
    const proa = (...args: string[]) => spawnSync(command, [...args, '--name', 'bench'], { env, encoding: 'utf8', timeout: 60_000 })
    const times: number[] = []
    try {
      for (let i = 0; i < 5; i++) {
        const begun = performance.now(), { status, stderr } = proa('up', '--runtime', 'simulated', '--simulate', '1', '--detach')
        if (status !== 0) throw new Error(stderr)
        times.push(performance.now() - begun)
        if (i === 4) {
          await new Promise((resolve) => setTimeout(resolve, 20_000)) // what it is like at rest, not at birth
          const { pid } = JSON.parse(readFileSync(join(folder, 'bench', 'control-plane.pid'), 'utf8')) as { pid: number }, before = cpuTicks(pid)
          await new Promise((resolve) => setTimeout(resolve, 60_000))
          print(`${what}: memory at rest, controllers, scheduler and a node`, `${Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000)} MB`, '<= 120 MB')
          print(`${what}: processor at rest`, `${((cpuTicks(pid) - before) / 60).toFixed(2)} % of a core`, '< 0.5 %')
        }
        proa('down', ...(i % 2 ? ['--delete-data'] : []))
      }
      print(`${what}: from the command to an answering API, 5 times`, times.map((t) => (t / 1000).toFixed(2)).join(' ') + ' s', goal)
    } finally { proa('down', '--delete-data'); rmSync(folder, { recursive: true, force: true }) }
  }
}
const cpuTicks = (pid: number): number => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '); return Number(f[11]) + Number(f[12]) }

async function program(file: string): Promise<void> {
  heading(file)
  const child = spawn(process.execPath, [...process.execArgv, join(root, file)], { stdio: 'inherit' })
  await once(child, 'close')
}

if (import.meta.main) {
  console.log(`Proa on ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}; client and server share them`)
  const wanted = process.argv.slice(2)
  for (const [name, run] of Object.entries(sections)) if (wanted.length === 0 || wanted.includes(name)) await run()
}
