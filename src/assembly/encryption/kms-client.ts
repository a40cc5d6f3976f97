// A key management service (KMS v2 or v1beta1): another process on this machine, asked over gRPC on a unix socket.
import { randomUUID } from 'node:crypto'
import type { Client, ServiceError } from '@grpc/grpc-js'
import type { Reader, Writer } from 'protobufjs'

export type Annotations = Readonly<Record<string, Uint8Array>>
export interface Sealed { readonly ciphertext: Uint8Array; readonly keyId: string; readonly annotations: Annotations }
export interface KeyService {
  status(): Promise<{ readonly version: string; readonly healthz: string; readonly keyId: string }>
  encrypt(plaintext: Uint8Array): Promise<Sealed>
  decrypt(sealed: Sealed): Promise<Uint8Array>
  close(): void
}
/** The service could not be asked: it may be there later. */
export class KmsUnavailable extends Error { override readonly name = 'KmsUnavailable' }

const codes = ['OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists', 'PermissionDenied', 'ResourceExhausted', 'FailedPrecondition',
  'Aborted', 'OutOfRange', 'Unimplemented', 'Internal', 'Unavailable', 'DataLoss', 'Unauthenticated']
const passing = new Set([4, 14])

export async function keyService(version: 'v1' | 'v2', socket: string, timeoutMs: number, calling: (method: string) => (code: string) => void): Promise<KeyService> {
  const [{ Client: GrpcClient, credentials }, { Writer: ProtoWriter, Reader: ProtoReader }] = await Promise.all([import('@grpc/grpc-js'),
    import('protobufjs/minimal.js').then((m) => m.default ?? m)])
  const client: Client = new GrpcClient(socket.startsWith('@') ? `unix-abstract:${socket.slice(1)}` : `unix:${socket}`, credentials.createInsecure(),
    { 'grpc.default_authority': 'localhost' })
  const call = <T>(method: string, write: (to: Writer) => Writer, read: (from: Reader) => T) => new Promise<T>((resolve, reject) => {
    const path = `/${version === 'v2' ? 'v2' : 'v1beta1'}.KeyManagementService/${method}`, over = calling(path)
    client.makeUnaryRequest(path, (_: undefined) => Buffer.from(write(ProtoWriter.create()).finish()),
      (bytes) => read(ProtoReader.create(bytes)), undefined,
      { deadline: Date.now() + timeoutMs }, (error: ServiceError | null, answer?: T) => {
        const code = codes[error?.code ?? 0] ?? String(error?.code)
        over(code)
        if (!error) { resolve(answer!); return }
        const text = `rpc error: code = ${code} desc = ${error.details}`
        reject(passing.has(error.code) ? new KmsUnavailable(text, { cause: error }) : new Error(text, { cause: error }))
      })
  })
  const close = () => client.close()
  if (version === 'v1') {
    const v1beta1 = (to: Writer) => to.uint32(10).string('v1beta1')
    return {
      close,
      async status() { await call('Version', v1beta1, (from) => fieldsOf(from)); return { version: 'v1beta1', healthz: 'ok', keyId: 'v1' } },
      encrypt: (plaintext) => call('Encrypt', (to) => v1beta1(to).uint32(18).bytes(plaintext),
        (from) => ({ ciphertext: fieldsOf(from).get(1)?.[0] ?? empty, keyId: 'v1', annotations: {} })),
      decrypt: ({ ciphertext }) => call('Decrypt', (to) => v1beta1(to).uint32(18).bytes(ciphertext), (from) => fieldsOf(from).get(1)?.[0] ?? empty),
    }
  }
  return {
    close,
    status: () => call('Status', (to) => to, (from) => { const f = fieldsOf(from); return { version: text(f.get(1)?.[0]), healthz: text(f.get(2)?.[0]),
      keyId: text(f.get(3)?.[0]) } }),
    encrypt: (plaintext) => call('Encrypt', (to) => to.uint32(10).bytes(plaintext).uint32(18).string(randomUUID()), (from) => {
      const f = fieldsOf(from)
      return { ciphertext: f.get(1)?.[0] ?? empty, keyId: text(f.get(2)?.[0]), annotations: readAnnotations(f.get(3) ?? [], (b) => ProtoReader.create(b)) }
    }),
    decrypt: ({ ciphertext, keyId, annotations }) => call('Decrypt',
      (to) => writeAnnotations(to.uint32(10).bytes(ciphertext).uint32(18).string(randomUUID()).uint32(26).string(keyId), 4, annotations),
      (from) => fieldsOf(from).get(1)?.[0] ?? empty),
  }
}

const empty = new Uint8Array()
export const text = (bytes: Uint8Array = empty): string => new TextDecoder().decode(bytes)

/** All fields with bytes in them, by number; numbers come as bytes of their varint. */
export function fieldsOf(from: Reader): Map<number, Uint8Array[]> {
  const fields = new Map<number, Uint8Array[]>()
  while (from.pos < from.len) {
    const tag = from.uint32(), number = tag >>> 3
    if ((tag & 7) === 2) fields.set(number, [...fields.get(number) ?? [], from.bytes().slice()])
    else if ((tag & 7) === 0) fields.set(number, [Uint8Array.of(Math.min(255, from.uint32()))])
    else from.skipType(tag & 7)
  }
  return fields
}
export function readAnnotations(entries: readonly Uint8Array[], reader: (bytes: Uint8Array) => Reader): Annotations {
  return Object.fromEntries(entries.map((entry) => { const f = fieldsOf(reader(entry)); return [text(f.get(1)?.[0]), f.get(2)?.[0] ?? empty] }))
}
export function writeAnnotations(to: Writer, field: number, annotations: Annotations): Writer {
  for (const key of Object.keys(annotations).sort()) to.uint32(field * 8 + 2).fork().uint32(10).string(key).uint32(18).bytes(annotations[key]!).ldelim()
  return to
}
