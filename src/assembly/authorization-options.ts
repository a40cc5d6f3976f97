// What the flags of authorization come to: a configuration, read from a file or made of them.
import { readFileSync } from 'node:fs'
import type { ClusterOptions } from '#cli'
import type { Log } from '#machinery'
import { authorizationConfiguration, checkedAuthorization, readConfiguration, type AuthorizationConfiguration } from '#server'
import type { Reloads } from './reloads.ts'
import { watchFiles } from './watched-file.ts'

export interface AuthorizationOptions {
  readonly configuration: AuthorizationConfiguration
  readonly policyFile?: string
  readonly superUser?: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Calls back with another configuration whenever there is one; returns a stop function. */
  readonly follow?: (changed: (configuration: AuthorizationConfiguration) => void) => () => void
}

/** Throws what is wrong with the file. */
export function authorizationOf(options: ClusterOptions, reloads: Reloads, log: Log): AuthorizationOptions {
  const { authorizationConfig: file, authorizationPolicyFile, authorizationRbacSuperUser } = options
  const more = { environment: process.env, ...(authorizationPolicyFile && { policyFile: authorizationPolicyFile }), ...(authorizationRbacSuperUser && { superUser: authorizationRbacSuperUser }) }
  if (!file) return { configuration: { authorizers: options.authorizationMode.map((type) => ({ type, name: type.toLowerCase(), ...(type === 'Webhook' && { webhook: webhookOf(options) }) })) }, ...more }
  const load = (text: string): AuthorizationConfiguration => {
    try { return checkedAuthorization(readConfiguration(text, authorizationConfiguration)) } catch (cause) { throw new Error(`failed to load AuthorizationConfiguration from file ${JSON.stringify(file)}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }) }
  }
  const text = readFileSync(file, 'utf8'), configuration = load(text)
  reloads.inForce(text)
  return {
    configuration, ...more,
    follow: (changed) => watchFiles([file], log, reloads.counted((now) => { changed(load(now)); log.info('reloaded authorization config') })),
  }
}

const webhookOf = ({ authorizationWebhookConfigFile, authorizationWebhookVersion, authorizationWebhookCacheAuthorizedTtl, authorizationWebhookCacheUnauthorizedTtl }: ClusterOptions) => ({
  connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: authorizationWebhookConfigFile ?? '' }, subjectAccessReviewVersion: authorizationWebhookVersion, failurePolicy: 'NoOpinion', timeout: '30s',
  ...ttl('authorizedTTL', 'cacheAuthorizedRequests', authorizationWebhookCacheAuthorizedTtl), ...ttl('unauthorizedTTL', 'cacheUnauthorizedRequests', authorizationWebhookCacheUnauthorizedTtl),
})
/** Zero is no memory at all. */
const ttl = (name: string, toggle: string, ms: number) => (ms > 0 ? { [name]: `${ms}ms` } : { [toggle]: false })
