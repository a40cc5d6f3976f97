import { labelSelector, s, type Column, type Infer, type LabelSelector } from '#machinery'
import { byCodeUnit } from '../cells.ts'

export const matchCondition = s.object('io.k8s.api.admissionregistration.v1.MatchCondition', {
  expression: s.required(s.string()),
  name: s.required(s.string()),
})
export type MatchCondition = Infer<typeof matchCondition>

export const namedRuleWithOperations = s.object('io.k8s.api.admissionregistration.v1.NamedRuleWithOperations', {
  apiGroups: s.list(s.string(), { listType: 'atomic' }),
  apiVersions: s.list(s.string(), { listType: 'atomic' }),
  operations: s.list(s.string(), { listType: 'atomic' }),
  resourceNames: s.list(s.string(), { listType: 'atomic' }),
  resources: s.list(s.string(), { listType: 'atomic' }),
  scope: s.string({ keepEmpty: true }),
}, { mapType: 'atomic' })
export type NamedRuleWithOperations = Infer<typeof namedRuleWithOperations>

export const matchResources = s.object('io.k8s.api.admissionregistration.v1.MatchResources', {
  excludeResourceRules: s.list(namedRuleWithOperations, { listType: 'atomic' }),
  matchPolicy: s.string({ keepEmpty: true }),
  namespaceSelector: labelSelector,
  objectSelector: labelSelector,
  resourceRules: s.list(namedRuleWithOperations, { listType: 'atomic' }),
}, { mapType: 'atomic' })
export type MatchResources = Infer<typeof matchResources>

export const paramKind = s.object('io.k8s.api.admissionregistration.v1.ParamKind', {
  apiVersion: s.string(),
  kind: s.string(),
}, { mapType: 'atomic' })
export type ParamKind = Infer<typeof paramKind>

export const variable = s.object('io.k8s.api.admissionregistration.v1.Variable', {
  expression: s.required(s.string()),
  name: s.required(s.string()),
}, { mapType: 'atomic' })
export type Variable = Infer<typeof variable>

export const paramRef = s.object('io.k8s.api.admissionregistration.v1.ParamRef', {
  name: s.string(),
  namespace: s.string(),
  parameterNotFoundAction: s.string({ keepEmpty: true }),
  selector: labelSelector,
}, { mapType: 'atomic' })
export type ParamRef = Infer<typeof paramRef>

export const admissionServiceReference = s.object('io.k8s.api.admissionregistration.v1.ServiceReference', {
  name: s.required(s.string()),
  namespace: s.required(s.string()),
  path: s.string({ keepEmpty: true }),
  port: s.int({ keepEmpty: true }),
})
export type AdmissionServiceReference = Infer<typeof admissionServiceReference>

export const admissionWebhookClientConfig = s.object('io.k8s.api.admissionregistration.v1.WebhookClientConfig', {
  caBundle: s.bytes(),
  service: admissionServiceReference,
  url: s.string({ keepEmpty: true }),
})
export type AdmissionWebhookClientConfig = Infer<typeof admissionWebhookClientConfig>

export const ruleWithOperations = s.object('io.k8s.api.admissionregistration.v1.RuleWithOperations', {
  apiGroups: s.list(s.string(), { listType: 'atomic' }),
  apiVersions: s.list(s.string(), { listType: 'atomic' }),
  operations: s.list(s.string(), { listType: 'atomic' }),
  resources: s.list(s.string(), { listType: 'atomic' }),
  scope: s.string({ keepEmpty: true }),
})
export type RuleWithOperations = Infer<typeof ruleWithOperations>

/** Defaults of what a policy or a binding matches. */
export function defaultMatch(match: MatchResources | undefined): void {
  if (!match) return
  match.matchPolicy ??= 'Equivalent'
  match.namespaceSelector ??= {}
  match.objectSelector ??= {}
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) rule.scope ??= '*'
}
interface Webhook {
  failurePolicy?: string; matchPolicy?: string; namespaceSelector?: LabelSelector; objectSelector?: LabelSelector; timeoutSeconds?: number
  rules?: RuleWithOperations[]; clientConfig: AdmissionWebhookClientConfig
}
/** Defaults of a webhook of either sort. */
export function defaultWebhook(hook: Webhook): void {
  hook.failurePolicy ??= 'Fail'
  hook.matchPolicy ??= 'Equivalent'
  hook.namespaceSelector ??= {}
  hook.objectSelector ??= {}
  hook.timeoutSeconds ??= 10
  for (const rule of hook.rules ?? []) rule.scope ??= '*'
  if (hook.clientConfig.service) hook.clientConfig.service.port ??= 443
}

export const paramKindColumn: Column<{ spec: { paramKind?: ParamKind } }> = {
  name: 'ParamKind', value: ({ spec: { paramKind: p } }) => (p ? `${p.apiVersion ?? ''}/${p.kind ?? ''}` : '<unset>'),
}
export const paramRefColumn: Column<{ spec: { paramRef?: ParamRef } }> = {
  name: 'ParamRef', value: ({ spec: { paramRef: p } }) => (p?.name ? `${p.namespace || '*'}/${p.name}` : p?.selector ? selectorDump(p.selector) : '<unset>'),
}
/** A selector as the reference dumps its structure; nobody made it readable there. */
function selectorDump({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels).sort(([a], [b]) => byCodeUnit(a, b)).map(([k, v]) => `${k}: ${v},`).join('')
  const expressions = matchExpressions.map((e) => `LabelSelectorRequirement{Key:${e.key},Operator:${e.operator},Values:[${(e.values ?? []).join(' ')}],},`).join('')
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`
}
