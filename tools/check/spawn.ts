import { fork, spawn, type ChildProcess } from 'node:child_process'

/** How a child ended: its exit code (128 + n after a signal, 124 after the time limit) and what it printed. */
export interface Ended { readonly code: number; readonly output: string; readonly message: unknown; readonly timedOut: boolean }

interface Options {
  readonly cwd: string
  readonly timeoutMs: number
  /** Show the output as it comes instead of collecting it. */
  readonly live?: boolean
  readonly env?: Record<string, string>
}

/** Runs a program in a process group of its own, which ends as a whole at the time limit. */
export const runProgram = (command: string, args: readonly string[], options: Options): Promise<Ended> =>
  watch(spawn(command, args, { cwd: options.cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } }), options)

/** Runs a file of ours on this same Node; `message` of the result is the last thing it sent. */
export const runFile = (file: string, args: readonly string[], options: Options): Promise<Ended> =>
  watch(fork(file, args, { cwd: options.cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, ...options.env } }), options)

const children = new Set<ChildProcess>()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    for (const child of children) endGroup(child, 'SIGTERM')
    setTimeout(() => { for (const child of children) endGroup(child, 'SIGKILL'); process.exit(130) }, children.size > 0 ? 5000 : 0)
  })
}

function watch(child: ChildProcess, { timeoutMs, live }: Options): Promise<Ended> {
  return new Promise((resolve) => {
    let output = ''
    let message: unknown
    let timedOut = false
    children.add(child)
    const keep = (chunk: string) => {
      if (live) process.stdout.write(chunk)
      // Bounded: a test that prints without end must not take the checker down with it.
      else if (output.length < 1_000_000) output += chunk
    }
    child.stdout?.setEncoding('utf8').on('data', keep)
    child.stderr?.setEncoding('utf8').on('data', keep)
    child.on('message', (sent) => { message = sent })
    const timer = setTimeout(() => {
      timedOut = true
      endGroup(child, 'SIGTERM')
      timer2 = setTimeout(() => { endGroup(child, 'SIGKILL') }, 10_000)
    }, timeoutMs)
    let timer2: NodeJS.Timeout | undefined
    const finish = (code: number) => {
      clearTimeout(timer); clearTimeout(timer2)
      children.delete(child)
      // What the program left running in its group goes with it; pipes it holds open must not keep us waiting.
      endGroup(child, 'SIGKILL')
      child.stdout?.destroy(); child.stderr?.destroy()
      resolve({ code, output, message, timedOut })
    }
    child.on('error', (error) => { output += error.message; finish(127) })
    child.on('exit', (code, signal) => {
      const ended = timedOut ? 124 : signal ? 128 : code ?? 1
      // Output still in the pipes is read first, within reason.
      let done = false
      const once = () => { if (!done) { done = true; finish(ended) } }
      child.on('close', once)
      setTimeout(once, 500)
    })
  })
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try { process.kill(-child.pid, signal) } catch { /* the group is gone */ }
}
