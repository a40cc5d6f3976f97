// Figures that the server keeps of itself, in families as Prometheus knows them. Made for a hot path: whoever counts holds the counter;
// names and labels are put together only when somebody reads.
import { goFloat } from './go-float.ts'

export interface FamilyOptions {
  readonly name: string
  /** Our words; the stability is put in front. */
  readonly help: string
  readonly stability?: 'STABLE' | 'BETA' | 'ALPHA'
  /** Release in which the reference called it deprecated. */
  readonly deprecated?: string
  readonly labels?: readonly string[]
  /** The type that is shown, where it is made anew for every reading. */
  readonly as?: 'counter'
}
export interface HistogramOptions extends FamilyOptions {
  /** Upper bounds, ascending, without +Inf. */
  readonly buckets: readonly number[]
}

export class Counter {
  value = 0
  inc(by = 1): void { this.value += by }
  reset(): void { this.value = 0 }
}
export class Gauge {
  value = 0
  set(value: number): void { this.value = value }
  add(by: number): void { this.value += by }
  /** What is, is: nothing to begin anew. */
  reset(): void {}
}
export class Histogram {
  readonly bounds: readonly number[]
  /** How many fell into each bucket, and into none, not added up. */
  readonly counts: Float64Array
  sum = 0
  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }
  observe(value: number): void { this.weigh(value, 1) }
  /** As many observations of the value at once. */
  weigh(value: number, times: number): void {
    const { bounds, counts } = this
    let i = 0
    while (i < bounds.length && value > bounds[i]!) i++
    counts[i]! += times
    this.sum += value * times
  }
  get count(): number { return this.counts.reduce((all, n) => all + n, 0) }
  reset(): void {
    this.counts.fill(0)
    this.sum = 0
  }
}

/** Some quantiles of the latest observations: as many as a minute of a busy server has, and no more. */
export class Summary {
  readonly quantiles: readonly number[]
  readonly #latest = new Float64Array(mostObservations)
  count = 0
  sum = 0
  constructor(quantiles: readonly number[]) { this.quantiles = quantiles }
  observe(value: number): void {
    this.#latest[this.count++ % mostObservations] = value
    this.sum += value
  }
  reset(): void { this.count = this.sum = 0 }
  /** NaN where nothing was observed. */
  values(): number[] {
    const sorted = this.#latest.slice(0, Math.min(this.count, mostObservations)).sort()
    return this.quantiles.map((q) => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? NaN)
  }
}
const mostObservations = 512

/** Everything that is shown of one name. */
type AnyFamily = Family<Counter> | Family<Gauge> | Family<Histogram> | Family<Summary>

/** What the reference called deprecated before v1.36 it does not show any more. */
const shownSince = 36
const isOld = ({ deprecated }: FamilyOptions): boolean => deprecated !== undefined && Number(deprecated.split('.')[1]) < shownSince

/** What was said of single metrics (--disabled-metrics, --show-hidden-metrics-for-version, --allow-metric-labels). */
export interface MetricSettings {
  readonly disabled?: ReadonlySet<string>
  /** Metrics that are hidden because they are deprecated are shown too. */
  readonly showsHidden?: boolean
  /** `metric,label` to the values that are told apart; others are `unexpected`. */
  readonly allowed?: ReadonlyMap<string, ReadonlySet<string>>
}

