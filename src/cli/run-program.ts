import { spawn } from 'node:child_process'

/** How a program ended, with the last part of what it printed. */
export interface ProgramResult { readonly code: number; readonly stdout: string; readonly stderr: string; readonly timedOut: boolean }

interface Options {
  readonly timeoutMs: number
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Called with each line of output as it comes. */
  readonly onLine?: (line: string) => void
}

const keepBytes = 256 * 1024

/** Runs a program without a shell and without input. A program that is not there ends with 127, the deadline with 124; never rejects. */
export function runProgram(command: string, args: readonly string[], { timeoutMs, cwd, env, onLine }: Options): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    let timedOut = false
    const timer = setTimeout(() => { timedOut = true; child.kill('SIGKILL') }, timeoutMs)
    for (const name of ['stdout', 'stderr'] as const) {
      let rest = ''
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        output[name] = (output[name] + chunk).slice(-keepBytes)
        if (!onLine) return
        const lines = (rest + chunk).split(/[\r\n]/)
        rest = (lines.pop() ?? '').slice(-4096)
        for (const line of lines) if (line.trim() !== '') onLine(line)
      })
    }
    const end = (code: number) => { clearTimeout(timer); resolve({ code: timedOut ? 124 : code, ...output, timedOut }) }
    child.on('error', (error) => { output.stderr += error.message; end('code' in error && error.code === 'ENOENT' ? 127 : 126) })
    child.on('close', (code, signal) => { end(signal ? 128 : code ?? 1) })
  })
}
