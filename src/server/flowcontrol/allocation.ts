// How many seats each priority level gets: in name by its shares, for now by what it needs, lending and borrowing within bounds (KEP-1040).
import type { PriorityLevelConfiguration } from '#kinds'

export interface Limits { readonly nominal: number; readonly least: number; readonly most: number }

const sharesOf = ({ spec }: PriorityLevelConfiguration): number => spec.limited?.nominalConcurrencyShares ?? spec.exempt?.nominalConcurrencyShares ?? 0

/** The seats of each level by name, out of `total`. */
export function limitsOf(levels: readonly PriorityLevelConfiguration[], total: number): Map<string, Limits> {
  const shares = levels.reduce((sum, level) => sum + sharesOf(level), 0)
  return new Map(levels.map((level) => {
    const { limited, exempt } = level.spec
    const nominal = shares === 0 ? 0 : Math.ceil(total * sharesOf(level) / shares)
    const lendable = Math.round(nominal * (limited?.lendablePercent ?? exempt?.lendablePercent ?? 0) / 100)
    const borrowing = limited?.borrowingLimitPercent === undefined ? total : Math.round(nominal * limited.borrowingLimitPercent / 100)
    return [level.metadata.name, { nominal, least: nominal - lendable, most: nominal + borrowing }]
  }))
}

export interface Claim { readonly lower: number; readonly upper: number; readonly target: number }
/** Targets of nothing would leave nothing to share by. */
const leastTarget = 0.001
const precision = 1e-9

/**
 * Parts `total` so that everybody gets the same fraction of its target, but no less than its lower and no more than its upper bound. Where the
 * bounds do not allow the sum, everybody gets the nearer bound.
 */
export function fairShares(total: number, claims: readonly Claim[]): { readonly shares: number[]; readonly fraction: number } {
  const at = (fraction: number) => claims.map(({ lower, upper, target }) => Math.min(upper, Math.max(lower, fraction * Math.max(target, leastTarget))))
  const sum = (shares: readonly number[]) => shares.reduce((all, share) => all + share, 0)
  let low = 0, high = Math.max(1, ...claims.map(({ upper, target }) => upper / Math.max(target, leastTarget)))
  if (sum(at(low)) >= total) return { shares: at(low), fraction: low }
  if (sum(at(high)) <= total) return { shares: at(high), fraction: high }
  while (high - low > precision * Math.max(1, low)) {
    const middle = (low + high) / 2
    if (sum(at(middle)) < total) low = middle
    else high = middle
  }
  return { shares: at(high), fraction: high }
}

/** Between two adjustments the demand of a level is watched: mean, deviation and the most, over time. */
export class Demand {
  #value = 0
  #since: number
  #began: number
  #area = 0
  #squares = 0
  #most = 0
  constructor(now: number) { this.#since = this.#began = now }

  set(value: number, now: number): void {
    const ms = now - this.#since
    this.#area += this.#value * ms
    this.#squares += this.#value * this.#value * ms
    this.#since = now
    this.#value = value
    if (value > this.#most) this.#most = value
  }
  /** What was since the last time this was asked. */
  take(now: number): { readonly average: number; readonly deviation: number; readonly most: number } {
    this.set(this.#value, now)
    const ms = now - this.#began, average = ms > 0 ? this.#area / ms : this.#value
    const deviation = ms > 0 ? Math.sqrt(Math.max(0, this.#squares / ms - average * average)) : 0
    const most = this.#most
    this.#began = now
    this.#area = this.#squares = 0
    this.#most = this.#value
    return { average, deviation, most }
  }
}
