// AuthenticationConfiguration (apiserver.config.k8s.io): whose JSON Web Tokens are believed, who they name, and where requests without
// credentials are let in.
import { s, type Infer } from '#machinery'
import type { ConfigurationKind } from '../../configuration-file.ts'

const issuer = s.object('Issuer', {
  url: s.string(), discoveryURL: s.string(), certificateAuthority: s.string(), audiences: s.list(s.string()), audienceMatchPolicy: s.string(), egressSelectorType: s.string(),
})
const prefixed = s.object('PrefixedClaimOrExpression', { claim: s.string(), prefix: s.string({ keepEmpty: true }), expression: s.string() })
const claimOrExpression = s.object('ClaimOrExpression', { claim: s.string(), expression: s.string() })
const claimMappings = s.object('ClaimMappings', {
  username: prefixed, groups: prefixed, uid: claimOrExpression, extra: s.list(s.object('ExtraMapping', { key: s.string(), valueExpression: s.string() })),
})
const jwtAuthenticator = s.object('JWTAuthenticator', {
  issuer: s.value(issuer),
  claimValidationRules: s.list(s.object('ClaimValidationRule', { claim: s.string(), requiredValue: s.string(), expression: s.string(), message: s.string() })),
  claimMappings: s.value(claimMappings),
  userValidationRules: s.list(s.object('UserValidationRule', { expression: s.string(), message: s.string() })),
})
const schema = s.object('AuthenticationConfiguration', {
  jwt: s.list(jwtAuthenticator),
  anonymous: s.object('AnonymousAuthConfig', { enabled: s.bool(), conditions: s.list(s.object('AnonymousAuthCondition', { path: s.string() })) }),
})

export type JwtAuthenticatorConfig = Infer<typeof jwtAuthenticator>
export type PrefixedClaimOrExpression = Infer<typeof prefixed>
export type AuthenticationConfiguration = Infer<typeof schema>
export const authenticationConfiguration: ConfigurationKind<AuthenticationConfiguration> = {
  kind: 'AuthenticationConfiguration', apiVersions: ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1', 'apiserver.config.k8s.io/v1alpha1'], schema,
}

/** What tokens may be signed with; flags narrow it down. */
export const signingAlgorithms = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'] as const

export interface OidcFlags {
  readonly issuerUrl: string; readonly clientId: string; readonly ca?: string
  readonly usernameClaim: string; readonly usernamePrefix: string; readonly groupsClaim: string; readonly groupsPrefix: string
  readonly requiredClaims: Readonly<Record<string, string>>
}

/** The --oidc-* flags say the same in fewer words. */
export function fromFlags({ issuerUrl, clientId, ca, usernameClaim, usernamePrefix, groupsClaim, groupsPrefix, requiredClaims }: OidcFlags): JwtAuthenticatorConfig {
  // Without a prefix, what is no e-mail address is told apart by its issuer; a dash means no prefix at all.
  const prefix = usernamePrefix === '-' ? '' : usernamePrefix === '' && usernameClaim !== 'email' ? `${issuerUrl}#` : usernamePrefix
  return {
    issuer: { url: issuerUrl, audiences: [clientId], ...(ca !== undefined && { certificateAuthority: ca }) },
    claimMappings: { username: { claim: usernameClaim, prefix }, ...(groupsClaim !== '' && { groups: { claim: groupsClaim, prefix: groupsPrefix } }) },
    claimValidationRules: Object.entries(requiredClaims).map(([claim, requiredValue]) => ({ claim, requiredValue })),
  }
}
