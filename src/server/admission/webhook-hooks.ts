// Which webhooks there are: read from their configurations as they change, in order of the configurations' names.
import { expressions, type AdmissionWebhookClientConfig, type MatchCondition, type RuleWithOperations } from '#kinds'
import { forbidden, selectorFrom, type AnyObject, type Kind, type LabelSelector } from '#machinery'
import type { ExpressionMetrics } from '../metrics/expressions.ts'
import type { AdmissionAttributes, AdmissionSurroundings } from './admission.ts'
import type { Addressed } from './addressed.ts'
import { matching, type Criteria } from './match.ts'
import { conditionsHold, conditionsOf, Evaluation, type CompiledCondition } from './policy-evaluate.ts'
import { ConditionMetrics } from './condition-metrics.ts'

/** What both sorts of webhooks have. */
export interface Webhook {
  readonly name: string
  readonly clientConfig: AdmissionWebhookClientConfig
  readonly rules?: readonly RuleWithOperations[]
  readonly failurePolicy?: string
  readonly matchPolicy?: string
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
  readonly matchConditions?: readonly MatchCondition[]
  readonly sideEffects?: string
  readonly timeoutSeconds?: number
  readonly admissionReviewVersions: readonly string[] | null
  readonly reinvocationPolicy?: string
}
export interface Hook {
  readonly configuration: string
  /** Unique among all webhooks of its sort. */
  readonly id: string
  readonly webhook: Webhook
  readonly criteria: Criteria
  /** Compiled when they are first needed. */
  readonly conditions: readonly CompiledCondition[]
}

export class Hooks {
  readonly #byConfiguration = new Map<string, readonly Hook[]>()
  #all: readonly Hook[] = []
  /** Of all configurations, in the order in which they are called. */
  get all(): readonly Hook[] { return this.#all }

  /** Takes in what there is and every change of it. Returns what stops it. */
  follow<T extends AnyObject & { readonly webhooks?: readonly Webhook[] }>({ objects, expressions: measures }: Pick<AdmissionSurroundings, 'objects' | 'expressions'>, kind: Kind<T>): () => void {
    return objects.follow(kind, ({ object, old }) => {
      const { name } = (object ?? old)!.metadata
      if (object?.webhooks?.length) this.#byConfiguration.set(name, hooksOf(name, object.webhooks, measures))
      else this.#byConfiguration.delete(name)
      this.#all = [...this.#byConfiguration].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, hooks]) => hooks)
    })
  }
}

function hooksOf(configuration: string, webhooks: readonly Webhook[], measures: ExpressionMetrics): Hook[] {
  const seen = new Map<string, number>()
  return webhooks.map((webhook) => {
    const nth = seen.get(webhook.name) ?? 0
    seen.set(webhook.name, nth + 1)
    const { rules = [], matchPolicy, namespaceSelector = {}, objectSelector = {} } = webhook
    let compiled: readonly CompiledCondition[] | undefined
    return { configuration, id: `${configuration}/${webhook.name}/${nth}`, webhook,
      criteria: { rules, equivalent: matchPolicy !== 'Exact', namespaces: selectorFrom(namespaceSelector), objects: selectorFrom(objectSelector) },
      get conditions() { return compiled ??= webhook.matchConditions ? measures.compiling(() => conditionsOf(webhook.matchConditions, conditionOf)) : [] } }
  })
}
const conditionOf = (source: string): expressions.Expression => expressions.expression(source, scope, expressions.condition)
const scope = expressions.environment({ params: false, authorizer: true })

/** In which version a webhook is to be asked about a write; undefined when it is not. Rejects with Forbidden where its conditions cannot be decided. */
export async function concerned(
  { webhook, criteria, conditions }: Hook, attributes: AdmissionAttributes, { authorizer, metrics, stopwatch }: Pick<AdmissionSurroundings, 'authorizer' | 'metrics' | 'stopwatch'>, type: 'admit' | 'validating',
): Promise<Addressed | undefined> {
  const view = matching(attributes, criteria)
  if (!view || conditions.length === 0) return view
  const { operation, served, name } = attributes
  const look = () => ConditionMetrics.of(metrics).look({ name: webhook.name, kind: 'webhook', type, operation }, stopwatch)
  const holds = await conditionsHold(conditions, new Evaluation(attributes, view, authorizer), webhook.failurePolicy, look)
  if (holds instanceof Error) throw forbidden(served.name, name, holds.message)
  return holds ? view : undefined
}
