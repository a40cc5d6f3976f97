// Acting as somebody else (Impersonate-* headers): allowed by the verb `impersonate` on each part of the identity asked for.
import { badRequest, forbidden, type ApiRequest, type User } from '#machinery'
import type { Authorizer, ResourceAttributes } from '../authz/authz.ts'
import type { Impersonator } from '../server.ts'

const serviceAccountPrefix = 'system:serviceaccount:'

/** An impersonator that asks `authorizer` about every user, group, uid and extra value wanted. */
export function impersonator(authorizer: Authorizer): Impersonator {
  return async (request, user) => {
    const wanted = read(request)
    if (!wanted) return user
    for (const target of targets(wanted)) {
      const { verdict, reason } = await authorizer.authorize({ user, verb: 'impersonate', path: request.path, resource: target })
      if (verdict === 'allow') continue
      const where = target.namespace ? `in the namespace "${target.namespace}"` : 'at the cluster scope'
      const what = target.subresource ? `${target.resource}/${target.subresource}` : target.resource
      throw forbidden(target, target.name, `User "${user.name}" cannot impersonate resource "${what}" in API group "${target.group}" ${where}${reason && `: ${reason}`}`)
    }
    return wanted
  }
}

/** Whoever the headers ask for; undefined when they ask for nobody. Throws 400 when they name groups but no user. */
function read({ headers }: ApiRequest): User | undefined {
  const name = headers['impersonate-user'] ?? '', uid = headers['impersonate-uid'] ?? '', groups = values(headers['impersonate-group'])
  const extra: Record<string, string[]> = {}
  for (const [header, value] of Object.entries(headers))
    if (header.startsWith('impersonate-extra-')) extra[unescaped(header.slice('impersonate-extra-'.length)).toLowerCase()] = values(value)
  const hasExtra = Object.keys(extra).length > 0
  if (name === '') {
    if (groups.length === 0 && uid === '' && !hasExtra) return undefined
    throw badRequest(`requested ${goSyntax(uid, groups, extra)} without impersonating a user name`)
  }
  const account = serviceAccount(name)
  const all = groups.length === 0 && account ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`] : groups
  const named = name === 'system:anonymous' ? (all.includes('system:unauthenticated') ? all : [...all, 'system:unauthenticated'])
    : all.includes('system:authenticated') || all.includes('system:unauthenticated') ? all : [...all, 'system:authenticated']
  return { name, ...(uid && { uid }), groups: named, ...(hasExtra && { extra }) }
}

function* targets(wanted: User): Iterable<ResourceAttributes> {
  const one = (group: string, resource: string, name: string, more: Partial<ResourceAttributes> = {}): ResourceAttributes =>
    ({ group, version: 'v1', resource, subresource: '', namespace: '', name, ...more })
  const account = serviceAccount(wanted.name)
  yield account ? one('', 'serviceaccounts', account.name, { namespace: account.namespace }) : one('', 'users', wanted.name)
  const implied = new Set(['system:authenticated', ...(account ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`] : []), ...(wanted.name === 'system:anonymous' ? ['system:unauthenticated'] : [])])
  for (const group of wanted.groups) if (!implied.has(group)) yield one('', 'groups', group)
  if (wanted.uid) yield one('authentication.k8s.io', 'uids', wanted.uid)
  for (const [key, all] of Object.entries(wanted.extra ?? {})) for (const value of all) yield one('authentication.k8s.io', 'userextras', value, { subresource: key })
}

function serviceAccount(name: string): { namespace: string; name: string } | undefined {
  const [namespace, account, more] = name.startsWith(serviceAccountPrefix) ? name.slice(serviceAccountPrefix.length).split(':') : []
  return namespace && account && more === undefined ? { namespace, name: account } : undefined
}

/** Several headers of one name arrive joined by ", ". */
const values = (header: string | undefined): string[] => (header ? header.split(', ').filter((v) => v !== '') : [])
function unescaped(text: string): string { try { return decodeURIComponent(text) } catch { return text } }

/** The identity as the reference's error prints it. */
function goSyntax(uid: string, groups: readonly string[], extra: Readonly<Record<string, readonly string[]>>): string {
  const list = (items: readonly string[]) => `[]string{${items.map((i) => JSON.stringify(i)).join(', ')}}`
  const keys = Object.keys(extra)
  const shownExtra = keys.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${keys.map((k) => `${JSON.stringify(k)}:${list(extra[k]!)}`).join(', ')}}`
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${groups.length === 0 ? '[]string(nil)' : list(groups)}, Extra:${shownExtra}}`
}
