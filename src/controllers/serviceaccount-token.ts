import { watching, type Controller } from '#client'
import { secret, serviceAccount, type Secret, type ServiceAccount } from '#kinds'
import { is } from '#machinery'

const type = 'kubernetes.io/service-account-token'
const nameKey = 'kubernetes.io/service-account.name'
const uidKey = 'kubernetes.io/service-account.uid'

export interface TokenSecretsOptions {
  /** PEM that pods trust the API server by. */
  readonly rootCa: string
  /** The text of a token that is as good as the Secret of this name. */
  readonly sign: (account: ServiceAccount, secretName: string) => Promise<string>
}

/**
 * Fills the Secrets that ask for a token of a service account by their annotation, and removes those whose account is not there. (Nobody
 * makes such Secrets by himself since v1.24; external systems still read tokens from them.)
 */
export function tokenSecretsController({ rootCa, sign }: TokenSecretsOptions): Controller<Secret> {
  /** By "namespace/name" of the Secret: whom it was for. */
  const owners = new Map<string, { readonly name: string; readonly uid: string }>()
  return {
    name: 'serviceaccount-token', for: secret, reads: [serviceAccount],
    concerns: ({ object, old }) => accountOf(object) !== undefined || (old !== undefined && accountOf(old) !== undefined),
    watches: [watching(serviceAccount, ({ metadata }, cluster) =>
      cluster.list(secret, { namespace: metadata.namespace }).filter((s) => accountOf(s) === metadata.name).map((s) =>
        ({ name: s.metadata.name, namespace: metadata.namespace ?? '' })))],

    async reconcile(object, cluster) {
      const name = accountOf(object), { namespace = '', annotations, deletionTimestamp } = object.metadata
      if (name === undefined || deletionTimestamp) return
      const target = { name, namespace }
      let account = cluster.get(serviceAccount, target)
      const isOther = (held: ServiceAccount | undefined) => !held || (annotations?.[uidKey] !== undefined && annotations[uidKey] !== held.metadata.uid)
      if (isOther(account)) account = await cluster.client.get(serviceAccount,
        target).catch((error: unknown) => { if (is(error, 'NotFound')) return undefined; throw error }) // the cache may be behind
      if (account && !isOther(account)) owners.set(`${namespace}/${object.metadata.name}`, { name, uid: account.metadata.uid })
      if (!account || isOther(account)) { await cluster.delete(secret, object); return }
      const filled = await fill(object, account, { rootCa, sign })
      if (filled) await cluster.update(secret, filled)
    },
    /** An account that lists the Secret lists it no more. */
    async reconcileDeleted({ namespace = '', name }, cluster) {
      const owner = owners.get(`${namespace}/${name}`), account = owner && cluster.get(serviceAccount, { namespace, name: owner.name })
      owners.delete(`${namespace}/${name}`)
      if (!account || account.metadata.uid !== owner.uid || account.metadata.deletionTimestamp || !account.secrets?.some((one) => one.name === name)) return
      await cluster.update(serviceAccount, { ...account, secrets: account.secrets.filter((one) => one.name !== name) })
    },
  }
}

/** The service account that a Secret is to hold a token of. */
const accountOf = ({ metadata, type: given }: Secret): string | undefined => (given === type ? metadata.annotations?.[nameKey] || undefined : undefined)

/** The Secret with what it lacks; undefined when it lacks nothing. */
export async function fill(object: Secret, account: ServiceAccount, { rootCa, sign }: TokenSecretsOptions): Promise<Secret | undefined> {
  const { data = {}, metadata } = object, ca = btoa(rootCa)
  const missing = { ...(rootCa !== '' && data['ca.crt'] !== ca && { 'ca.crt': ca }), ...(!data['namespace'] && { namespace: btoa(metadata.namespace ?? '') }),
    ...(!data['token'] && { token: btoa(await sign(account, metadata.name)) }) }
  const isNamed = metadata.annotations?.[uidKey] === account.metadata.uid
  if (Object.keys(missing).length === 0 && isNamed) return undefined
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, [nameKey]: account.metadata.name, [uidKey]: account.metadata.uid } },
    data: { ...data, ...missing } }
}
