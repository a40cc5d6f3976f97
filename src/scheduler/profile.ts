// A profile: which plugins take part in which step, in which order, and how much their scores weigh. It runs the steps that cannot wait.
import type { Cycle } from './cycle-state.ts'
import { noFigures, type ExtensionPoint, type Figures } from './figures.ts'
import type { NodeScore, Plugin, PostFilterResult, Refusals } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'
import type { FullRound } from './full-round.ts'
import { BySignature, RememberedByPod } from './remembered.ts'
import { isRejected, isSuccess, unschedulable, type Code, type Status } from './status.ts'

export const points = ['preEnqueue', 'queueSort', 'preFilter', 'filter', 'postFilter', 'preScore', 'score', 'reserve', 'permit', 'preBind', 'bind', 'postBind'] as const
export type Point = typeof points[number]
/** By which method a plugin takes part in a step. */
export const methodOf = (point: Point): keyof Plugin => (point === 'queueSort' ? 'before' : point)

export type PluginsByPoint = Readonly<Record<Point, readonly Plugin[]>>
/** The first refusal of a node and whose it is; no status: it fits. */
export interface Answer { readonly status?: Status; readonly by: string }
interface BeforeFilter {
  readonly refusal?: Status
  readonly by?: string
  /** Only these nodes may be asked. */
  readonly only?: ReadonlySet<string>
  readonly restrictedBy: readonly string[]
}
interface Refusal { readonly status: Status; readonly by: string }
const codeOf = (status: Status | undefined): Code => status?.code ?? 'Success'
const codeOfRefusal = (refusal: Refusal | undefined): Code => codeOf(refusal?.status)
/** Each holds an answer for every node. */
const mostRounds = 16
const noRestriction: BeforeFilter = { restrictedBy: [] }

export class Profile {
  readonly name: string
  readonly percentageOfNodesToScore: number | undefined
  readonly #at: PluginsByPoint
  readonly #weights: ReadonlyMap<string, number>
  readonly #following: readonly Plugin[]
  /** What tests said of nodes, for pods that ask for the same. */
  readonly answers = new RememberedByPod<Answer>()
  /** Searches in which no node would do. */
  readonly rounds = new BySignature<FullRound>(mostRounds)
  readonly #localScores = new RememberedByPod<number>()

  readonly #figures: Figures

