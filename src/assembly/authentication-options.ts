// What the flags of authentication come to: files read, keys made.
import { readFileSync } from 'node:fs'
import type { ClusterOptions } from '#cli'
import type { Log } from '#machinery'
import {
  anonymousPaths, authenticationConfiguration, fromFlags, frontProxyNames, kubeconfigTarget, readConfiguration, signingAlgorithms, type AuthenticationConfiguration,
  type FrontProxyNames, type TokenKeys,
} from '#server'
import { certificatesOf } from './anchors.ts'
import type { AuthenticationOptions, IdentityProvidersSource } from './authentication.ts'
import type { CertificatesInUse } from './certificates-in-use.ts'
import { verifySignature } from './jwt-signatures.ts'
import type { Pki } from './pki.ts'
import type { Reloads } from './reloads.ts'
import { privateKeyOf, publicKeysOf, tokenKeys } from './token-keys.ts'
import { watchFiles } from './watched-file.ts'

const read = (path: string): string => readFileSync(path, 'utf8')

/** Throws when a file is not there or holds no key. */
export function serviceAccountKeys({ serviceAccountKeyFile, serviceAccountSigningKeyFile }: ClusterOptions, pki: Pki): TokenKeys | Promise<TokenKeys> {
  const believed = serviceAccountKeyFile.flatMap((file) => publicKeysOf(read(file), file))
  if (serviceAccountSigningKeyFile) return tokenKeys({ privateKey: privateKeyOf(read(serviceAccountSigningKeyFile), serviceAccountSigningKeyFile) }, believed)
  const own = pki.serviceAccountKey()
  return own instanceof Promise ? own.then((privateKey) => tokenKeys({ privateKey }, believed)) : tokenKeys({ privateKey: own }, believed)
}

export function authenticationOf(options: ClusterOptions, certificates: CertificatesInUse, reloads: Reloads, log: Log): Omit<AuthenticationOptions,
  'tokenKeys'> & { readonly frontProxyNames: FrontProxyNames } {
  const twice = options.serviceAccountIssuer.find((issuer, i, all) => all.indexOf(issuer) < i)
  if (twice !== undefined) throw new Error(`service-account-issuer ${JSON.stringify(twice)} is already specified`)
  const names = proxyNames(options), lower = (headers: readonly string[]) => headers.map((h) => h.toLowerCase())
  const headers = { username: lower(names.usernameHeaders), uid: lower(names.uidHeaders), group: lower(names.groupHeaders), extraPrefix: lower(names.extraHeadersPrefix) }
  const providers = identityProviders(options, reloads, log), anonymous = providers && anonymousPaths(providers.configuration)
  if (anonymous && options.anonymousAuth !== undefined)
    throw new Error('anonymous: Forbidden: --anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file')
  // Nobody in particular with every right there is: the reference does not do that either.
  const withAlwaysAllow = options.authorizationMode.includes('AlwaysAllow') && options.anonymousAuth !== false
  if (withAlwaysAllow) log.warn('AnonymousAuth is not allowed with the AlwaysAllow authorizer. Resetting AnonymousAuth to false. You should use a different authorizer')
  return {
    serviceAccountIssuers: options.serviceAccountIssuer, maxTokenSeconds: Math.floor(options.serviceAccountMaxTokenExpiration / 1000),
      extendTokens: options.serviceAccountExtendTokenExpiration,
    ...(options.apiAudiences.length > 0 && { apiAudiences: options.apiAudiences }), ...(options.serviceAccountJwksUri && { jwksUri: options.serviceAccountJwksUri }),
    ...(options.tokenAuthFile && { tokenFile: { name: options.tokenAuthFile, text: read(options.tokenAuthFile) } }),
    bootstrapTokens: options.enableBootstrapTokenAuth, ...(providers && { identityProviders: providers }),
    ...(options.authenticationTokenWebhookConfigFile &&
      { tokenWebhook: { target: kubeconfigTarget(options.authenticationTokenWebhookConfigFile, read), version: options.authenticationTokenWebhookVersion,
      ttlMs: options.authenticationTokenWebhookCacheTtl } }),
    anonymous: withAlwaysAllow ? () => false : anonymous ?? (() => options.anonymousAuth ?? true),
    clientAnchors: certificates.clients, frontProxyNames: names, frontProxy: { anchors: certificates.proxies, allowedNames: () => names.allowedNames, headers: () => headers },
  }
}

