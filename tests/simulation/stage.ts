// A cluster in trouble, by the dice of a seed: everything that a scenario does and everything that goes wrong follows from it. Promises are
// looked at after every revision of the store, not only in the end, so that nothing passes between two looks.
import type { AnyObject, Kind } from '#machinery'
import { is, seeded } from '#machinery'
import { isAnother, TestCluster, type FaultOptions, type TestClusterOptions } from '#testing'

export interface Scenario {
  /** What it is called on the command line. */
  readonly name: string
  /** What holds whatever goes wrong. */
  readonly promise: string
  readonly cluster?: TestClusterOptions
  play(stage: Stage): Promise<void>
}

const mostRemembered = 80
const decoder = new TextDecoder()

/** What has happened to an object at one revision. */
export interface Happening<T> { readonly now: T | undefined; readonly before: T | undefined; readonly revision: number }

export class Stage {
  readonly cluster: TestCluster
  readonly dice: () => number
  /** What was promised and not kept, each said once, with the revision at which it was seen first. */
  readonly broken = new Map<string, number>()
  /** What happened last, for whoever must find out why. */
  readonly history: string[] = []
  /** A number that depends on everything that was stored: the same seed gives the same. */
  fingerprint = 0
  readonly #stops: (() => void)[] = []

  constructor(cluster: TestCluster, dice: () => number) {
    this.cluster = cluster
    this.dice = dice
    this.#stops.push(cluster.plane.store.watch('/registry/', '/registry0', cluster.plane.store.revision, ({ events }) => {
      for (const { kv } of events) for (const text of [kv.key, String(kv.value.length)]) for (let i = 0; i < text.length; i++) this.fingerprint = (Math.imul(this.fingerprint, 31) + text.charCodeAt(i)) | 0
    }))
  }

  roll(below: number): number { return Math.floor(this.dice() * below) }
  chance(of: number): boolean { return this.dice() < of }
  get now(): number { return this.cluster.clock.now() }
  note(text: string): void {
    this.history.push(`${this.now % 1e8} ${text}`)
    if (this.history.length > mostRemembered) this.history.shift()
  }
  /** A promise is broken. What happened before is kept as it was at the first. */
  complain(what: string): void {
    if (this.broken.has(what)) return
    if (this.broken.size === 0) this.broken.set(`${what}, after\n${this.history.join('\n')}`, this.cluster.plane.store.revision)
    this.broken.set(what, this.cluster.plane.store.revision)
  }
  expect(holds: boolean, what: string): void { if (!holds) this.complain(what) }

  /** All objects of a kind as the store has them, kept fresh; `seen` is called after every change of one. */
  follow<T extends AnyObject>(kind: Kind<T>, seen: (happening: Happening<T>) => void = () => {}): ReadonlyMap<string, T> {
    const { store } = this.cluster.plane, objects = new Map<string, T>(), [start, end] = [kind.storagePrefix, `${kind.storagePrefix.slice(0, -1)}0`]
    const decode = (bytes: Uint8Array) => JSON.parse(decoder.decode(bytes)) as T
    for (const { key, value } of store.range(start, end).kvs) objects.set(key, decode(value))
    this.#stops.push(store.watch(start, end, store.revision, ({ events, revision }) => {
      for (const { type, kv } of events) {
        const before = objects.get(kv.key), now = type === 'DELETE' ? undefined : decode(kv.value)
        if (now) objects.set(kv.key, now)
        else objects.delete(kv.key)
        seen({ now, before, revision })
      }
    }))
    return objects
  }

  /** What a user tries; that the thing is not there any more, or was changed by another, is his own business. */
  async attempt(does: Promise<unknown>, ...allowed: readonly string[]): Promise<boolean> {
    try { await does; return true } catch (error) {
      if (isAnother(error)) return false
      if (!['NotFound', 'Conflict', ...allowed].some((reason) => is(error, reason as 'NotFound'))) throw error
      return false
    }
  }
  /** Time passes; now and then everybody dies, or the clock is set. */
  async pass(ms: number, trouble: { readonly crash?: number; readonly jump?: number } = {}): Promise<void> {
    if (this.chance(trouble.crash ?? 0.05)) { this.note('everybody dies'); this.cluster.crash() }
    if (this.chance(trouble.jump ?? 0.03)) {
      const jump = this.roll(40_000) - 10_000
      this.note(`the clock jumps by ${jump}`)
      this.cluster.clock.jump(jump)
    }
    await this.cluster.clock.advance(this.roll(ms))
  }
  end(): void { for (const stop of this.#stops.splice(0)) stop() }
}

const faultsFor = (dice: () => number): FaultOptions => ({
  lateMs: Math.floor(dice() * 800), brokenWatches: dice() * 0.05, expiredWatches: dice() * 0.2, repeatedEvents: dice() * 0.2, conflicts: dice() * 0.2, failures: dice() * 0.05, lostAnswers: dice() * 0.1,
  ...(dice() < 0.6 && { dies: dice() * 0.05, deaths: 4 }),
})

/** Plays a scenario by its seed; rejects when a promise was broken. Resolves with a number that is the same whenever it is played. */
export async function play(scenario: Scenario, seed: number): Promise<number> {
  const dice = seeded(seed * 7919 + scenario.name.length), slow = dice() < 0.5 ? 100 : 4_000, nodeDice = seeded(seed)
  await using cluster = await TestCluster.start({ seed, nodes: 3, podMs: () => 50 + Math.floor(nodeDice() * slow), faults: faultsFor(dice), ...scenario.cluster })
  const stage = new Stage(cluster, dice)
  try {
    await scenario.play(stage)
  } catch (error) {
    stage.complain(error instanceof Error ? error.message : String(error))
  }
  stage.end()
  if (stage.broken.size > 0) throw new Error(`${scenario.promise}: broken by seed ${seed} (SEED=${seed} npm run simulate -- ${scenario.name})\n${[...stage.broken].map(([what, revision]) => `at revision ${revision}: ${what}`).join('\n')}`)
  return stage.fingerprint
}
