// Tokens of service accounts for pods: bound to the pod, asked for once, and anew when most of their life is over.
import { serviceAccount, type Pod } from '#kinds'
import { parseTime, type Clock, type Random } from '#machinery'
import type { Client } from '#client'

/** A token is replaced after this part of its life, at the latest after a day. */
const freshPart = 0.8
const longestMs = 24 * 60 * 60_000
/** A token that could not be replaced is asked for again after this. */
const retryMs = 30_000

interface Token { readonly token: string; readonly expires: number; renewAt: number; cancel: () => void }

export class ServiceAccountTokens {
  readonly #client: Client
  readonly #clock: Clock
  readonly #random: Random
  readonly #stale: (podUid: string) => void
  readonly #held = new Map<string, Map<string, Token>>()

  /** `stale` is called when a pod should ask for its token again. */
  constructor(options: { client: Client; clock: Clock; random: Random; stale: (podUid: string) => void }) {
    this.#client = options.client
    this.#clock = options.clock
    this.#random = options.random
    this.#stale = options.stale
  }

  /** A valid token. Rejects with ApiError. */
  async get(pod: Pod, audience: string, expirationSeconds: number): Promise<string> {
    const { uid } = pod.metadata, key = `${expirationSeconds} ${audience}`
    const held = this.#held.get(uid)?.get(key), now = this.#clock.now()
    if (held && now < held.renewAt) return held.token
    let status: { readonly token?: string; readonly expirationTimestamp?: string } | undefined
    try {
      ({ status } = await this.#client.post(serviceAccount, { namespace: pod.metadata.namespace, name: pod.spec.serviceAccountName || 'default' }, 'token', {
        apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest',
        spec: { audiences: audience === '' ? [] : [audience], expirationSeconds, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid } },
      }) as { status?: typeof status })
    } catch (error) {
      if (!held || held.expires <= now) throw error
      this.#schedule(uid, held, now + retryMs)
      return held.token
    }
    if (!status?.token || !status.expirationTimestamp) throw new Error('the API server answered a request for a token without one')
    const expires = parseTime(status.expirationTimestamp), jitter = this.#random() * 10_000
    const token: Token = { token: status.token, expires, renewAt: 0, cancel: () => {} }
    held?.cancel()
    let own = this.#held.get(uid)
    if (!own) this.#held.set(uid, own = new Map())
    own.set(key, token)
    this.#schedule(uid, token, now + Math.max(1_000, Math.min((expires - now) * freshPart, longestMs) - jitter))
    return token.token
  }
  #schedule(uid: string, token: Token, at: number): void {
    token.cancel()
    token.renewAt = at
    token.cancel = this.#clock.after(at - this.#clock.now(), () => this.#stale(uid))
  }

  /** The pod is gone. */
  release(podUid: string): void {
    for (const token of this.#held.get(podUid)?.values() ?? []) token.cancel()
    this.#held.delete(podUid)
  }
  stop(): void { for (const uid of [...this.#held.keys()]) this.release(uid) }
}
