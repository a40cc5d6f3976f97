// Who decides, in which order: AuthorizationConfiguration (apiserver.config.k8s.io), or what the flags say in fewer words.
import { DurationError, duplicateValue, invalidValue, isDNS1123Subdomain, notSupported, parseDuration, requiredValue, s, type FieldError, type Infer } from '#machinery'
import type { ConfigurationKind } from '../configuration-file.ts'
import { matchConditions } from './match-conditions.ts'

const webhook = s.object('WebhookConfiguration', {
  authorizedTTL: s.string(), cacheAuthorizedRequests: s.bool({ keepEmpty: true }), unauthorizedTTL: s.string(), cacheUnauthorizedRequests: s.bool({ keepEmpty: true }), timeout: s.string(),
  subjectAccessReviewVersion: s.string(), matchConditionSubjectAccessReviewVersion: s.string(), failurePolicy: s.string(),
  connectionInfo: s.object('WebhookConnectionInfo', { type: s.string(), kubeConfigFile: s.string({ keepEmpty: true }) }),
  matchConditions: s.list(s.object('WebhookMatchCondition', { expression: s.string() })),
})
const authorizer = s.object('AuthorizerConfiguration', { type: s.string(), name: s.string(), webhook })
const schema = s.object('AuthorizationConfiguration', { authorizers: s.list(authorizer) })

export type WebhookConfig = Infer<typeof webhook>
export type AuthorizationConfiguration = Infer<typeof schema>
export const authorizationConfiguration: ConfigurationKind<AuthorizationConfiguration> = {
  kind: 'AuthorizationConfiguration', apiVersions: ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1', 'apiserver.config.k8s.io/v1alpha1'], schema,
}

export const authorizerTypes = ['ABAC', 'AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook'] as const
const longestTimeoutMs = 30_000
export const defaultTtl = { authorized: '5m', unauthorized: '30s' }

/** Everything wrong with it, in the reference's order. A file cannot ask for ABAC: its policies are named by a flag. */
export function validateAuthorization({ authorizers = [] }: AuthorizationConfiguration): FieldError[] {
  const errors: FieldError[] = authorizers.length === 0 ? [requiredValue('authorizers', 'at least one authorization mode must be defined')] : []
  const types = new Set<string>(), names = new Set<string>(), known = authorizerTypes.filter((type) => type !== 'ABAC')
  for (const [i, { type = '', name = '', webhook: hook }] of authorizers.entries()) {
    const at = `authorizers[${i}]`
    if (type === '') { errors.push(requiredValue(`${at}.type`)); continue }
    if (!known.some((each) => each === type)) { errors.push(notSupported(`${at}.type`, type, known)); continue }
    if (types.has(type) && type !== 'Webhook') { errors.push(duplicateValue(`${at}.type`, type)); continue }
    types.add(type)
    const wrongName = isDNS1123Subdomain(name)
    if (name === '') errors.push(requiredValue(`${at}.name`))
    else if (names.has(name)) errors.push(duplicateValue(`${at}.name`, name))
    else if (wrongName.length > 0) errors.push(invalidValue(`${at}.name`, name, `authorizer name is invalid: ${wrongName.join(', ')}`))
    names.add(name)
    if (type === 'Webhook') errors.push(...(hook ? validateWebhook(hook, at) : [requiredValue(`${at}.webhook`, 'required when type=Webhook')]))
    else if (hook) errors.push(invalidValue(`${at}.webhook`, 'non-null', 'may only be specified when type=Webhook'))
  }
  return errors
}

function validateWebhook(hook: WebhookConfig, at: string): FieldError[] {
  const { timeout, subjectAccessReviewVersion: version, matchConditionSubjectAccessReviewVersion: matchVersion, failurePolicy, connectionInfo = {}, matchConditions: conditions = [] } = hook
  const oneOf = (field: string, value: string | undefined, words: readonly string[]) => (!value ? [requiredValue(`${at}.${field}`)] : words.includes(value) ? [] : [notSupported(`${at}.${field}`, value, words)])
  const span = (field: string, text: string | undefined, most = Infinity): FieldError[] => {
    if (!text) return [requiredValue(`${at}.${field}`)]
    try {
      const ms = parseDuration(text)
      return ms > 0 && ms <= most ? [] : [invalidValue(`${at}.${field}`, text, most === Infinity ? 'must be > 0s' : 'must be > 0s and <= 30s')]
    } catch (error) { return error instanceof DurationError ? [invalidValue(`${at}.${field}`, text, error.message)] : [] }
  }
  const { type, kubeConfigFile: file } = connectionInfo
  return [
    ...span('timeout', timeout, longestTimeoutMs), ...span('authorizedTTL', hook.authorizedTTL || defaultTtl.authorized), ...span('unauthorizedTTL', hook.unauthorizedTTL || defaultTtl.unauthorized),
    ...oneOf('subjectAccessReviewVersion', version, ['v1', 'v1beta1']),
    ...(!matchVersion ? (conditions.length > 0 ? [requiredValue(`${at}.matchConditionSubjectAccessReviewVersion`, 'required if match conditions are specified')] : []) : oneOf('matchConditionSubjectAccessReviewVersion', matchVersion, ['v1'])),
    ...oneOf('failurePolicy', failurePolicy, ['Deny', 'NoOpinion']), ...oneOf('connectionInfo.type', type, ['InClusterConfig', 'KubeConfigFile']),
    ...(type === 'InClusterConfig' && file ? [invalidValue(`${at}.connectionInfo.kubeConfigFile`, file, 'can only be set when type=KubeConfigFile')] : []),
    ...(type !== 'KubeConfigFile' ? [] : !file ? [requiredValue(`${at}.connectionInfo.kubeConfigFile`)] : file.startsWith('/') ? [] : [invalidValue(`${at}.connectionInfo.kubeConfigFile`, file, 'must be an absolute path')]),
    ...matchConditions(conditions.map(({ expression = '' }) => expression), `${at}.matchConditions`).errors,
  ]
}
