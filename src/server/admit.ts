// Running the admission plugins over one write.
import { whyUnreadable, type Kind, type LooseObject, type ManagedFieldsEntry, type User } from '#machinery'
import type { AdmissionAttributes, AdmissionOperation, AdmissionPlugin, AdmissionSurroundings } from './admission/admission.ts'
import { atLeast } from './audit/event.ts'
import type { RequestContext, Stage } from './context.ts'
import { AdmissionMetrics, type AdmissionSeries, type AdmissionType } from './metrics/admission.ts'
import type { ExpressionMetrics } from './metrics/expressions.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { ObjectReader } from './object-reader.ts'
import type { Query } from './request.ts'
import type { Registry, Served } from './served.ts'

/** A write, as far as it does not change while it is admitted. */
export interface Admitted {
  readonly operation: AdmissionOperation
  readonly verb: string
  readonly kind: Kind
  readonly version: string
  readonly served: Served
  readonly registry: Registry
  readonly subresource: string
  readonly name: string
  readonly namespace: string
  readonly user: User
  readonly dryRun: boolean
  readonly options: Readonly<Record<string, unknown>>
  readonly query: Query
  readonly warn: (text: string) => void
  readonly context: RequestContext
}
/** The plugins that care about one sort of write, in order, and what is counted of them. */
interface Counted { readonly plugin: AdmissionPlugin; readonly series: AdmissionSeries; readonly stage: Stage | undefined }
interface Step { readonly type: AdmissionType; readonly plugins: readonly Counted[]; readonly series: AdmissionSeries }
interface Chosen { readonly mutating: Step; readonly validating: Step }

/** Plugins that call others: their time is not the server's own. */
const callingOthers: Readonly<Record<string, Stage>> = { MutatingAdmissionWebhook: 'mutating-webhook', ValidatingAdmissionWebhook: 'validating-webhook' }

const invalidManagers = '.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests'

