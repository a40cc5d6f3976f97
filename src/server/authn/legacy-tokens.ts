// Tokens of service accounts that lie in Secrets of type kubernetes.io/service-account-token: without an end, as good as the Secret.
import { secret, serviceAccount, type Secret, type ServiceAccount } from '#kinds'
import { formatTime, quote } from '#machinery'
import type { TokenMetrics } from '../metrics/tokens.ts'
import type { ObjectReader } from '../object-reader.ts'
import type { Asked, Authenticated, TokenAuthenticator } from './authn.ts'
import { secretText } from './secret-data.ts'
import { quoted } from './service-account-tokens.ts'
import { serviceAccountGroups, serviceAccountOf, serviceAccountUser } from './user-names.ts'
import { readClaims, signClaims, SignatureCheck, type TokenKeys } from './web-tokens.ts'

const issuer = 'kubernetes/serviceaccount'
const prefix = 'kubernetes.io/serviceaccount'
const lastUsed = 'kubernetes.io/legacy-token-last-used'
const invalidSince = 'kubernetes.io/legacy-token-invalid-since'
export const tokenSecretType = 'kubernetes.io/service-account-token'
const day = 86_400_000

export interface LegacyTokensOptions {
  readonly keys: TokenKeys | Promise<TokenKeys>
  /** Of this API server: these tokens are for nobody else. */
  readonly audiences: readonly string[]
  readonly now: () => number
  readonly objects: ObjectReader
  readonly metrics?: Pick<TokenMetrics, 'legacy' | 'legacyManual' | 'legacyAutomatic' | 'legacyInvalid'>
  /** Notes on a Secret the day on which its token was used last. */
  readonly note: (namespace: string, name: string, labels: Readonly<Record<string, string>>) => void
}

/** The text of a token for a Secret. */
export const legacyToken = (keys: TokenKeys, account: ServiceAccount, name: string): string => signClaims(keys, {
  iss: issuer, [`${prefix}/namespace`]: account.metadata.namespace, [`${prefix}/secret.name`]: name, [`${prefix}/service-account.name`]: account.metadata.name,
  [`${prefix}/service-account.uid`]: account.metadata.uid, sub: serviceAccountUser(account.metadata.namespace ?? '', account.metadata.name),
})

export function legacyTokens({ keys: given, audiences: own, now, objects, metrics, note }: LegacyTokensOptions): TokenAuthenticator {
  let keys: TokenKeys = { verifying: [] }
  if (given instanceof Promise) given.then((k) => { keys = k }, () => {})
  else keys = given
  const signatures = new SignatureCheck(() => keys)
  return {
    name: 'legacy-service-account',
    authenticateToken(token, asked): Authenticated | undefined {
      if (readClaims(token)?.['iss'] !== issuer) return undefined
      const claims = signatures.claims(token)
      metrics?.legacy.inc()
      asked.annotate?.('authentication.k8s.io/legacy-token', String(claims['sub']))
      const wanted = asked.audiences ?? own, audiences = own.filter((a) => wanted.includes(a))
      if (audiences.length === 0 && own.length > 0) throw new Error(`token audiences ${quoted(own)} is invalid for the target audiences ${quoted(wanted)}`)
      const { namespace, account, uid, secretName } = readNames(claims)
      const held = objects.get(secret, secretName, namespace)
      if (!held || held.metadata.deletionTimestamp) throw new Error('Token has been invalidated')
      if (secretText(held, 'token') !== token) throw new Error("Token does not match server's copy")
      const found = objects.get(serviceAccount, account, namespace)
      if (!found) throw new Error(`serviceaccounts ${quote(account)} not found`)
      if (found.metadata.deletionTimestamp) throw new Error(`ServiceAccount ${namespace}/${account} has been deleted`)
      if (found.metadata.uid !== uid) throw new Error(`ServiceAccount UID (${found.metadata.uid}) does not match claim (${uid})`)
      checkUse(held, found, asked, metrics)
      noteUse(held, now(), note)
      return { user: { name: serviceAccountUser(namespace, account), uid, groups: serviceAccountGroups(namespace) }, audiences }
    },
  }
}

function readNames(claims: Record<string, unknown>) {
  const claim = (key: string, name: string): string => {
    const value = claims[key]
    if (typeof value !== 'string' || value === '') throw new Error(`${name} claim is missing`)
    return value
  }
  const sub = claim('sub', 'sub'), namespace = claim(`${prefix}/namespace`, 'namespace'), secretName = claim(`${prefix}/secret.name`, 'secretName')
  const account = claim(`${prefix}/service-account.name`, 'serviceAccountName'), uid = claim(`${prefix}/service-account.uid`, 'serviceAccountUID'), subject = serviceAccountOf(sub)
  if (subject?.namespace !== namespace || subject.name !== account) throw new Error('sub claim is invalid')
  return { namespace, account, uid, secretName }
}

/** A Secret that was made by itself is on its way out: its token warns, and once it has been marked it holds no longer. */
function checkUse({ metadata }: Secret, account: ServiceAccount, asked: Asked, metrics: LegacyTokensOptions['metrics']): void {
  const { name, namespace } = metadata, automatic = account.secrets?.some((s) => s.name === name) === true
  if (metadata.labels?.[invalidSince]) {
    metrics?.legacyInvalid.inc()
    asked.annotate?.('authentication.k8s.io/legacy-token-invalidated', `${namespace}/${name}`)
    throw new Error(`the token in secret ${namespace}/${name} for service account ${namespace}/${account.metadata.name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${invalidSince}' label from the secret to temporarily allow use of this token`)
  }
  ;(automatic ? metrics?.legacyAutomatic : metrics?.legacyManual)?.inc()
  if (automatic) asked.warn?.('Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.')
  asked.annotate?.(`authentication.k8s.io/legacy-token-${automatic ? 'autogenerated' : 'manual'}-secret`, name)
}

/** Once a day; clocks of several servers may be on both sides of midnight. */
function noteUse({ metadata, type }: Secret, now: number, note: LegacyTokensOptions['note']): void {
  if (type !== tokenSecretType) return
  const today = formatTime(now).slice(0, 10), tomorrow = formatTime(now + day).slice(0, 10), noted = metadata.labels?.[lastUsed]
  if (noted !== today && noted !== tomorrow) note(metadata.namespace ?? '', metadata.name, { [lastUsed]: today })
}
