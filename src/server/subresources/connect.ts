// Subresources that connect a client with something behind the server (exec, proxy ...) are asked about in admission like writes.
import type { Call } from '../core.ts'
import { admitted } from '../write.ts'

/** Throws what admission throws. */
export async function admitConnect(call: Call): Promise<void> {
  const connect = admitted(call, 'CONNECT', { dryRun: false })
  await call.core.admission.mutate(connect, undefined, undefined)
  await call.core.admission.validate(connect, undefined, undefined)
}
