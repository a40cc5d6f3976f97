import { defineKind, labelSelector, s, same, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { admissionWebhookClientConfig, defaultWebhook, matchCondition, ruleWithOperations } from './match.ts'
import { validateWebhooks } from './validate-rules.ts'

export const mutatingWebhook = s.object('io.k8s.api.admissionregistration.v1.MutatingWebhook', {
  admissionReviewVersions: s.required(s.list(s.string(), { listType: 'atomic' })),
  clientConfig: s.required(s.value(admissionWebhookClientConfig)),
  failurePolicy: s.string({ keepEmpty: true }),
  matchConditions: s.list(matchCondition, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
  matchPolicy: s.string({ keepEmpty: true }),
  name: s.required(s.string()),
  namespaceSelector: labelSelector,
  objectSelector: labelSelector,
  reinvocationPolicy: s.string({ keepEmpty: true }),
  rules: s.list(ruleWithOperations, { listType: 'atomic' }),
  sideEffects: s.mandatory(s.string()),
  timeoutSeconds: s.int({ keepEmpty: true }),
})
export type MutatingWebhook = Infer<typeof mutatingWebhook>

export const mutatingWebhookConfiguration = defineKind({
  group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingWebhookConfiguration', plural: 'mutatingwebhookconfigurations',
  categories: ['api-extensions'], scope: 'Cluster',
  definition: 'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
  generation: true,
  generationChanged: (o, old) => !same(o.webhooks, old.webhooks),
  versionRequiredOnUpdate: true, anyFinalizer: true, onUpdate: ['meta', 'rules'],
  columns: [cells.name, { name: 'Webhooks', type: 'integer', value: (o) => (o.webhooks ?? []).length }, cells.age],
  fields: {
    webhooks: s.list(mutatingWebhook, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
  },
  defaults: (o) => {
    for (const hook of o.webhooks ?? []) {
      defaultWebhook(hook)
      hook.reinvocationPolicy ??= 'Never'
    }
  },
  validate: ({ webhooks }, old) => validateWebhooks(webhooks, old?.webhooks),
})
export type MutatingWebhookConfiguration = ObjectOf<typeof mutatingWebhookConfiguration>
