// Running the tools of the machine: ip, nft, conntrack. Lists of arguments only, never a shell; every call has a deadline.
import { spawn } from 'node:child_process'

export interface ToolOptions {
  /** Written to the tool's standard input. */
  readonly input?: string
  /** How long it may take before it is killed. */
  readonly timeoutMs?: number
  /** What stands before the tool, such as `nsenter --net=/run/netns/x`. */
  readonly enter?: readonly string[]
}

/** A tool that failed: its exit code and what it said. */
export class ToolError extends Error {
  readonly code: number
  constructor(argv: readonly string[], code: number, said: string) {
    super(`${argv.join(' ')} failed (${code}): ${said.trim() || 'it said nothing'}`)
    this.name = 'ToolError'
    this.code = code
  }
}

const defaultTimeoutMs = 10_000
const longestOutput = 64 << 20
const longestComplaint = 2000

/** The tools of a system administrator are not on everybody's path. */
const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`

/** The arguments that put a tool into a network namespace. Unlike `ip netns exec`, /sys stays as it is. */
export const inNamespace = (netnsPath: string): readonly string[] => ['nsenter', `--net=${netnsPath}`]

/** Runs a tool and gives what it printed. Rejects with ToolError when it fails, is not there or takes too long. */
export function runTool(argv: readonly string[], options: ToolOptions = {}): Promise<string> {
  const { input, timeoutMs = defaultTimeoutMs, enter = [] } = options
  const [command = '', ...args] = [...enter, ...argv]
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], env: { ...process.env, PATH: path, LC_ALL: 'C' } })
    const out: Buffer[] = []
    let size = 0
    let said = ''
    let late = false
    const timer = setTimeout(() => { late = true; child.kill('SIGKILL') }, timeoutMs)
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= longestOutput) out.push(chunk)
      else child.kill('SIGKILL')
    })
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => { if (said.length < longestComplaint) said += chunk.slice(0, longestComplaint) })
    // A tool that ends before it has read everything breaks the pipe; its exit code tells the story.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      reject(new ToolError(argv, 127, error.code === 'ENOENT' ? `${command} is not installed: run ./proa setup` : error.message))
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve(Buffer.concat(out).toString())
      else if (late) reject(new ToolError(argv, 124, `no end after ${timeoutMs} ms`))
      else reject(new ToolError(argv, code ?? 128, size > longestOutput ? `more than ${longestOutput} bytes of output` : said || `ended by ${signal}`))
    })
  })
}

/** Runs a tool whose failure means "not there". */
export async function tryTool(argv: readonly string[], options: ToolOptions = {}): Promise<string | undefined> {
  try {
    return await runTool(argv, options)
  } catch (error) {
    if (error instanceof ToolError && error.code !== 124 && error.code !== 127) return undefined
    throw error
  }
}
