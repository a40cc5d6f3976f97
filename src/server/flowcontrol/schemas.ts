// Which FlowSchema a request belongs to: the first one, by precedence and name, that names its user and what it wants.
import type { FlowSchema } from '#kinds'
import type { User } from '#machinery'
import type { RequestInfo } from '../request.ts'

type Rule = NonNullable<FlowSchema['spec']['rules']>[number]
type Subject = Rule['subjects'][number]
type ResourceRule = NonNullable<Rule['resourceRules']>[number]
export type Matcher = (info: RequestInfo, user: User) => boolean

const all = '*'
const accountPrefix = 'system:serviceaccount:'

/** Made once for each schema: it is asked for every request. */
export function matcherOf({ spec: { rules = [] } }: FlowSchema): Matcher {
  const made = rules.map(({ subjects, resourceRules = [], nonResourceRules = [] }) => {
    const who = subjects.map(subjectMatcher), what = resourceRules.map(resourceMatcher)
    const where = nonResourceRules.map(({ verbs, nonResourceURLs }): Matcher => (info) => has(verbs, info.verb) && nonResourceURLs.some((url) => covers(url, info.path)))
    return { who, what, where }
  })
  return (info, user) => made.some(({ who, what, where }) => who.some((is) => is(user)) && (info.isResource ? what : where).some((is) => is(info, user)))
}

const has = (list: readonly string[], value: string): boolean => list.includes(all) || list.includes(value)

function subjectMatcher({ kind, user, group, serviceAccount }: Subject): (asking: User) => boolean {
  switch (kind) {
    case 'User': return ({ name }) => user !== undefined && (user.name === all || user.name === name)
    case 'Group': return ({ groups }) => group !== undefined && (group.name === all || groups.includes(group.name))
    case 'ServiceAccount': {
      if (!serviceAccount) return () => false
      const prefix = `${accountPrefix}${serviceAccount.namespace}:`
      return ({ name }) => (serviceAccount.name === all ? name.startsWith(prefix) && !name.includes(':', prefix.length) : name === prefix + serviceAccount.name)
    }
    default: return () => false
  }
}

function resourceMatcher({ verbs, resources, apiGroups, namespaces = [], clusterScope = false }: ResourceRule): Matcher {
  return ({ verb, resource, subresource, group, namespace }) =>
    has(verbs, verb) && has(resources, subresource === '' ? resource : `${resource}/${subresource}`) && has(apiGroups, group) && (namespace === '' ? clusterScope : has(namespaces, namespace))
}

/** A path, all paths, or those below a folder (/a/b/ with a star behind). */
function covers(url: string, path: string): boolean {
  if (url === all || url === path) return true
  const prefix = url.endsWith(all) ? url.slice(0, -1) : url
  return prefix.endsWith('/') && path.startsWith(prefix)
}

/** What keeps the flows of a schema apart. */
export function distinguisherOf({ spec: { distinguisherMethod } }: FlowSchema, info: RequestInfo, user: User): string {
  return distinguisherMethod?.type === 'ByUser' ? user.name : distinguisherMethod?.type === 'ByNamespace' ? info.namespace : ''
}
