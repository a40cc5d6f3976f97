// The authorizers of a server, made from its configuration.
import { parseDuration, quote, type Clock } from '#machinery'
import { inClusterTarget, kubeconfigTarget, type ReadFile } from '../kubeconfig-target.ts'
import type { AuthorizerMetrics } from '../metrics/authorizers.ts'
import type { ObjectReader } from '../object-reader.ts'
import type { Outbound } from '../outbound.ts'
import { AbacAuthorizer, parsePolicies } from './abac.ts'
import { allowAll, authorizerUnion, denyAll, superUser, type Authorizer } from './authz.ts'
import { defaultTtl, validateAuthorization, type AuthorizationConfiguration, type WebhookConfig } from './configuration.ts'
import { matchConditions } from './match-conditions.ts'
import { NodeAuthorizer, type NodeAuthorizerOptions } from './node.ts'
import { privilegedGroup, RbacAuthorizer } from './rbac.ts'
import { AuthorizationWebhook } from './webhook.ts'

export interface AuthorizerParts {
  readonly objects: ObjectReader
  readonly clock: Clock
  readonly outbound: Outbound
  readonly read: ReadFile
  /** The process's, which says whether it runs in a pod of a cluster. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** --authorization-policy-file. */
  readonly policyFile?: string
  /** --authorization-rbac-super-user. */
  readonly superUser?: string
  /** For the authorizer of nodes. */
  readonly node?: NodeAuthorizerOptions
  /** Counts what they decide; default: nobody does. */
  readonly metrics?: AuthorizerMetrics
}

/** Authorizers whose configuration may change while the server runs. */
export interface ConfiguredAuthorizers {
  readonly authorizer: Authorizer
  /** What roles and bindings give, whoever decides: nobody gives away more. */
  readonly roles: RbacAuthorizer
  /** From now on, this one. Throws what is wrong with it; then everything stays as it was. */
  replace(configuration: AuthorizationConfiguration): void
}

/** Throws an Error that says what is wrong with the configuration. */
export function configuredAuthorizers(configuration: AuthorizationConfiguration, parts: AuthorizerParts): ConfiguredAuthorizers {
  // What follows the objects of the cluster is made once, and stays.
  let node: NodeAuthorizer | undefined
  const roles = new RbacAuthorizer(parts.objects)
  const make = ({ authorizers = [] }: AuthorizationConfiguration): Authorizer => authorizerUnion([privilegedGroup, ...authorizers.flatMap(({ type = '', name = '', webhook }): Authorizer[] => {
    const counted = (authorizer: Authorizer): Authorizer => parts.metrics?.counted(type, name, authorizer) ?? authorizer
    switch (type) {
      case 'AlwaysAllow': return [counted(allowAll)]
      case 'AlwaysDeny': return [counted(denyAll)]
      case 'Node': return [counted(node ??= new NodeAuthorizer(parts.objects, { ...parts.node, ...(parts.metrics && { metrics: parts.metrics }) }))]
      case 'RBAC': return [...(parts.superUser ? [superUser(parts.superUser)] : []), counted(roles)]
      case 'ABAC': return [counted(new AbacAuthorizer(parsePolicies(parts.read(parts.policyFile ?? ''), parts.policyFile ?? '')))]
      case 'Webhook': return [counted(webhookOf(name, webhook ?? {}, parts))]
      default: throw new Error(`there is no authorization mode ${quote(type)}`)
    }
  })])
  let current = make(configuration)
  return {
    roles,
    authorizer: { authorize: (attributes) => current.authorize(attributes), rulesFor: (user, namespace) => current.rulesFor!(user, namespace) },
    replace(next) { current = make(checked(next)) },
  }
}

/** The configuration of a file. Throws an Error with everything that is wrong with it. */
export function checked(configuration: AuthorizationConfiguration): AuthorizationConfiguration {
  const errors = validateAuthorization(configuration).map(({ field, message }) => `${field}: ${message}`)
  if (errors.length > 0) throw new Error(errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`)
  return configuration
}

function webhookOf(name: string, { connectionInfo, matchConditions: conditions = [], ...hook }: WebhookConfig, { outbound, clock, read, environment = {}, metrics }: AuthorizerParts): Authorizer {
  const ttl = (text: string | undefined, otherwise: string, isOn: boolean | undefined) => (isOn === false ? 0 : parseDuration(text || otherwise))
  return new AuthorizationWebhook({
    target: connectionInfo?.type === 'InClusterConfig' ? inClusterTarget(environment, read) : kubeconfigTarget(connectionInfo?.kubeConfigFile ?? '', read), version: hook.subjectAccessReviewVersion === 'v1' ? 'v1' : 'v1beta1',
    authorizedTtlMs: ttl(hook.authorizedTTL, defaultTtl.authorized, hook.cacheAuthorizedRequests), unauthorizedTtlMs: ttl(hook.unauthorizedTTL, defaultTtl.unauthorized, hook.cacheUnauthorizedRequests),
    timeoutMs: parseDuration(hook.timeout || '30s'), onError: hook.failurePolicy === 'Deny' ? 'deny' : 'none', outbound, clock, name, ...(metrics && { metrics }),
    ...(conditions.length > 0 && { conditions: matchConditions(conditions.map(({ expression = '' }) => expression), 'matchConditions').conditions }),
  })
}
