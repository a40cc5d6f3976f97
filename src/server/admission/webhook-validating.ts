// ValidatingAdmissionWebhook: others say whether a write may be, all of them at once.
import { validatingWebhookConfiguration } from '#kinds'
import type { WebhookCaller } from '../webhook-place.ts'
import type { AdmissionAttributes, AdmissionPlugin, AdmissionSurroundings } from './admission.ts'
import { shown, type Addressed } from './addressed.ts'
import { isExempt } from './match.ts'
import { callWebhook, underPolicy } from './webhook-call.ts'
import { concerned, Hooks, type Hook } from './webhook-hooks.ts'
import { WebhookMetrics } from './webhook-metrics.ts'

export function validatingAdmissionWebhook(credentialsFor?: WebhookCaller['credentialsFor']): AdmissionPlugin {
  const hooks = new Hooks()
  let surroundings: AdmissionSurroundings
  let metrics: WebhookMetrics
  return {
    name: 'ValidatingAdmissionWebhook',
    handles: (_operation, kind) => !isExempt(kind),
    begin(given) {
      surroundings = given
      metrics = WebhookMetrics.of(given.metrics)
      return hooks.follow(given, validatingWebhookConfiguration)
    },
    idle: () => hooks.all.length === 0,
    async validate(attributes) {
      const relevant: { readonly hook: Hook; readonly view: Addressed }[] = []
      for (const hook of hooks.all) {
        const view = await concerned(hook, attributes, surroundings, 'validating')
        if (view) relevant.push({ hook, view })
      }
      if (relevant.length === 0) return
      const ends = await Promise.allSettled(relevant.map(({ hook, view }, index) => ask(attributes, hook, view, index)))
      const refused = ends.find((end) => end.status === 'rejected')
      if (refused) throw refused.reason
    },
  }

  /** Rejects with what refuses the write. */
  async function ask(attributes: AdmissionAttributes, hook: Hook, view: Addressed, index: number): Promise<void> {
    const { operation, object } = attributes, { webhook } = hook
    const caller = { ...surroundings, ...(credentialsFor && { credentialsFor }) }
    const call = async () => callWebhook(caller, hook, attributes, view, object && await shown(object, attributes, view), false)
    await underPolicy({ ...surroundings, metrics }, webhook, 'validating', operation, call,
      () => { attributes.annotate(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, webhook.name) })
  }
}
