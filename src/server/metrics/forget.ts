// Figures of what somebody made and deleted again go some time after it: a server that runs for months sees more names than it can keep.
import {
  customResourceDefinition, flowSchema, mutatingAdmissionPolicy, mutatingWebhookConfiguration, priorityLevelConfiguration, validatingAdmissionPolicy, validatingWebhookConfiguration,
  type CustomResourceDefinition, type MutatingWebhookConfiguration, type ValidatingWebhookConfiguration,
} from '#kinds'
import { same, type AnyObject, type Clock, type Kind } from '#machinery'
import type { Objects } from '../objects.ts'
import type { Metrics } from './metrics.ts'

/** Long enough for everybody who reads the figures now and then to see the last ones. */
const keptMs = 120_000

type Labels = Readonly<Record<string, string>>
interface Rule {
  readonly kind: Kind
  /** The families that tell of such objects begin so. */
  readonly families: string
  /** What their series are labelled with for this object. */
  readonly labels: (object: AnyObject) => readonly Labels[]
}
const rule = <T extends AnyObject>(kind: Kind<T>, families: string, labels: (object: T) => readonly Labels[]): Rule => ({ kind: kind as Kind, families, labels: (object) => labels(object as T) })
const byName = (label: string) => ({ metadata: { name } }: AnyObject): Labels[] => [{ [label]: name }]
const webhooks = (configuration: ValidatingWebhookConfiguration | MutatingWebhookConfiguration): Labels[] => (configuration.webhooks ?? []).map(({ name }) => ({ name }))

const rules: readonly Rule[] = [
  rule(customResourceDefinition, '', ({ spec: { group, names } }: CustomResourceDefinition) => [{ group, resource: names.plural }]),
  rule(flowSchema, 'apiserver_flowcontrol_', byName('flow_schema')),
  rule(priorityLevelConfiguration, 'apiserver_flowcontrol_', byName('priority_level')),
  rule(validatingAdmissionPolicy, 'apiserver_validating_admission_policy_', byName('policy')),
  rule(mutatingAdmissionPolicy, 'apiserver_mutating_admission_policy_', byName('policy')),
  // The same name may be that of webhooks of both sorts: they count in the same families, and begin anew then.
  rule(validatingWebhookConfiguration, 'apiserver_admission_', webhooks),
  rule(mutatingWebhookConfiguration, 'apiserver_admission_', webhooks),
]

/** Begins to look after the series of `metrics`. Returns what stops it. */
export function forgetGone(metrics: Metrics, objects: Objects, clock: Pick<Clock, 'after'>): () => void {
  const cancels = new Set<() => void>()
  const later = ({ kind, families, labels }: Rule, gone: Labels): void => {
    const cancel = clock.after(keptMs, () => {
      cancels.delete(cancel)
      const there = objects.range(kind, '').kvs.some((kv) => labels(objects.value(kind, kv)).some((one) => same(one, gone)))
      if (!there) metrics.forget(gone, families)
    })
    cancels.add(cancel)
  }
  const stops = rules.map((one) => objects.follow(one.kind, ({ object, old }) => {
    const now = object ? one.labels(object) : []
    for (const before of old ? one.labels(old) : []) if (!now.some((label) => same(label, before))) later(one, before)
  }))
  return () => { for (const stop of [...stops, ...cancels]) stop() }
}
