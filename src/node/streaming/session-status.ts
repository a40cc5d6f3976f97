import type { SessionEnd } from '../runtime/runtime.ts'

/** The Status that ends a remote command, as it goes over the error channel. */
export interface SessionStatus {
  readonly metadata: object
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: { readonly causes: readonly { readonly reason?: string; readonly message: string }[] }
  readonly code?: number
}

/** Reads what a runtime wrote on the error stream: a Status as JSON, nothing for success, or plain words. */
export function sessionEnd(text: string): SessionEnd {
  if (text.trim() === '') return { failure: 'the connection to the container ended before the command did' }
  let status: SessionStatus
  try { status = JSON.parse(text) as SessionStatus } catch { return { failure: text.trim() } }
  if (status.status === 'Success') return { exitCode: 0 }
  const message = status.message ?? 'the container runtime gave no reason'
  const exitCode = status.reason === 'NonZeroExitCode' ? status.details?.causes.find(({ reason }) => reason === 'ExitCode')?.message : undefined
  if (exitCode !== undefined && /^\d+$/.test(exitCode)) return { exitCode: Number(exitCode), message }
  return { failure: message.replace(/^Internal error occurred: /, '') }
}

/** The Status for how a session ended, as the kubelet words it. */
export function sessionStatus(end: SessionEnd): SessionStatus {
  if ('failure' in end) {
    const { failure } = end
    return { metadata: {}, status: 'Failure', message: `Internal error occurred: ${failure}`, reason: 'InternalError', details: { causes: [{ message: failure }] }, code: 500 }
  }
  const { exitCode, message } = end
  if (exitCode === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {}, status: 'Failure', message: message ?? `command terminated with non-zero exit code: exit status ${exitCode}`, reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  }
}