export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[]
  readonly #objects: ObjectReader
  readonly #metrics: AdmissionMetrics
  readonly #evaluated: (ms: number) => void
  /** Kinds come and go: what was worked out for one goes with it. */
  readonly #chosen = new WeakMap<Kind, Map<string, Chosen>>()

  constructor(plugins: readonly AdmissionPlugin[], { objects, metrics, expressions }: { readonly objects: ObjectReader; readonly metrics: Metrics; readonly expressions: ExpressionMetrics }) {
    this.#plugins = plugins
    this.#objects = objects
    this.#metrics = new AdmissionMetrics(metrics)
    this.#evaluated = (ms) => { expressions.evaluated(ms) }
  }

  /** Gives the plugins what they need of the server; returns what stops them. */
  begin(surroundings: AdmissionSurroundings): () => void {
    const stops = this.#plugins.flatMap((plugin) => plugin.begin?.(surroundings) ?? [])
    return () => { for (const stop of stops) stop() }
  }

  /** Lets every plugin that cares change the object, all of them a second time where one asks for it; throws (or rejects with) the first refusal. At once where nobody has to be waited for. */
  mutate(write: Admitted, object: LooseObject | undefined, old: LooseObject | undefined): Promise<void> | undefined {
    const managers = object?.metadata?.managedFields
    const running = this.#run(this.#for(write).mutating, write, object, old)
    if (running) return running.then(() => { keepReadable(write, object, managers) })
    keepReadable(write, object, managers)
    return undefined
  }

  /** Asks every plugin that cares; throws (or rejects with) the first refusal. At once where nobody has to be waited for. */
  validate(write: Admitted, object: LooseObject | undefined, old: LooseObject | undefined): Promise<void> | undefined {
    return this.#run(this.#for(write).validating, write, object, old)
  }

  #run(step: Step, write: Admitted, object: LooseObject | undefined, old: LooseObject | undefined): Promise<void> | undefined {
    return step.plugins.length > 0 ? new Passage(step, write.context, () => this.#attributes(write, object, old)).go() : undefined
  }

  #attributes({ operation, verb, kind, version, served, registry, subresource, name, namespace, user, dryRun, options, query, warn, context }: Admitted, object: LooseObject | undefined, old: LooseObject | undefined): AdmissionAttributes {
    const annotate: AdmissionAttributes['annotate'] = (key, value, level) => {
      if (level === undefined || (context.audit && atLeast(context.audit.level, level))) context.annotate(key, value)
    }
    return {
      operation, verb, kind, version, served, registry, subresource, name, namespace, object, old, user, dryRun, options, query, objects: this.#objects, trace: context, evaluations: { clock: context, took: this.#evaluated }, warn, annotate,
      left: () => context.writeLeft, reinvocation: { again: false, requested: false, memory: undefined },
    }
  }

  #for({ operation, kind, subresource }: Admitted): Chosen {
    let byKind = this.#chosen.get(kind)
    if (!byKind) { byKind = new Map(); this.#chosen.set(kind, byKind) }
    const key = subresource === '' ? operation : `${operation}/${subresource}`
    let chosen = byKind.get(key)
    if (!chosen) {
      const caring = this.#plugins.filter((p) => p.handles(operation, kind, subresource))
      chosen = { mutating: this.#step('admit', operation, caring.filter((p) => p.mutate)), validating: this.#step('validate', operation, caring.filter((p) => p.validate)) }
      byKind.set(key, chosen)
    }
    return chosen
  }
  #step(type: AdmissionType, operation: AdmissionOperation, plugins: readonly AdmissionPlugin[]): Step {
    return { type, plugins: plugins.map((plugin) => ({ plugin, series: this.#metrics.plugin(plugin.name, type, operation), stage: callingOthers[plugin.name] })), series: this.#metrics.step(type, operation) }
  }
}

/** Managers that admission has made unreadable are as they were before. */
function keepReadable(write: Admitted, object: LooseObject | undefined, managers: ManagedFieldsEntry[] | undefined): void {
  const now = object?.metadata?.managedFields
  const why = now && now !== managers ? whyUnreadable(now) : undefined
  if (why === undefined) return
  if (managers) object!.metadata.managedFields = managers
  else delete object!.metadata.managedFields
  write.warn(`${invalidManagers}: ${why}`)
}

/** One way through the plugins of a step. */
class Passage {
  readonly #step: Step
  readonly #context: RequestContext
  readonly #make: () => AdmissionAttributes
  /** Made when the first plugin wants them. */
  #attributes: AdmissionAttributes | undefined
  #next = 0
  readonly #begun: number
  #last: number

  constructor(step: Step, context: RequestContext, make: () => AdmissionAttributes) {
    this.#step = step
    this.#context = context
    this.#make = make
    this.#begun = this.#last = context.elapsed
  }

  /** Goes on with the next plugin, as far as none of them has to wait for anybody; then it resolves at the end of the way. Throws, or rejects with, the first refusal. */
  go(): Promise<void> | undefined {
    const { plugins, type } = this.#step
    for (;;) {
      while (this.#next < plugins.length) {
        const { plugin, series } = plugins[this.#next]!
        if (plugin.idle?.()) { series.passed.observe(0); this.#next++; continue }
        const attributes = this.#attributes ??= this.#make()
        let slow: void | Promise<void>
        try {
          slow = type === 'admit' ? plugin.mutate!(attributes) : plugin.validate!(attributes)
        } catch (error) {
          this.#refused(error)
        }
        if (slow) return slow.then(() => { this.#passed(); return this.go() }, (error: unknown) => this.#refused(error))
        this.#passed()
      }
      const reinvocation = this.#attributes?.reinvocation
      if (!reinvocation?.requested || reinvocation.again) break
      reinvocation.again = true
      this.#next = 0
    }
    this.#over(false)
    return undefined
  }

  #passed(): void { this.#count('passed'); this.#next++ }
  #refused(error: unknown): never {
    this.#count('rejected')
    this.#over(true)
    throw error
  }
  #count(how: 'passed' | 'rejected'): void {
    const { series, stage } = this.#step.plugins[this.#next]!, now = this.#context.elapsed, took = now - this.#last
    series[how].observe(took / 1000)
    if (stage) this.#context.spend(stage, took)
    this.#last = now
  }
  #over(refused: boolean): void {
    const { type, series } = this.#step
    this.#context.step(type === 'admit' ? 'Mutating admission done' : 'Validating admission done')
    ;(refused ? series.rejected : series.passed).observe((this.#last - this.#begun) / 1000)
  }
}