/** All series of one name: one for each set of label values that was ever used. */
export class Family<T> {
  readonly options: FamilyOptions
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  readonly #make: () => T
  readonly #series = new Map<string, { readonly values: readonly string[]; readonly one: T }>()
  /** Where all that nobody sees is counted. */
  #unseen: T | undefined
  /** Label values that are told apart, by the label's place; a value that is none of them. */
  #allowed: { readonly values: readonly (ReadonlySet<string> | undefined)[]; readonly other: () => void } | undefined
  constructor(type: Family<T>['type'], options: FamilyOptions, make: () => T) {
    this.type = type
    this.options = options
    this.#make = make
  }
  /** The series with these values, in the order of the labels; keep it where it is used often. */
  with(...given: readonly string[]): T {
    if (this.#unseen !== undefined) return this.#unseen
    const values = this.#allowed ? given.map((value, i) => this.#told(value, i)) : given
    const key = values.join('\0')
    let series = this.#series.get(key)
    if (!series) {
      series = { values, one: this.#make() }
      this.#series.set(key, series)
    }
    return series.one
  }
  /** Nobody sees it: nothing is told apart. */
  hide(): void { this.#unseen = this.#make() }
  get isHidden(): boolean { return this.#unseen !== undefined }
  /** Tells only these values apart from now on. */
  restrict(values: readonly (ReadonlySet<string> | undefined)[], other: () => void): void { this.#allowed = { values, other } }
  #told(value: string, i: number): string {
    const allowed = this.#allowed!.values[i]
    if (!allowed || allowed.has(value)) return value
    this.#allowed!.other()
    return 'unexpected'
  }
  /** Forgets a series: what it counted is no more. */
  remove(...values: readonly string[]): void { this.#series.delete(values.join('\0')) }
  clear(): void { this.#series.clear() }
  /** Forgets every series with these values; a family without one of the labels has none. */
  forget(gone: Readonly<Record<string, string>>): void {
    const at = Object.entries(gone).map(([label, value]) => [(this.options.labels ?? []).indexOf(label), value] as const)
    if (at.some(([i]) => i < 0)) return
    for (const [key, { values }] of this.#series) if (at.every(([i, value]) => values[i] === value)) this.#series.delete(key)
  }
  /** In order of their labels. */
  all(): { readonly values: readonly string[]; readonly one: T }[] { return [...this.#series].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, series]) => series) }
}

export class Metrics {
  readonly #families = new Map<string, AnyFamily>()
  readonly #collectors: (() => void)[] = []
  readonly #disabled: ReadonlySet<string>
  readonly #showsHidden: boolean
  readonly #allowed: ReadonlyMap<string, ReadonlySet<string>>
  readonly #others = new Counter()

  constructor({ disabled = new Set(), showsHidden = false, allowed = new Map() }: MetricSettings = {}) {
    this.#showsHidden = showsHidden
    this.#disabled = disabled
    this.#allowed = allowed
  }

  counter(options: FamilyOptions): Family<Counter> { return this.#add(new Family('counter', options, () => new Counter())) }
  gauge(options: FamilyOptions): Family<Gauge> { return this.#add(new Family('gauge', options, () => new Gauge())) }
  histogram(options: HistogramOptions): Family<Histogram> { return this.#add(new Family('histogram', options, () => new Histogram(options.buckets))) }
  summary(options: FamilyOptions & { readonly quantiles: readonly number[] }): Family<Summary> { return this.#add(new Family('summary', options, () => new Summary(options.quantiles))) }
  /** Runs before every reading, for figures that are looked up when somebody asks. */
  collect(run: () => void): void { this.#collectors.push(run) }
  /** Forgets every series with these labels, in the families whose names begin so. */
  forget(gone: Readonly<Record<string, string>>, begin = ''): void { for (const [name, family] of this.#families) if (name.startsWith(begin)) family.forget(gone) }
  families(): Iterable<AnyFamily> { return this.#families.values() }

  /** Lets everything (or what `wanted` says) that was counted begin anew; whoever holds a counter goes on with it. */
  reset(wanted: (name: string) => boolean = () => true): void { for (const [name, family] of this.#families) if (wanted(name)) for (const { one } of family.all()) one.reset() }
  /** Everything (or what `wanted` says), as the Prometheus text format 0.0.4. */
  text(wanted: (name: string) => boolean = () => true): string {
    for (const run of this.#collectors) run()
    const lines: string[] = []
    const named = [...this.#families].filter(([name]) => wanted(name) && !this.#disabled.has(name)).sort(([a], [b]) => (a < b ? -1 : 1))
    for (const [, family] of named) write(family, lines)
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`
  }

  /** Shows from now on how many metrics there are, and what became of some. */
  countThemselves(): void {
    const registered = this.gauge({ name: 'registered_metrics_total', stability: 'BETA', as: 'counter', help: 'Metrics that there are, by their stability and the release in which they were called deprecated.', labels: ['deprecated_version', 'stability_level'] })
    const none = (name: string, help: string) => this.counter({ name, stability: 'BETA', help }).with()
    const hidden = none('hidden_metrics_total', 'Metrics that are hidden because they are deprecated.')
    const disabled = none('disabled_metrics_total', 'Metrics that were switched off.'), others = this.counter({ name: 'cardinality_enforcement_unexpected_categorizations_total', stability: 'ALPHA', help: 'Label values that were none of the allowed ones.' }).with()
    this.collect(() => {
      registered.clear()
      for (const { isHidden, options: { stability, deprecated = '', name } } of this.#families.values()) if (stability && !isHidden && !this.#disabled.has(name)) registered.with(deprecated, stability).add(1)
      hidden.value = [...this.#families.values()].filter(({ isHidden }) => isHidden).length
      disabled.value = [...this.#disabled].filter((name) => this.#families.has(name)).length
      others.value = this.#others.value
    })
  }

  #add<F extends AnyFamily>(family: F): F {
    const { name, labels = [] } = family.options
    const allowed = labels.map((label) => this.#allowed.get(`${name},${label}`))
    if (allowed.some((values) => values !== undefined)) family.restrict(allowed, () => { this.#others.inc() })
    if (isOld(family.options) && !this.#showsHidden) family.hide()
    if (this.#families.has(name)) throw new Error(`there are two metrics called ${name}`)
    this.#families.set(name, family)
    return family
  }
}

function write(family: AnyFamily, lines: string[]): void {
  const { name, labels = [] } = family.options
  const all = family.all()
  if (all.length === 0) return
  lines.push(`# HELP ${name} ${helpOf(family.options)}`, `# TYPE ${name} ${family.options.as ?? family.type}`)
  const order = labels.map((_, i) => i).sort((a, b) => (labels[a]! < labels[b]! ? -1 : 1))
  for (const { values, one } of all) {
    const pairs = order.map((i) => `${labels[i]}="${escaped(values[i] ?? '')}"`)
    if (one instanceof Histogram) writeHistogram(name, pairs, one, lines)
    else if (one instanceof Summary) writeSummary(name, pairs, one, lines)
    else lines.push(`${name}${braced(pairs)} ${goFloat(one.value)}`)
  }
}

function writeHistogram(name: string, pairs: readonly string[], { bounds, counts, sum }: Histogram, lines: string[]): void {
  let below = 0
  for (let i = 0; i <= bounds.length; i++) {
    below += counts[i]!
    lines.push(`${name}_bucket${braced([...pairs, `le="${i < bounds.length ? goFloat(bounds[i]!) : '+Inf'}"`])} ${goFloat(below)}`)
  }
  lines.push(`${name}_sum${braced(pairs)} ${goFloat(sum)}`, `${name}_count${braced(pairs)} ${goFloat(below)}`)
}

function writeSummary(name: string, pairs: readonly string[], summary: Summary, lines: string[]): void {
  const values = summary.values()
  summary.quantiles.forEach((q, i) => { lines.push(`${name}${braced([...pairs, `quantile="${goFloat(q)}"`])} ${goFloat(values[i]!)}`) })
  lines.push(`${name}_sum${braced(pairs)} ${goFloat(summary.sum)}`, `${name}_count${braced(pairs)} ${goFloat(summary.count)}`)
}

const braced = (pairs: readonly string[]): string => (pairs.length === 0 ? '' : `{${pairs.join(',')}}`)
const escaped = (value: string): string => (/[\\"\n]/.test(value) ? value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n') : value)
function helpOf({ help, stability, deprecated }: FamilyOptions): string {
  return `${stability ? `[${stability}] ` : ''}${deprecated ? `(Deprecated since ${deprecated}) ` : ''}${help}`
}

/** Bounds from `start`, each `factor` times the one before. */
export const exponential = (start: number, factor: number, count: number): number[] => Array.from({ length: count }, (_, i) => start * factor ** i)
/** Bounds from `start`, each `width` more than the one before. */
export const linear = (start: number, width: number, count: number): number[] => Array.from({ length: count }, (_, i) => start + width * i)
