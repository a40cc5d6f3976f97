import { defineKind, labelSelector, s, same, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { admissionWebhookClientConfig, defaultWebhook, matchCondition, ruleWithOperations } from './match.ts'
import { validateWebhooks } from './validate-rules.ts'

export const validatingWebhook = s.object('io.k8s.api.admissionregistration.v1.ValidatingWebhook', {
  admissionReviewVersions: s.required(s.list(s.string(), { listType: 'atomic' })),
  clientConfig: s.required(s.value(admissionWebhookClientConfig)),
  failurePolicy: s.string({ keepEmpty: true }),
  matchConditions: s.list(matchCondition, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
  matchPolicy: s.string({ keepEmpty: true }),
  name: s.required(s.string()),
  namespaceSelector: labelSelector,
  objectSelector: labelSelector,
  rules: s.list(ruleWithOperations, { listType: 'atomic' }),
  sideEffects: s.mandatory(s.string()),
  timeoutSeconds: s.int({ keepEmpty: true }),
})
export type ValidatingWebhook = Infer<typeof validatingWebhook>

export const validatingWebhookConfiguration = defineKind({
  group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingWebhookConfiguration', plural: 'validatingwebhookconfigurations',
  categories: ['api-extensions'], scope: 'Cluster',
  definition: 'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
  generation: true,
  generationChanged: (o, old) => !same(o.webhooks, old.webhooks),
  versionRequiredOnUpdate: true, anyFinalizer: true, onUpdate: ['meta', 'rules'],
  columns: [cells.name, { name: 'Webhooks', type: 'integer', value: (o) => (o.webhooks ?? []).length }, cells.age],
  fields: {
    webhooks: s.list(validatingWebhook, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
  },
  defaults: (o) => { for (const hook of o.webhooks ?? []) defaultWebhook(hook) },
  validate: ({ webhooks }, old) => validateWebhooks(webhooks, old?.webhooks),
})
export type ValidatingWebhookConfiguration = ObjectOf<typeof validatingWebhookConfiguration>
