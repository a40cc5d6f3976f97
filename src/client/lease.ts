// Leader election: of several copies of a component one holds the lease and works.
import { lease, type Lease } from '#kinds'
import { formatMicroTime, is } from '#machinery'
import { ClientClosedError, type Client } from './client.ts'

export interface ElectionOptions {
  readonly name: string
  readonly namespace?: string
  /** Unique among the candidates. */
  readonly identity: string
  /** How long others wait after the last renewal before they take over. */
  readonly leaseMs?: number
  /** A leader that could not renew for so long gives up. */
  readonly renewDeadlineMs?: number
  readonly retryMs?: number
  readonly elected: () => void
  /** Called once when a leader has lost the lease; it must stop working at once. */
  readonly lost: () => void
}

/** Takes part in an election until stopped; the returned function stops and, as leader, gives the lease back. */
export function campaign(client: Client, options: ElectionOptions): () => Promise<void> {
  const { name, namespace = 'kube-system', identity, leaseMs = 15_000, renewDeadlineMs = 10_000, retryMs = 2_000 } = options
  const target = { name, namespace }
  let leading = false, stopped = false, renewedAt = 0
  let cancel = () => {}
  // Another's lease ends on our clock, counted from when we saw it change: clocks of machines may differ.
  let seen: { version: string; at: number } | undefined
  let turning: Promise<void> = Promise.resolve()

  async function turn(): Promise<void> {
    try {
      const now = client.clock.now()
      if (await acquire(now)) {
        renewedAt = now
        if (!leading && !stopped) { leading = true; options.elected() }
      } else lose()
    } catch (error) {
      if (error instanceof ClientClosedError) { stopped = true; lose(); return }
      client.log.debug('cannot renew or get the lease; trying again', { lease: name, error })
      if (leading && client.clock.now() - renewedAt >= renewDeadlineMs) lose()
    }
    if (!stopped) cancel = client.clock.after(retryMs, () => { turning = turn() })
  }
  function lose(): void {
    if (!leading) return
    leading = false
    options.lost()
  }

  /** Whether the lease is ours after this. */
  async function acquire(now: number): Promise<boolean> {
    const time = formatMicroTime(now)
    const mine = { holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1000), acquireTime: time, renewTime: time }
    let held: Lease
    try { held = await client.get(lease, target) } catch (error) {
      if (!is(error, 'NotFound')) throw error
      await client.create(lease, { metadata: target, spec: { ...mine, leaseTransitions: 0 } })
      return true
    }
    const { spec } = held
    if (seen?.version !== held.metadata.resourceVersion) seen = { version: held.metadata.resourceVersion, at: now }
    const other = spec?.holderIdentity
    if (other && other !== identity && now - seen.at < (spec.leaseDurationSeconds ?? 0) * 1000) return false
    const same = other === identity
    await client.update(lease, { ...held, spec: {
      ...mine, acquireTime: same ? spec?.acquireTime ?? time : time, leaseTransitions: (spec?.leaseTransitions ?? 0) + (same ? 0 : 1) } })
    return true
  }

  turning = turn()
  return async () => {
    stopped = true
    cancel()
    await turning
    if (!leading) return
    lose()
    try {
      const held = await client.get(lease, target)
      if (held.spec?.holderIdentity === identity) await client.update(lease, { ...held, spec: { ...held.spec, holderIdentity: '', leaseDurationSeconds: 1 } })
    } catch (error) { client.log.debug('the lease could not be given back; it ends by itself', { lease: name, error }) }
  }
}
