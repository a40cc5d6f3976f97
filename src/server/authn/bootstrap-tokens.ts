// Bootstrap tokens: what a new node shows until it has a certificate. They lie in Secrets of kube-system (bootstrap-token-<id>).
import { secret } from '#kinds'
import { parseTime, type Log } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import type { TokenAuthenticator } from './authn.ts'
import { secretText } from './secret-data.ts'

const form = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
const type = 'bootstrap.kubernetes.io/token'
const ownGroup = 'system:bootstrappers'
const groupName = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

/** A token that is not to be used is as good as none: nobody learns why, the log says it. */
export const bootstrapTokens = ({ objects, now, log }: { readonly objects: ObjectReader; readonly now: () => number; readonly log: Log }): TokenAuthenticator => ({
  name: 'bootstrap-token',
  authenticateToken(token) {
    const [, id, password] = form.exec(token) ?? []
    if (id === undefined || password === undefined) return undefined
    const name = `bootstrap-token-${id}`, held = objects.get(secret, name, 'kube-system')
    if (!held) return undefined
    const text = (key: string) => secretText(held, key), groups = groupsOf(text('auth-extra-groups'))
    const why = held.metadata.deletionTimestamp ? 'is deleted and awaiting removal' : held.type !== type ? `has invalid type, expected ${type}`
      : !sameText(text('token-secret'), password) ? 'has invalid value for key token-secret'
      : text('token-id') !== id ? `has invalid value for key token-id, expected ${id}` : isOver(text('expiration'), now()) ? 'is expired'
        : text('usage-bootstrap-authentication') !== 'true' ? 'not marked usage-bootstrap-authentication=true'
        : groups === undefined ? 'has invalid value for key auth-extra-groups' : undefined
    if (why === undefined) return { user: { name: `system:bootstrap:${id}`, groups: groups! } }
    log.info(`the bootstrap secret kube-system/${name}, which matches a bearer token, ${why}`)
    return undefined
  },
})

/** Takes as long wherever the texts differ. */
function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % Math.max(1, b.length))
  return difference === 0
}
/** An end that cannot be read is over. */
function isOver(expiration: string, now: number): boolean {
  if (expiration === '') return false
  try { return parseTime(expiration) < now } catch { return true }
}
/** undefined when one of them may not be given to bootstrapping nodes. */
function groupsOf(extra: string): string[] | undefined {
  const all = extra === '' ? [] : extra.split(',')
  return all.every((g) => groupName.test(g)) ? [...new Set([ownGroup, ...all])].sort() : undefined
}
