// Which webhooks there are: read from their configurations as they change, in order of the configurations' names.
import type { AdmissionWebhookClientConfig, MatchCondition, RuleWithOperations } from '#kinds'
import { selectorFrom, type AnyObject, type Kind, type LabelSelector } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import type { Criteria } from './match.ts'

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
}

export class Hooks {
  readonly #byConfiguration = new Map<string, readonly Hook[]>()
  #all: readonly Hook[] = []
  /** Of all configurations, in the order in which they are called. */
  get all(): readonly Hook[] { return this.#all }

  /** Takes in what there is and every change of it. Returns what stops it. */
  follow<T extends AnyObject & { readonly webhooks?: readonly Webhook[] }>(objects: ObjectReader, kind: Kind<T>): () => void {
    return objects.follow(kind, ({ object, old }) => {
      const { name } = (object ?? old)!.metadata
      if (object?.webhooks?.length) this.#byConfiguration.set(name, hooksOf(name, object.webhooks))
      else this.#byConfiguration.delete(name)
      this.#all = [...this.#byConfiguration].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, hooks]) => hooks)
    })
  }
}

function hooksOf(configuration: string, webhooks: readonly Webhook[]): Hook[] {
  const seen = new Map<string, number>()
  return webhooks.map((webhook) => {
    const nth = seen.get(webhook.name) ?? 0
    seen.set(webhook.name, nth + 1)
    const { rules = [], matchPolicy, namespaceSelector = {}, objectSelector = {} } = webhook
    return { configuration, id: `${configuration}/${webhook.name}/${nth}`, webhook,
      criteria: { rules, equivalent: matchPolicy !== 'Exact', namespaces: selectorFrom(namespaceSelector), objects: selectorFrom(objectSelector) } }
  })
}
