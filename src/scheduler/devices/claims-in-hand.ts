// Claims as the scheduler sees them: what it has promised counts before it is written.
import type { Cluster } from '#client'
import { claimNameOf, deviceResourceClaim, whyNotOf, type DeviceResourceClaim, type Pod } from '#kinds'
import { is, pause } from '#machinery'

/** When it is not known whether something was written, the server is asked so often, after so long, twice as long and so on. */
const mostTries = 6, firstRetryMs = 200

/** Promises of all profiles of one scheduler. */
const pendingOf = new WeakMap<Cluster, Map<string, DeviceResourceClaim>>()

export class ClaimsInHand {
  readonly #cluster: Cluster
  /** By uid, with the allocation that is on its way. */
  readonly #pending: Map<string, DeviceResourceClaim>
  /** Promises that may have been written already: what becomes of the pod does not matter to them. */
  readonly #kept = new Set<string>()
  constructor(cluster: Cluster) {
    this.#cluster = cluster
    const known = pendingOf.get(cluster)
    this.#pending = known ?? new Map()
    if (!known) pendingOf.set(cluster, this.#pending)
  }

  /** The claims that the pod names, in order; or why it has to wait for them. */
  of(pod: Pod): readonly DeviceResourceClaim[] | { readonly why: string } {
    const claims: DeviceResourceClaim[] = [], { namespace } = pod.metadata
    for (const entry of pod.spec.resourceClaims ?? []) {
      const known = claimNameOf(pod, entry)
      if (!('name' in known)) return { why: 'notYet' in known ? known.notYet : known.unsupported }
      if (!known.name) continue
      const claim = this.#cluster.get(deviceResourceClaim, { name: known.name, namespace })
      if (!claim) return { why: `could not find ResourceClaim "${namespace ?? ''}/${known.name}"` }
      if (claim.metadata.deletionTimestamp) return { why: `resourceclaim ${JSON.stringify(known.name)} is being deleted` }
      const why = known.generated ? whyNotOf(pod, claim) : undefined
      if (why) return { why }
      claims.push(claim)
    }
    return claims
  }
  /** All that have an allocation, or will have. */
  allocated(): readonly DeviceResourceClaim[] {
    const seen = this.#cluster.list(deviceResourceClaim).filter(({ status }) => status?.allocation), written = new Set(seen.map(({ metadata }) => metadata.uid))
    return [...seen, ...[...this.#pending.values()].filter(({ metadata }) => !written.has(metadata.uid))]
  }
  isPending({ metadata: { uid } }: DeviceResourceClaim): boolean { return this.#pending.has(uid) }
  promise(claim: DeviceResourceClaim): void { this.#pending.set(claim.metadata.uid, claim) }
  forget(uid: string): void { if (!this.#kept.has(uid)) this.#pending.delete(uid) }
  /** It is written: the promise stands until the cache shows it. */
  async written(uid: string, claim: DeviceResourceClaim): Promise<void> {
    if (!this.#pending.has(uid)) return
    const { uid: now, resourceVersion } = claim.metadata
    this.#pending.delete(uid)
    this.#pending.set(now, claim)
    this.#kept.add(now)
    try { await this.#cluster.caughtUp(deviceResourceClaim, resourceVersion) } finally { this.#drop(now) }
  }
  /** Nobody knows whether it is written: the promise stands until the server has said so, and the cache shows it. */
  async doubted(uid: string, { metadata }: DeviceResourceClaim): Promise<void> {
    if (!this.#pending.has(uid)) return
    this.#kept.add(uid)
    for (let tries = 0; tries < mostTries; tries++) {
      try { await this.#cluster.caughtUp(deviceResourceClaim, (await this.#cluster.client.get(deviceResourceClaim, metadata)).metadata.resourceVersion); break } catch (error) {
        if (is(error, 'NotFound')) break
        await pause(this.#cluster.clock, firstRetryMs * 2 ** tries)
      }
    }
    this.#drop(uid)
  }
  #drop(uid: string): void { this.#kept.delete(uid); this.#pending.delete(uid) }
}
