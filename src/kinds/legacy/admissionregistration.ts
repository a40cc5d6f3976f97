// admissionregistration.k8s.io/v1beta1 and v1alpha1: webhooks that forgave and forgot by default; policies as they are today.
import type { FieldError, Kind, LabelSelector, ServedVersion } from '#machinery'
import { mutatingWebhookConfiguration } from '../admissionregistration/mutatingwebhookconfiguration.ts'
import { validatingAdmissionPolicy } from '../admissionregistration/validatingadmissionpolicy.ts'
import { validatingAdmissionPolicyBinding } from '../admissionregistration/validatingadmissionpolicybinding.ts'
import { validatingWebhookConfiguration } from '../admissionregistration/validatingwebhookconfiguration.ts'
import { former } from './former.ts'

interface Webhook {
  failurePolicy?: string; matchPolicy?: string; sideEffects?: string; timeoutSeconds?: number; admissionReviewVersions?: string[] | null; reinvocationPolicy?: string
  namespaceSelector?: LabelSelector; objectSelector?: LabelSelector
}
const at = (version: string) => ({ version, names: `io.k8s.api.admissionregistration.${version}` })

const webhooks = (kind: Kind): readonly [Kind, readonly ServedVersion<any>[]] => [kind, [former(kind, { // allowed: versions of many shapes
  ...at('v1beta1'), deprecated: [16, 22],
  defaults: (o: { webhooks?: Webhook[] }) => {
    for (const hook of o.webhooks ?? []) {
      hook.failurePolicy ??= 'Ignore'
      hook.matchPolicy ??= 'Exact'
      hook.sideEffects ||= 'Unknown'
      hook.timeoutSeconds ??= 30
      if (!hook.admissionReviewVersions?.length) hook.admissionReviewVersions = ['v1beta1']
    }
    kind.rules.defaults?.(o as never)
  },
  // Side effects could be unknown, and names were not checked for being unique.
  rules: { validate: (o, old, subresource) => (kind.rules.validate?.(o, old, subresource) ?? []).filter((e: FieldError) => !e.field?.endsWith('.sideEffects')) },
})]]
const policies = (kind: Kind, beta: readonly [number, number], alpha: readonly [number, number]): readonly [Kind, readonly ServedVersion<any>[]] => // allowed: as above
  [kind, [former(kind, { ...at('v1beta1'), deprecated: beta }), former(kind, { ...at('v1alpha1'), deprecated: alpha })]]

export const formerAdmission: readonly (readonly [Kind, readonly ServedVersion<any>[]])[] = [ // allowed: as above
  webhooks(mutatingWebhookConfiguration), webhooks(validatingWebhookConfiguration),
  policies(validatingAdmissionPolicy, [31, 34], [28, 31]), policies(validatingAdmissionPolicyBinding, [31, 34], [28, 31]),
]
