// Who may do what: kube-apiserver's flags of authorization, with its names and meanings.
import { choice, duration, list, path, text } from '../flag.ts'

const group = 'Authorization (the reference\'s names)'

export const authorizationFlags = {
  authorizationMode: list({ group, description: 'Who decides what is allowed, in order (the reference: AlwaysAllow)' }, ['Node', 'RBAC'], ['Node', 'RBAC', 'ABAC', 'Webhook', 'AlwaysAllow', 'AlwaysDeny']),
  authorizationConfig: path({ group, description: 'AuthorizationConfiguration: who decides, in order, in place of the other flags; read again when it changes' }),
  authorizationPolicyFile: path({ group, description: 'Policies for the mode ABAC, one a line' }),
  authorizationWebhookConfigFile: path({ group, description: 'Kubeconfig of the webhook for the mode Webhook (SubjectAccessReview)' }),
  authorizationWebhookVersion: choice({ group, description: 'The version of SubjectAccessReview that it speaks' }, ['v1', 'v1beta1'], 'v1beta1'),
  authorizationWebhookCacheAuthorizedTtl: duration({ group, description: 'How long it is remembered that it allowed something' }, 300_000, '5m'),
  authorizationWebhookCacheUnauthorizedTtl: duration({ group, description: 'How long it is remembered that it did not' }, 30_000, '30s'),
  authorizationRbacSuperUser: text({ group, value: 'USER', description: 'A user who may do everything, whatever the roles say (the reference had it before 1.8)' }),
}

/** Values of these flags. */
export type AuthorizationFlags = { readonly [K in keyof typeof authorizationFlags]: (typeof authorizationFlags)[K]['default'] }

/** Why they do not fit together, in the reference's words. */
export function authorizationProblem(typed: AuthorizationFlags): string | undefined {
  const { authorizationConfig: config, authorizationMode: modes, authorizationPolicyFile: policies, authorizationWebhookConfigFile: webhook } = typed
  const isTyped = (name: keyof AuthorizationFlags) => typed[name] !== authorizationFlags[name].default
  const webhookFlags = ['authorizationWebhookConfigFile', 'authorizationWebhookVersion', 'authorizationWebhookCacheAuthorizedTtl', 'authorizationWebhookCacheUnauthorizedTtl'] as const
  if (config && (isTyped('authorizationMode') || webhookFlags.some(isTyped))) return '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined'
  if (modes.includes('ABAC') && !policies) return 'authorization-mode ABAC\'s authorization policy file not passed'
  if (!modes.includes('ABAC') && policies) return 'cannot specify --authorization-policy-file without mode ABAC'
  if (modes.includes('Webhook') && !webhook) return 'authorization-mode Webhook\'s authorization config file not passed'
  if (!modes.includes('Webhook') && webhook) return 'cannot specify --authorization-webhook-config-file without mode Webhook'
  return undefined
}
