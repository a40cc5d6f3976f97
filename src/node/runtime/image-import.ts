import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { RuntimeError } from './errors.ts'
import type { CallOptions } from './runtime.ts'

/** Takes an image archive (plain or gzipped) into containerd by `ctr images import`. Returns the images' full names. */
export async function importWithCtr(ctr: string, socket: string, tar: Readable, options: CallOptions & { readonly timeoutMs: number }): Promise<readonly string[]> {
  const deadline = AbortSignal.timeout(options.timeoutMs)
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline
  const child = spawn(ctr, ['--address', socket, '--namespace', 'k8s.io', 'images', 'import', '-'], { stdio: ['pipe', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { if (output.length < maxOutput) output += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { if (errors.length < maxOutput) errors += text })
  const ended = new Promise<number | null>((resolve, reject) => { child.on('error', reject); child.on('close', resolve) })
  // When ctr refuses what it reads, it stops reading; its own words say more than the broken pipe.
  const sent = pipeline(tar, child.stdin).then(() => undefined, (error: Error) => error)
  try {
    const code = await ended
    const unsent = await sent
    if (code === 0 && unsent === undefined) return [...output.matchAll(/^unpacking (\S+) \(/gm)].map(([, name]) => name!)
    const unread = unsent !== undefined && !['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes((unsent as NodeJS.ErrnoException).code ?? '')
    const why = unread ? unsent.message : errors.trim().replace(/^ctr: /, '') || unsent?.message || `${ctr} ended with ${code}`
    throw new RuntimeError('Failed', `the image archive could not be imported: ${why}`, unsent)
  } catch (error) {
    if (error instanceof RuntimeError) throw error
    if (deadline.aborted) throw new RuntimeError('DeadlineExceeded', `importing the image took longer than ${options.timeoutMs} ms`, error)
    if (options.signal?.aborted) throw new RuntimeError('Cancelled', 'the import was cancelled', error)
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new RuntimeError('Unavailable', `${ctr} is not installed; it comes with containerd`, error)
    throw new RuntimeError('Failed', `the image archive could not be imported: ${(error as Error).message}`, error)
  } finally {
    tar.destroy()
  }
}

const maxOutput = 64 << 10
