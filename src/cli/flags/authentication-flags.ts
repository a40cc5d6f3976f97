// Who is believed: kube-apiserver's flags of authentication, with its names and meanings.
import { choice, duration, files, list, maybe, pairs, path, text, texts, toggle } from '../flag.ts'

const group = 'Authentication (the reference\'s names)'

export const authenticationFlags = {
  clientCaFile: path({ group, description: 'More authorities whose client certificates are accepted; read again when it changes' }),
  anonymousAuth: maybe({ group, description: 'Requests without credentials are system:anonymous, with the rights that RBAC gives it', defaultText: 'true' }),
  tokenAuthFile: path({ group, description: 'Static tokens: lines of token,user,uid,"group,group"' }),
  enableBootstrapTokenAuth: toggle({ group, description: 'Secrets of type bootstrap.kubernetes.io/token in kube-system are tokens of new nodes' }),
  apiAudiences: list({ group, description: 'Whom tokens must be meant for', defaultText: 'the issuers of service account tokens' }),
  serviceAccountIssuer: texts({ group, value: 'URL', description: 'Issuers of service account tokens: the first makes them, all are believed' },
    ['https://kubernetes.default.svc.cluster.local']),
  serviceAccountKeyFile: files({ group, description: 'PEM with public or private keys that service account tokens are believed by' }),
  serviceAccountSigningKeyFile: path({ group, description: 'PEM with the private key that signs service account tokens', defaultText: 'one of the cluster\'s own' }),
  serviceAccountExtendTokenExpiration: toggle({ group, description: 'Tokens that pods are given by default live for a year, for clients that never read them again' }, true),
  serviceAccountMaxTokenExpiration: duration({ group, description: 'The longest life of a service account token' }, 0, 'as long as is asked for'),
  serviceAccountJwksUri: text({ group, value: 'URL', description: 'Where the public keys of service account tokens are to be had', defaultText: 'this server' }),
  authenticationConfig: path({ group,
    description: 'AuthenticationConfiguration: identity providers and where requests without credentials are let in; read again when it changes' }),
  oidcIssuerUrl: text({ group, value: 'URL', description: 'Identity provider (OpenID Connect) whose tokens are accepted' }),
  oidcClientId: text({ group, value: 'ID', description: 'Whom its tokens must be meant for' }),
  oidcCaFile: path({ group, description: 'Authorities of its certificate', defaultText: 'those of this machine' }),
  oidcUsernameClaim: text({ group, value: 'CLAIM', description: 'The claim that names the user', defaultText: 'sub' }),
  oidcUsernamePrefix: text({ group, description: 'Put in front of its users; - for nothing', defaultText: 'the issuer\'s URL and a #, nothing for e-mail addresses' }),
  oidcGroupsClaim: text({ group, value: 'CLAIM', description: 'The claim that names the user\'s groups' }),
  oidcGroupsPrefix: text({ group, description: 'Put in front of its groups' }),
  oidcRequiredClaim: pairs({ group, description: 'A claim that its tokens must have, and its value' }),
  oidcSigningAlgs: list({ group, description: 'What its tokens may be signed with', defaultText: 'RS256' }),
  requestheaderClientCaFile: path({ group, description: 'Authorities of proxies that may say whom they speak for, beside the cluster\'s own' }),
  requestheaderAllowedNames: list({ group, description: 'Common names of such proxies', defaultText: 'front-proxy-client; every name of --requestheader-client-ca-file' }),
  requestheaderUsernameHeaders: list({ group, description: 'Headers in which they name the user' }, ['X-Remote-User']),
  requestheaderUidHeaders: list({ group, description: 'Headers in which they tell its uid' }, ['X-Remote-Uid']),
  requestheaderGroupHeaders: list({ group, description: 'Headers in which they name its groups' }, ['X-Remote-Group']),
  requestheaderExtraHeadersPrefix: list({ group, description: 'How headers with more about it begin' }, ['X-Remote-Extra-']),
  proxyClientCertFile: path({ group, description: 'Certificate that extension servers are shown', defaultText: 'one of the cluster\'s own' }),
  proxyClientKeyFile: path({ group, description: 'Its key' }),
  authenticationTokenWebhookConfigFile: path({ group, description: 'Kubeconfig of a webhook that knows bearer tokens (TokenReview)' }),
  authenticationTokenWebhookVersion: choice({ group, description: 'The version of TokenReview that it speaks' }, ['v1', 'v1beta1'], 'v1beta1'),
  authenticationTokenWebhookCacheTtl: duration({ group, description: 'How long its answers are remembered' }, 120_000, '2m'),
  serviceAccountLookup: toggle({ group, hidden: true, description: 'Accepted; what tokens are bound to is always looked up' }, true),
}

/** Values of these flags. */
export type AuthenticationFlags = { readonly [K in keyof typeof authenticationFlags]: (typeof authenticationFlags)[K]['default'] }