  constructor(name: string, at: PluginsByPoint, weights: ReadonlyMap<string, number>, percentageOfNodesToScore?: number, figures = noFigures) {
    this.#figures = figures
    this.name = name
    this.#at = at
    this.#weights = weights
    this.#following = at.preFilter.filter((plugin) => plugin.podAdded || plugin.podRemoved)
    this.percentageOfNodesToScore = percentageOfNodesToScore
  }
  at(point: Point): readonly Plugin[] { return this.#at[point] }
  /** Every plugin that takes part in anything. */
  get plugins(): ReadonlySet<Plugin> { return new Set(points.flatMap((point) => this.#at[point])) }
  get scores(): boolean { return this.#at.score.length > 0 }

  /** Runs a step and tells how long it took; `codeOf` says what came of it. */
  timed<T>(point: ExtensionPoint, run: () => T, codeOf: (result: T) => Code): T {
    const begun = this.#figures.now(), result = run()
    this.#figures.stepped(this.name, point, codeOf(result), this.#figures.now() - begun)
    return result
  }
  /** The same of a step that waits. */
  async timedWait<T>(point: ExtensionPoint, run: () => Promise<T>, codeOf: (result: T) => Code): Promise<T> {
    const begun = this.#figures.now(), result = await run()
    this.#figures.stepped(this.name, point, codeOf(result), this.#figures.now() - begun)
    return result
  }

  /** The first plugin that does not want the pod to be tried. */
  preEnqueue(pod: PodInfo): { plugin: Plugin; status: Status } | undefined {
    for (const plugin of this.#at.preEnqueue) {
      const status = plugin.preEnqueue!(pod)
      if (!isSuccess(status) && status.code !== 'Success') return { plugin, status }
    }
    return undefined
  }

  /** Prepares the tests of the cycle. */
  preFilter(cycle: Cycle): BeforeFilter { return this.timed('PreFilter', () => this.#preFilter(cycle), ({ refusal }) => refusal?.code ?? 'Success') }
  #preFilter(cycle: Cycle): BeforeFilter {
    let only: ReadonlySet<string> | undefined
    const restrictedBy: string[] = []
    for (const plugin of this.#at.preFilter) {
      const answer = plugin.preFilter!(cycle)
      if (!answer) continue
      if ('nodes' in answer) {
        restrictedBy.push(plugin.name)
        only = only ? only.intersection(answer.nodes) : answer.nodes
        if (only.size === 0) return { refusal: { code: 'UnschedulableAndUnresolvable', reasons: [restrictedBy.length === 1 ? `node(s) didn't satisfy plugin ${restrictedBy[0]}` : `node(s) didn't satisfy plugins [${restrictedBy.join(' ')}] simultaneously`] }, by: plugin.name, restrictedBy }
      } else if (answer.code === 'Skip') cycle.skipped.add(plugin)
      else if (answer.code !== 'Success') return { refusal: answer, by: plugin.name, restrictedBy }
    }
    const tests = []
    for (const plugin of this.#at.filter) {
      const test = cycle.skipped.has(plugin) ? undefined : plugin.filter!(cycle)
      if (test) tests.push({ plugin, test })
    }
    cycle.tests = tests
    const split = tests.findIndex(({ plugin }) => !plugin.local)
    cycle.local = split < 0 ? tests : tests.slice(0, split)
    cycle.others = split < 0 ? [] : tests.slice(split)
    return only ? { only, restrictedBy } : noRestriction
  }
  told(cycle: Cycle, change: 'added' | 'removed', pod: PodInfo, node: NodeInfo): void {
    for (const plugin of this.#following) if (!cycle.skipped.has(plugin)) (change === 'added' ? plugin.podAdded : plugin.podRemoved)?.call(plugin, cycle, pod, node)
  }

  /** Asks one plugin after the other whether it can make room; the reasons of those that cannot are put together. */
  postFilter(cycle: Cycle, refusals: Refusals): Promise<PostFilterResult> { return this.timedWait('PostFilter', () => this.#postFilter(cycle, refusals), ({ status }) => status?.code ?? 'Success') }
  async #postFilter(cycle: Cycle, refusals: Refusals): Promise<PostFilterResult> {
    const reasons: string[] = []
    let nominate: string | undefined
    for (const plugin of this.#at.postFilter) {
      const answer = plugin.postFilter!(cycle, refusals), result = answer instanceof Promise ? await answer : answer, { status } = result
      if (isSuccess(status) || status.code === 'UnschedulableAndUnresolvable' || !isRejected(status)) return result
      nominate = result.nominate ?? nominate
      reasons.push(...status.reasons)
    }
    return { status: unschedulable(...reasons), ...(nominate !== undefined && { nominate }) }
  }

  /** The weighted sums of all scores, by node; or what went wrong. */
  score(cycle: Cycle, nodes: readonly NodeInfo[]): number[] | Status {
    const skipped = new Set<Plugin>(), wrong = this.timed('PreScore', () => this.#preScore(cycle, nodes, skipped), codeOf)
    return wrong ?? this.timed('Score', () => this.#score(cycle, nodes, skipped), () => 'Success' as const)
  }
  #preScore(cycle: Cycle, nodes: readonly NodeInfo[], skipped: Set<Plugin>): Status | undefined {
    for (const plugin of this.#at.preScore) {
      const status = plugin.preScore!(cycle, nodes)
      if (status?.code === 'Skip') skipped.add(plugin)
      else if (status && status.code !== 'Success') return status
    }
    return undefined
  }
  #score(cycle: Cycle, nodes: readonly NodeInfo[], skipped: ReadonlySet<Plugin>): number[] {
    const totals = nodes.map(() => 0), local: { scorer: NodeScore; weight: number }[] = []
    for (const plugin of this.#at.score) {
      const scorer = skipped.has(plugin) ? undefined : plugin.score!(cycle, nodes)
      if (!scorer) continue
      const weight = this.#weights.get(plugin.name) ?? 1
      if (scorer.local) { local.push({ scorer, weight }); continue }
      const scores = nodes.map((node) => scorer.of(node))
      scorer.normalize?.(scores, nodes)
      for (let i = 0; i < scores.length; i++) totals[i]! += weight * scores[i]!
    }
    const known = this.#localScores.of(cycle.pod.signature)
    for (let i = 0; i < nodes.length; i++) {
      let sum = known.of(nodes[i]!)
      if (sum === undefined) {
        sum = 0
        for (const { scorer, weight } of local) sum += weight * scorer.of(nodes[i]!)
        known.set(nodes[i]!, sum)
      }
      totals[i]! += sum
    }
    return totals
  }

  /** Reserves with all plugins, in order; when one refuses, everything is taken back. */
  reserve(cycle: Cycle, node: NodeInfo): Refusal | undefined { return this.timed('Reserve', () => this.#reserve(cycle, node), codeOfRefusal) }
  #reserve(cycle: Cycle, node: NodeInfo): Refusal | undefined {
    for (const plugin of this.#at.reserve) {
      const status = plugin.reserve?.(cycle, node)
      if (!isSuccess(status) && status.code !== 'Success') { this.unreserve(cycle, node); return { status, by: plugin.name } }
    }
    return undefined
  }
  unreserve(cycle: Cycle, node: NodeInfo): void { for (const plugin of this.#at.reserve.toReversed()) plugin.unreserve?.(cycle, node) }

  /** The first refusal, or how long which plugins hold the pod back. */
  permit(cycle: Cycle, node: NodeInfo): { status: Status; by: string } | { waitFor: ReadonlyMap<string, number> } | undefined { return this.timed('Permit', () => this.#permit(cycle, node), (held) => (held === undefined ? 'Success' : 'status' in held ? held.status.code : 'Wait')) }
  #permit(cycle: Cycle, node: NodeInfo): { status: Status; by: string } | { waitFor: ReadonlyMap<string, number> } | undefined {
    const waitFor = new Map<string, number>()
    for (const plugin of this.#at.permit) {
      const status = plugin.permit!(cycle, node)
      if (status?.code === 'Wait') waitFor.set(plugin.name, Math.min(status.waitMs ?? longestWaitMs, longestWaitMs))
      else if (!isSuccess(status) && status.code !== 'Success') return { status, by: plugin.name }
    }
    return waitFor.size > 0 ? { waitFor } : undefined
  }
}
/** No permit plugin may hold a pod back longer. */
const longestWaitMs = 15 * 60_000

/** Scores in 0..100 by their share of the largest; `reverse`: the smallest gets the most. */
export function byLargest(scores: number[], reverse = false): void {
  const most = scores.reduce((a, b) => Math.max(a, b), 0)
  for (let i = 0; i < scores.length; i++) {
    const share = most === 0 ? 0 : Math.floor((100 * scores[i]!) / most)
    scores[i] = reverse ? 100 - share : share
  }
}
