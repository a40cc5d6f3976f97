// Acting as somebody else (Impersonate-* headers). A requester may be allowed to be somebody for one verb on one resource only (constrained
// impersonation, KEP-5284), or, as it always was, by the verb `impersonate` on each part of the identity asked for. The modes are tried in order.
import { badRequest, quote, type ApiError, type ApiRequest, type User } from '#machinery'
import { LRUCache } from 'lru-cache'
import type { AuthorizationAttributes, Authorizer, ResourceAttributes } from '../authz/authz.ts'
import { forbiddenRequest } from '../pipeline.ts'
import type { Impersonator } from '../server.ts'
import { headerValues } from './header-values.ts'
import { badExtra, nodeOf, serviceAccountGroups, serviceAccountOf } from './user-names.ts'

/** So many requesters are remembered by the mode that let them through last: it is tried first. */
const rememberedRequesters = 10_000
/** From so many groups or extra values on, one question about all of them is asked first. */
const many = 4
const nodeNameKey = 'authentication.kubernetes.io/node-name'

/** One way of being allowed to be somebody else. */
interface Mode {
  /** What stands in the verbs; absent: the old way. */
  readonly name?: string
  applies(wanted: User, requester: User): boolean
  /** The question as this mode asks it. */
  readonly ask?: (attributes: AuthorizationAttributes) => AuthorizationAttributes
}
const onlyNamed = (wanted: User): boolean => !wanted.uid && wanted.groups.length === 0 && wanted.extra === undefined
const modes: readonly Mode[] = [
  { name: 'associated-node', ask: anyNode, applies: (wanted, requester) => onlyNamed(wanted) && nodeOf(wanted.name) !== undefined &&
    serviceAccountOf(requester.name) !== undefined && ownNode(requester) === nodeOf(wanted.name) },
  { name: 'arbitrary-node', applies: (wanted) => onlyNamed(wanted) && nodeOf(wanted.name) !== undefined },
  { name: 'serviceaccount', applies: (wanted) => onlyNamed(wanted) && serviceAccountOf(wanted.name) !== undefined },
  { name: 'user-info', applies: (wanted) => nodeOf(wanted.name) === undefined && serviceAccountOf(wanted.name) === undefined },
  { applies: () => true },
]
const ownNode = ({ extra }: User): string | undefined => (extra?.[nodeNameKey]?.length === 1 ? extra[nodeNameKey][0] : undefined)
/** An agent's account is the same on all nodes: it is asked for without what tells the nodes apart. */
function anyNode(attributes: AuthorizationAttributes): AuthorizationAttributes {
  const user = { ...attributes.user, extra: { 'authentication.kubernetes.io/associated-node-keys': Object.keys(attributes.user.extra ?? {}).sort() } }
  return attributes.resource && attributes.verb === 'impersonate:associated-node' ? { ...attributes, user, resource: { ...attributes.resource, name: '*' } }
    : { ...attributes, user }
}

/** An impersonator that asks `authorizer` about every user, group, uid and extra value wanted. */
export function impersonator(authorizer: Authorizer): Impersonator {
  const lastMode = new LRUCache<string, Mode>({ max: rememberedRequesters })
  return async (request, attributes) => {
    const wanted = wantedUser(request)
    if (!wanted) return undefined
    const first = lastMode.get(attributes.user.name)
    let failure: ApiError | undefined
    for (const mode of first ? [first, ...modes.filter((m) => m !== first)] : modes) {
      if (!mode.applies(wanted, attributes.user)) continue
      const refusal = await refusedBy(mode, wanted, attributes, authorizer)
      if (refusal) { failure ??= refusal; continue }
      lastMode.set(attributes.user.name, mode)
      return { user: actual(wanted, mode), ...(mode.name && { constraint: `impersonate:${mode.name}` }) }
    }
    throw failure ?? new Error('all impersonation modes failed')
  }
}

/** Why a mode does not let the requester be `wanted`; undefined when it does. */
async function refusedBy({ name, ask = (a) => a }: Mode, wanted: User, attributes: AuthorizationAttributes, authorizer: Authorizer): Promise<ApiError | undefined> {
  const denied = async (question: AuthorizationAttributes) => {
    const asked = ask(question), { verdict, reason, error } = await authorizer.authorize(asked)
    return verdict === 'allow' ? undefined : forbiddenRequest(asked, error && reason ? `${error}: ${reason}` : error || reason)
  }
  const on = (resource: ResourceAttributes): AuthorizationAttributes =>
    ({ user: attributes.user, verb: name ? `impersonate:${name}` : 'impersonate', path: attributes.path, resource })
  if (name) {
    const sudo = await denied({ ...attributes, verb: `impersonate-on:${name}:${attributes.verb}` })
    if (sudo) return sudo
  }
  for (const { shortcut, parts, impossible } of targets(wanted, name !== undefined)) {
    if (impossible) return forbiddenRequest(on(impossible.at), impossible.why)
    if (shortcut && !await denied(on(shortcut))) continue
    for (const part of parts) {
      const no = await denied(on(part))
      if (no) return no
    }
  }
  return undefined
}

