// Names of users that Kubernetes itself gives: service accounts and nodes.
import { validateDomainPrefixedPath } from '#kinds'
import { nameIsDNSLabel, nameIsDNSSubdomain, quote } from '#machinery'

const serviceAccountPrefix = 'system:serviceaccount:'
const nodePrefix = 'system:node:'

export const serviceAccountUser = (namespace: string, name: string): string => `${serviceAccountPrefix}${namespace}:${name}`
export const serviceAccountGroups = (namespace: string): string[] => ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]

/** The service account that a user name means; undefined when it is none. */
export function serviceAccountOf(user: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!user.startsWith(serviceAccountPrefix)) return undefined
  const [namespace = '', name = '', more] = user.slice(serviceAccountPrefix.length).split(':')
  return more === undefined && nameIsDNSLabel(namespace, false).length === 0 && nameIsDNSSubdomain(name, false).length === 0 ? { namespace, name } : undefined
}

/** The node that a user name means; undefined when it is none. */
export function nodeOf(user: string): string | undefined {
  const name = user.startsWith(nodePrefix) ? user.slice(nodePrefix.length) : ''
  return name !== '' && nameIsDNSSubdomain(name, false).length === 0 ? name : undefined
}

/** What is wrong with keys and values of `extra` where they are taken strictly; undefined when nothing is. */
export function badExtra(extra: Readonly<Record<string, readonly string[]>>): string | undefined {
  for (const [key, values] of Object.entries(extra)) {
    if (key === '') return 'impersonating the empty string key in extra is not allowed'
    const errors = validateDomainPrefixedPath(key, 'extra.key').map((e) => `${e.field}: ${e.message}`)
    if (errors.length > 0) return `impersonating an invalid key in extra is not allowed: ${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}`
    if (key !== key.toLowerCase()) return `impersonating a non-lowercase key in extra is not allowed: ${quote(key)}`
    if (values.length === 0) return 'impersonating empty values in extra is not allowed'
    if (values.includes('')) return 'impersonating the empty string value in extra is not allowed'
  }
  return undefined
}
