// Values sealed with keys that a key management service seals in turn (envelope encryption): the service is asked at the start and when its key
// changes, never for a single read or write.
import { createHash, randomBytes } from 'node:crypto'
import protobuf from 'protobufjs/minimal.js'
import type { Clock, Log } from '#machinery'
import type { HealthCheck, SealingKey, SealingProvider, Transformation } from '#server'
import { aesCbc, aesGcm, seededGcm, type Cipher } from './ciphers.ts'
import type { KmsFigures } from './kms-figures.ts'
import { fieldsOf, KmsUnavailable, readAnnotations, text, writeAnnotations, type KeyService, type Sealed } from './kms-client.ts'

/** A healthy service is asked how it is so often, one that is not more often. */
const healthyMs = 60_000, unhealthyMs = 10_000
/** A key is not written with when its service has not been heard of for so long. */
const longestMs = 180_000
/** A service that does not answer is waited for so long at the start. */
const startMs = 10_000
/** Data that only the service can open is waited for so long: without it there is no cluster. */
const patienceMs = 30_000
const retryMs = 500
const mostAtOnce = 16
const seedBytes = 32

/** How a version of the protocol keeps a value and the sealed key of it. */
interface Format {
  pack(sealed: Sealed, data: Uint8Array): Uint8Array
  unpack(data: Uint8Array): { readonly sealed: Sealed; readonly data: Uint8Array; readonly isSeed: boolean }
  cipher(key: Uint8Array, isSeed: boolean): Cipher
}
interface State { readonly sealed: Sealed; readonly cipher: Cipher; until: number }
export interface KmsOptions { readonly name: string; readonly version: 'v1' | 'v2'; readonly service: KeyService; readonly clock: Clock; readonly log: Log; readonly figures?: KmsFigures }

export class KmsProvider implements SealingProvider {
  readonly prefix: string
  readonly noKey = ''
  readonly keys: readonly SealingKey[]
  readonly health: HealthCheck['check']
  readonly #options: KmsOptions
  readonly #format: Format
  /** Ciphers by what the service sealed, or why it could not open it. */
  readonly #ciphers = new Map<string, Cipher | string>()
  #state: State | undefined
  #problem: string | undefined = 'has not been asked yet'
  #cancel = () => {}