/** Names in an authority of one's own are believed beside the one that the cluster's own proxy has. */
function proxyNames(options: ClusterOptions): FrontProxyNames {
  const { requestheaderAllowedNames: typed, requestheaderClientCaFile: file, requestheaderUsernameHeaders, requestheaderUidHeaders, requestheaderGroupHeaders,
    requestheaderExtraHeadersPrefix } = options
  const allowedNames = typed.length > 0 ? [...new Set([...typed, ...frontProxyNames.allowedNames])] : file ? [] : frontProxyNames.allowedNames
  return { allowedNames, usernameHeaders: requestheaderUsernameHeaders, uidHeaders: requestheaderUidHeaders, groupHeaders: requestheaderGroupHeaders,
    extraHeadersPrefix: requestheaderExtraHeadersPrefix }
}

const oidcFlags = ['oidcIssuerUrl', 'oidcClientId', 'oidcCaFile', 'oidcUsernameClaim', 'oidcUsernamePrefix', 'oidcGroupsClaim', 'oidcGroupsPrefix'] as const

/** From --authentication-config, or from the --oidc-* flags. Throws what is wrong with them. */
function identityProviders(options: ClusterOptions, reloads: Reloads, log: Log): IdentityProvidersSource | undefined {
  const { authenticationConfig: file, oidcIssuerUrl: issuerUrl, oidcClientId: clientId, oidcSigningAlgs: algorithms } = options
  const isTyped = oidcFlags.some((flag) => options[flag] !== undefined) || algorithms.length > 0 || Object.keys(options.oidcRequiredClaim).length > 0
  const common = { verify: verifySignature, badAuthority }
  if (file) {
    if (isTyped) throw new Error('authentication-config file and oidc-* flags are mutually exclusive')
    const load = (text: string): AuthenticationConfiguration => {
      try { return readConfiguration(text, authenticationConfiguration) } catch (cause) {
        throw new Error(`failed to load authentication configuration from file ${JSON.stringify(file)}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
      }
    }
    const text = read(file), configuration = load(text)
    reloads.inForce(text)
    return { ...common, configuration, algorithms: signingAlgorithms,
      follow: (changed) => watchFiles([file], log, reloads.counted(async (now) => { await changed(load(now)); log.info('reloaded authentication config') })) }
  }
  if (!isTyped) return undefined
  if (!issuerUrl || !clientId) throw new Error('oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set')
  const unknown = algorithms.find((a) => !(signingAlgorithms as readonly string[]).includes(a))
  if (unknown) throw new Error(`oidc: unsupported signing alg: ${JSON.stringify(unknown)}`)
  const jwt = fromFlags({
    issuerUrl, clientId, ...(options.oidcCaFile && { ca: read(options.oidcCaFile) }), usernameClaim: options.oidcUsernameClaim ?? 'sub',
      usernamePrefix: options.oidcUsernamePrefix ?? '',
    groupsClaim: options.oidcGroupsClaim ?? '', groupsPrefix: options.oidcGroupsPrefix ?? '', requiredClaims: options.oidcRequiredClaim,
  })
  return { ...common, configuration: { jwt: [jwt] }, algorithms: algorithms.length > 0 ? algorithms : ['RS256'] }
}

function badAuthority(pem: string): string | undefined {
  try { certificatesOf(pem, ''); return undefined } catch { return 'data does not contain any valid RSA or ECDSA certificates' }
}
