// A key management service (KMS v2) over gRPC on a unix socket, as cloud providers' plugins are one: it seals with a key of its own, which can
// be turned over.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import protobuf from 'protobufjs'

const schema = protobuf.parse(`syntax = "proto3"; package v2;
  message StatusRequest {} message StatusResponse { string version = 1; string healthz = 2; string key_id = 3; }
  message DecryptRequest { bytes ciphertext = 1; string uid = 2; string key_id = 3; map<string, bytes> annotations = 4; } message DecryptResponse { bytes plaintext = 1; }
  message EncryptRequest { bytes plaintext = 1; string uid = 2; } message EncryptResponse { bytes ciphertext = 1; string key_id = 2; map<string, bytes> annotations = 3; }`).root
type Message = Record<string, any> // allowed: fields by name, as the schema above has them

export class KeyServer {
  readonly calls: string[] = []
  healthz = 'ok'
  readonly #keys = new Map<string, Buffer>()
  readonly #socket: string
  #current = ''
  #server: Server | undefined

  constructor(socket: string) {
    this.#socket = socket
    this.turnKey()
  }
  turnKey(): void {
    this.#current = `key-${this.#keys.size + 1}`
    this.#keys.set(this.#current, randomBytes(32))
  }
  async start(): Promise<void> {
    const server = this.#server = new Server()
    const answers: Record<string, (asked: Message) => Message> = {
      Status: () => ({ version: 'v2', healthz: this.healthz, keyId: this.#current }),
      Encrypt: ({ plaintext }) => {
        const iv = randomBytes(12), cipher = createCipheriv('aes-256-gcm', this.#keys.get(this.#current)!, iv)
        return { ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]), keyId: this.#current, annotations: { 'iv.example.com': iv } }
      },
      Decrypt: ({ ciphertext, keyId, annotations }) => {
        const key = this.#keys.get(keyId)
        if (!key) throw new Error(`no key ${keyId}`)
        const decipher = createDecipheriv('aes-256-gcm', key, annotations['iv.example.com']).setAuthTag(ciphertext.subarray(-16))
        return { plaintext: Buffer.concat([decipher.update(ciphertext.subarray(0, -16)), decipher.final()]) }
      },
    }
    const method = (name: string) => {
      const request = schema.lookupType(`v2.${name}Request`), response = schema.lookupType(`v2.${name}Response`)
      return { path: `/v2.KeyManagementService/${name}`, requestStream: false, responseStream: false, requestDeserialize: (b: Buffer) => request.decode(b),
        requestSerialize: (v: Message) => Buffer.from(request.encode(v).finish()), responseSerialize: (v: Message) => Buffer.from(response.encode(v).finish()),
        responseDeserialize: (b: Buffer) => response.decode(b) }
    }
    const names = Object.keys(answers)
    server.addService(Object.fromEntries(names.map((n) => [n, method(n)])),
      Object.fromEntries(names.map((n) => [n, (call: ServerUnaryCall<Message, Message>, done: sendUnaryData<Message>) => {
      this.calls.push(n)
      try { done(null, answers[n]!(call.request)) } catch (error) { done({ code: status.UNKNOWN, details: String(error) }) }
    }])))
    rmSync(this.#socket, { force: true })
    await new Promise<void>((resolve, reject) => { server.bindAsync(`unix:${this.#socket}`, ServerCredentials.createInsecure(),
      (error) => { if (error) reject(error); else resolve() }) })
  }
  stop(): void { this.#server?.forceShutdown() }
}
