// Asking a container's grpc.health.v1.Health service. The library is loaded when the first such probe runs.
import { formatDuration } from '#machinery'
import type { HandlerResult } from '../pods/environment.ts'
import { joinHostPort } from './dial-text.ts'

const states = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
const serving = 1
/** Status codes of gRPC. */
const deadlineExceeded = 4, unimplemented = 12

/** HealthCheckRequest { string service = 1 } */
export function healthRequest(service: string): Buffer {
  const name = Buffer.from(service), length: number[] = []
  for (let rest = name.length; ; rest >>>= 7) { length.push(rest > 127 ? (rest & 127) | 128 : rest); if (rest <= 127) break }
  return service === '' ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...length]), name])
}
/** HealthCheckResponse { ServingStatus status = 1 }; an absent field is 0. */
export const healthState = (answer: Uint8Array): number => (answer[0] === 0x08 ? answer[1] ?? 0 : 0)

export async function grpcProbe(host: string, port: number, service: string, timeoutMs: number): Promise<HandlerResult> {
  const { Client, credentials } = await import('@grpc/grpc-js')
  const address = joinHostPort(host, port), within = formatDuration(timeoutMs), deadline = Date.now() + timeoutMs
  const client = new Client(address, credentials.createInsecure(), { 'grpc.enable_http_proxy': 0, 'grpc.primary_user_agent': 'kube-probe/1.36' })
  const failed = (output: string): HandlerResult => ({ success: false, output })
  try {
    const connected = await new Promise<boolean>((resolve) => { client.waitForReady(deadline, (error) => resolve(error === undefined)) })
    if (!connected) return failed(`timeout: failed to connect service ${JSON.stringify(address)} within ${within}: context deadline exceeded`)
    return await new Promise<HandlerResult>((resolve) => {
      client.makeUnaryRequest('/grpc.health.v1.Health/Check', (b: Buffer) => b, (b: Buffer) => b, healthRequest(service), { deadline }, (error, answer) => {
        if (!error) return resolve(healthState(answer ?? Buffer.alloc(0)) === serving ? { success: true, output: 'service healthy' } : failed(`service unhealthy (responded with "${states[healthState(answer ?? Buffer.alloc(0))] ?? 'UNKNOWN'}")`))
        if (error.code === unimplemented) return resolve(failed(`error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`))
        resolve(failed(error.code === deadlineExceeded ? `timeout: health rpc did not complete within ${within}: ${error.details}` : `error: health rpc probe failed: ${error.details}`))
      })
    })
  } finally { client.close() }
}
