// Running the admission plugins over one write.
import { whyUnreadable, type Kind, type LooseObject, type User } from '#machinery'
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

  /** Lets every plugin that cares change the object, all of them a second time where one asks for it; throws the first refusal. */
  async mutate(write: Admitted, object: LooseObject | undefined, old: LooseObject | undefined): Promise<void> {
    const step = this.#for(write).mutating, managers = object?.metadata?.managedFields
    if (step.plugins.length > 0) await this.#run(step, write, object, old)
    const now = object?.metadata?.managedFields
    const why = now && now !== managers ? whyUnreadable(now) : undefined
    if (why === undefined) return
    if (managers) object!.metadata.managedFields = managers
    else delete object!.metadata.managedFields
    write.warn(`${invalidManagers}: ${why}`)
  }

  /** Asks every plugin that cares; throws the first refusal. */
  async validate(write: Admitted, object: LooseObject | undefined, old: LooseObject | undefined): Promise<void> {
    const step = this.#for(write).validating
    if (step.plugins.length > 0) await this.#run(step, write, object, old)
  }

  async #run({ type, plugins, series }: Step, write: Admitted, object: LooseObject | undefined, old: LooseObject | undefined): Promise<void> {
    let attributes: AdmissionAttributes | undefined
    const { context } = write
    const begun = context.elapsed
    let last = begun, refused = true
    try {
      for (;;) {
        for (const { plugin, series: own, stage } of plugins) {
          if (plugin.idle?.()) { own.passed.observe(0); continue }
          attributes ??= this.#attributes(write, object, old)
          let refusedByIt = true
          try {
            const slow = type === 'admit' ? plugin.mutate!(attributes) : plugin.validate!(attributes)
            if (slow) await slow
            refusedByIt = false
          } finally {
            const now = context.elapsed
            ;(refusedByIt ? own.rejected : own.passed).observe((now - last) / 1000)
            if (stage) context.spend(stage, now - last)
            last = now
          }
        }
        if (!attributes?.reinvocation.requested || attributes.reinvocation.again) break
        attributes.reinvocation.again = true
      }
      refused = false
    } finally {
      context.step(type === 'admit' ? 'Mutating admission done' : 'Validating admission done')
      ;(refused ? series.rejected : series.passed).observe((last - begun) / 1000)
    }
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