/** What has to be allowed, in order: the name, the uid, the groups, the extra values. */
interface Targets {
  readonly parts: readonly ResourceAttributes[]
  readonly shortcut?: ResourceAttributes
  readonly impossible?: { readonly at: ResourceAttributes; readonly why: string }
}
function* targets(wanted: User, constrained: boolean): Iterable<Targets> {
  const authentication = 'authentication.k8s.io', named = constrained ? authentication : ''
  const one = (group: string, resource: string, name: string, more: Partial<ResourceAttributes> = {}): ResourceAttributes =>
    ({ group, version: 'v1', resource, subresource: '', namespace: '', name, ...more })
  const account = serviceAccountOf(wanted.name), node = constrained ? nodeOf(wanted.name) : undefined
  yield { parts: [node !== undefined ? one(named, 'nodes', node) : account ? one(named, 'serviceaccounts', account.name, { namespace: account.namespace })
    : one(named, 'users', wanted.name)] }
  if (wanted.uid) yield { parts: [one(authentication, 'uids', wanted.uid)] }
  const { groups } = wanted, group = (name: string) => one(named, 'groups', name)
  const impossible = !constrained ? undefined : groups.includes('') ? { at: group(''), why: 'impersonating the empty string group is not allowed' }
    : groups.includes('system:masters') ? { at: group('system:masters'), why: 'impersonating the system:masters group is not allowed' } : undefined
  if (groups.length > 0) yield { parts: groups.map(group), ...(impossible && { impossible }), ...(constrained && groups.length >= many && { shortcut: group('*') }) }
  const extra = Object.entries(wanted.extra ?? {}), why = constrained && wanted.extra ? badExtra(wanted.extra) : undefined
  const parts = extra.flatMap(([key, values]) => values.map((value) => one(authentication, 'userextras', value, { subresource: key })))
  if (extra.length > 0) yield { parts, ...(why && { impossible: { at: one(authentication, 'userextras', ''), why } }),
    ...(constrained && (extra.length >= many || parts.length >= many) && { shortcut: one(authentication, 'userextras', '*', { subresource: '*' }) }) }
}

/** Who the requester then is: with the groups that go with the name. */
function actual(wanted: User, mode: Mode): User {
  const account = serviceAccountOf(wanted.name)
  const groups = mode.name && nodeOf(wanted.name) !== undefined ? ['system:nodes'] : wanted.groups.length === 0 && account ? serviceAccountGroups(account.namespace) : wanted.groups
  const implied = wanted.name === 'system:anonymous' ? 'system:unauthenticated' : groups.includes('system:unauthenticated') ? undefined : 'system:authenticated'
  return { ...wanted, groups: implied === undefined || groups.includes(implied) ? groups : [...groups, implied] }
}

/** Whoever the headers ask for; undefined when they ask for nobody. Throws 400 when they name more than nothing but no user. */
function wantedUser(request: ApiRequest): User | undefined {
  const { headers } = request, prefix = 'impersonate-extra-'
  const name = headers['impersonate-user'] ?? '', uid = headers['impersonate-uid'] ?? '', groups = headerValues(request, 'impersonate-group')
  const extra: Record<string, string[]> = {}
  for (const header of Object.keys(headers)) {
    if (!header.startsWith(prefix)) continue
    const key = unescaped(header.slice(prefix.length))
    extra[key] = [...(extra[key] ?? []), ...headerValues(request, header)]
  }
  const hasExtra = Object.keys(extra).length > 0
  if (name !== '') return { name, ...(uid && { uid }), groups, ...(hasExtra && { extra }) }
  if (groups.length > 0 || uid !== '' || hasExtra) throw badRequest(`requested ${goSyntax(uid, groups, extra)} without impersonating a user name`)
  return undefined
}
function unescaped(text: string): string { try { return decodeURIComponent(text) } catch { return text } }

/** The identity as the reference's error prints it. */
function goSyntax(uid: string, groups: readonly string[], extra: Readonly<Record<string, readonly string[]>>): string {
  const list = (items: readonly string[]) => `[]string{${items.map(quote).join(', ')}}`
  const keys = Object.keys(extra).sort()
  const shownExtra = keys.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${keys.map((k) => `${quote(k)}:${list(extra[k]!)}`).join(', ')}}`
  return `&user.DefaultInfo{Name:"", UID:${quote(uid)}, Groups:${groups.length > 0 ? list(groups) : '[]string(nil)'}, Extra:${shownExtra}}`
}