  constructor(options: KmsOptions) {
    this.#options = options
    this.#format = options.version === 'v2' ? version2 : version1
    this.prefix = `k8s:enc:kms:${options.version}:${options.name}:`
    this.health = () => { if (this.#problem !== undefined) throw new Error(`kms provider ${options.name}: ${this.#problem}`) }
    const currentForm = () => this.#state?.sealed.keyId ?? ''
    this.keys = [{
      prefix: '', seal: (path, value) => this.#seal(path, value), open: (path, data) => this.#open(path, data), form: (data) => this.#format.unpack(data).sealed.keyId,
      get currentForm() { return currentForm() },
    }]
  }

  /** Resolves when the service has answered, or has been given enough time; it is asked again and again from then on. */
  async start(): Promise<boolean> {
    const { clock } = this.#options, end = clock.now() + startMs
    while (!await this.#ask() && clock.now() < end) await new Promise<void>((resolve) => { clock.after(retryMs, resolve) })
    this.#askAgain()
    return this.#state !== undefined
  }
  stop(): void { this.#cancel(); this.#options.service.close() }

  check(): void {
    if (!this.#state) throw new Error('got unexpected nil transformer')
    const now = this.#options.clock.now()
    if (now > this.#state.until)
      throw new Error(`encryptedDEKSource with keyID hash "sha256:${createHash('sha256').update(this.#state.sealed.keyId).digest('hex')}" expired at ${goTime(this.#state.until)} (current time is ${goTime(now)})`)
  }

  /** Rejects when the service does not answer although something can be opened with it only. */
  async prepare(all: readonly Uint8Array[]): Promise<void> {
    const wanted = new Map<string, { sealed: Sealed; isSeed: boolean }>()
    for (const data of all) {
      try {
        const { sealed, isSeed } = this.#format.unpack(data), name = nameOf(sealed)
        if (typeof (this.#ciphers.get(name) ?? '') === 'string') wanted.set(name, { sealed, isSeed })
      } catch { /* told when it is opened */ }
    }
    const left = [...wanted]
    await Promise.all(Array.from({ length: Math.min(mostAtOnce, left.length) }, async () => {
      for (let next = left.pop(); next; next = left.pop()) this.#ciphers.set(next[0], await this.#fetch(next[1].sealed, next[1].isSeed))
    }))
    this.#tellHeld()
  }
  async #fetch(sealed: Sealed, isSeed: boolean): Promise<Cipher | string> {
    const { service, clock, name } = this.#options
    for (const end = clock.now() + patienceMs; ;) {
      try { return this.#format.cipher(await service.decrypt(sealed), isSeed) } catch (error) {
        if (!(error instanceof KmsUnavailable)) return `failed to decrypt DEK, error: ${messageOf(error)}`
        if (clock.now() > end)
          throw new Error(`the key management service ${name} does not answer (${error.message}), and what it sealed cannot be read without it: start it, and then the cluster`,
          { cause: error })
        await new Promise<void>((resolve) => { clock.after(retryMs, resolve) })
      }
    }
  }

  #seal(path: string, value: Uint8Array): Uint8Array {
    const { sealed, cipher } = this.#state! // asked before the write
    this.#used('to_storage', sealed)
    return this.#format.pack(sealed, cipher.seal(path, value))
  }
  #open(path: string, packed: Uint8Array): Uint8Array {
    const { sealed, data } = this.#format.unpack(packed), cipher = this.#ciphers.get(nameOf(sealed))
    if (cipher === undefined || typeof cipher === 'string') throw new Error(cipher ?? 'failed to decrypt DEK')
    this.#used('from_storage', sealed)
    return cipher.open(path, data)
  }
  /** The first version names no keys. */
  #used(type: Transformation, { keyId }: Sealed): void { if (this.#options.version === 'v2') this.#options.figures?.used(type, this.#options.name, keyId) }
  #tellHeld(): void { if (this.#options.version === 'v2') this.#options.figures?.held(this.#options.name, [...this.#ciphers.values()].filter((cipher) => typeof cipher !== 'string').length) }

  /** Asks how the service is; when its key is another, or there is none yet, has a new one sealed. */
  async #ask(): Promise<boolean> {
    const { service, clock, log, name, version, figures } = this.#options
    try {
      const { healthz, keyId, version: spoken } = await service.status()
      if (healthz !== 'ok') throw new Error(`got unexpected healthz status: ${healthz}`)
      if (version === 'v2' && spoken !== 'v2' && spoken !== 'v2beta1') throw new Error(`expected KMSv2 API version v2, got ${spoken}`)
      if (version === 'v2') figures?.heard(name, keyId)
      if (keyId === '') throw new Error('keyID is empty')
      if (this.#state?.sealed.keyId !== keyId) {
        const make = () => randomBytes(seedBytes), seed = figures ? figures.making(make) : make(), sealed = await service.encrypt(seed), cipher = this.#format.cipher(seed, true)
        if (sealed.ciphertext.length === 0) throw new Error('encrypted DEK source is empty')
        this.#state = { sealed, cipher, until: 0 }
        this.#ciphers.set(nameOf(sealed), cipher)
        this.#tellHeld()
        log.info('a new key is sealed by the key management service', { name })
      }
      this.#state.until = clock.now() + longestMs
      this.#problem = undefined
      return true
    } catch (error) {
      this.#problem = messageOf(error)
      log.warn('a key management service is not well', { name, error: this.#problem })
      return false
    }
  }
  #askAgain(): void {
    this.#cancel = this.#options.clock.after(this.#problem === undefined ? healthyMs : unhealthyMs, () => { void this.#ask().then(() => { this.#askAgain() }) })
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
const goTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
const nameOf = ({ ciphertext, keyId, annotations }: Sealed): string =>
  JSON.stringify([Buffer.from(ciphertext).toString('base64'), keyId, Object.entries(annotations).map(([k, v]) => [k, Buffer.from(v).toString('base64')]).sort()])

/** A protobuf message: encryptedData 1, keyID 2, encryptedDEKSource 3, annotations 4, encryptedDEKSourceType 5 (0: a key, 1: a seed of keys). */
const version2: Format = {
  pack({ ciphertext, keyId, annotations }, data) {
    return writeAnnotations(protobuf.Writer.create().uint32(10).bytes(data).uint32(18).string(keyId).uint32(26).bytes(ciphertext), 4, annotations).uint32(40).uint32(1).finish()
  },
  unpack(packed) {
    const f = fieldsOf(protobuf.Reader.create(packed)), type = f.get(5)?.[0]?.[0] ?? 0, data = f.get(1)?.[0], ciphertext = f.get(3)?.[0]
    if (type > 1) throw new Error(`unknown encryptedDEKSourceType: ${type}`)
    if (!data?.length) throw new Error('encrypted data is empty')
    if (!ciphertext?.length) throw new Error('failed to validate encrypted DEK source: encrypted DEK source is empty')
    return { data, isSeed: type === 1, sealed: { ciphertext, keyId: text(f.get(2)?.[0]), annotations: readAnnotations(f.get(4) ?? [], (b) => protobuf.Reader.create(b)) } }
  },
  cipher: (key, isSeed) => (isSeed ? seededGcm(key) : aesGcm(key)),
}

/** The length of the sealed key in two bytes, the sealed key, the value; long ago values were sealed with AES-CBC. */
const version1: Format = {
  pack: ({ ciphertext }, data) => Buffer.concat([Uint8Array.of(ciphertext.length >> 8, ciphertext.length & 255), ciphertext, data]),
  unpack(packed) {
    const length = ((packed[0] ?? 0) << 8) | (packed[1] ?? 0)
    if (packed.length < 2 + length) throw new Error('invalid data encountered by envelope transformer, length longer than available bytes')
    return { data: packed.subarray(2 + length), isSeed: false, sealed: { ciphertext: packed.slice(2, 2 + length), keyId: 'v1', annotations: {} } }
  },
  cipher(key) {
    const gcm = aesGcm(key), cbc = aesCbc(key)
    return { seal: gcm.seal, open(path, data) { try { return gcm.open(path, data) } catch (error) { try { return cbc.open(path, data) } catch { throw error } } } }
  },
}
