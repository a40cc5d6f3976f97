// A person's terminal for the real tests: programs, their output, and waiting for what must come true.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import assert from 'node:assert/strict'

export const root = dirname(dirname(import.meta.dirname))
export interface Result { readonly code: number; readonly out: string; readonly err: string }

export class Terminal {
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  constructor(cwd: string, env: NodeJS.ProcessEnv) { this.cwd = cwd; this.env = { ...process.env, ...env } }

  start(command: string, args: readonly string[]): ChildProcess { return spawn(command, args, { cwd: this.cwd, env: this.env }) }
  /** Runs to the end, at most `timeoutMs`; never rejects for an exit code. */
  async type(command: string, args: readonly string[], { input, timeoutMs = 90_000 }: { input?: string | Buffer; timeoutMs?: number } = {}): Promise<Result> {
    const child = spawn(command, args, { cwd: this.cwd, env: this.env, timeout: timeoutMs })
    let out = '', err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text })
    child.stderr.setEncoding('utf8').on('data', (text: string) => { err += text })
    child.stdin.on('error', () => {}).end(input ?? '')
    const [code] = await once(child, 'close') as [number | null]
    return { code: code ?? -1, out, err }
  }
  proa(...args: string[]): Promise<Result> { return this.type(join(root, 'proa'), args) }
  kubectl(...args: string[]): Promise<Result> { return this.type(process.env['PROA_KUBECTL'] ?? 'kubectl', args) }
  /** What kubectl prints; fails the test when it fails. */
  async k(...args: string[]): Promise<string> {
    const { code, out, err } = await this.kubectl(...args)
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${err}${out}`)
    return out
  }
}

/** Asks again until the answer is there or the deadline has passed; then fails with the last answer. */
export async function until<T>(what: string, ask: () => Promise<T>, isSo: (answer: T) => boolean, seconds = 60): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    if (isSo(answer)) return answer
    if (Date.now() > deadline) assert.fail(`${what}: not within ${seconds} s; the last answer was ${typeof answer === 'string' ? answer : JSON.stringify(answer)}`)
    await new Promise((resolve) => setTimeout(resolve, 200)) // a condition is being waited for, with a deadline
  }
}
