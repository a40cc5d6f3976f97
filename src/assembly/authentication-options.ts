// What the flags of authentication come to: files read, keys made.
import { readFileSync } from 'node:fs'
import type { ClusterOptions } from '#cli'
import type { TokenKeys } from '#server'
import { fingerprintsOf } from './anchors.ts'
import type { AuthenticationOptions } from './authentication.ts'
import type { Pki } from './pki.ts'
import { privateKeyOf, publicKeysOf, tokenKeys } from './token-keys.ts'

/** The headers in which an authenticating proxy says whom it speaks for. */
const proxyHeaders = { username: ['x-remote-user'], uid: ['x-remote-uid'], group: ['x-remote-group'], extraPrefix: ['x-remote-extra-'] }

const read = (path: string): string => readFileSync(path, 'utf8')

/** Throws when a file is not there or holds no key. */
export function serviceAccountKeys({ serviceAccountKeyFile, serviceAccountSigningKeyFile }: ClusterOptions, pki: Pki): TokenKeys | Promise<TokenKeys> {
  const believed = serviceAccountKeyFile.flatMap((file) => publicKeysOf(read(file), file))
  if (serviceAccountSigningKeyFile) return tokenKeys({ privateKey: privateKeyOf(read(serviceAccountSigningKeyFile), serviceAccountSigningKeyFile) }, believed)
  const own = pki.serviceAccountKey()
  return own instanceof Promise ? own.then((privateKey) => tokenKeys({ privateKey }, believed)) : tokenKeys({ privateKey: own }, believed)
}

export function authenticationOf(options: ClusterOptions, { clientCa, frontProxyCa }: { readonly clientCa: string; readonly frontProxyCa: string }): Omit<AuthenticationOptions, 'tokenKeys'> {
  const clients = fingerprintsOf(clientCa, 'the client authorities'), proxies = fingerprintsOf(frontProxyCa, 'the front-proxy authority')
  return {
    serviceAccountIssuers: options.serviceAccountIssuer, maxTokenSeconds: Math.floor(options.serviceAccountMaxTokenExpiration / 1000), extendTokens: options.serviceAccountExtendTokenExpiration,
    ...(options.apiAudiences.length > 0 && { apiAudiences: options.apiAudiences }), ...(options.serviceAccountJwksUri && { jwksUri: options.serviceAccountJwksUri }),
    ...(options.tokenAuthFile && { tokenFile: { name: options.tokenAuthFile, text: read(options.tokenAuthFile) } }),
    bootstrapTokens: options.enableBootstrapTokenAuth,
    anonymous: () => options.anonymousAuth ?? true,
    clientAnchors: () => clients, frontProxy: { anchors: () => proxies, allowedNames: () => ['front-proxy-client'], headers: () => proxyHeaders },
  }
}
