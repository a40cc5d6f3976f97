// What a server serves, as kinds: the built-in ones are those of this program, all others are made of what discovery says.
import { kinds as builtIn } from '#kinds'
import { ApiError, defineKind, type Kind, type Verb } from '#machinery'
import type { Client } from './client.ts'

export interface Discovered {
  /** In the order the server lists them, each resource once, in the version its group prefers. */
  readonly kinds: readonly Kind[]
  /** "apps/v1/Deployment", in every version that is served. */
  readonly named: ReadonlySet<string>
  /** Group versions ("metrics.k8s.io/v1beta1") whose server did not answer. */
  readonly missing: readonly string[]
}

interface GroupDiscoveryList { readonly items?: readonly { readonly metadata?: { readonly name?: string }; readonly versions?: readonly VersionDiscovery[] }[] }
interface VersionDiscovery {
  readonly version: string; readonly freshness?: string
  readonly resources?: readonly { readonly resource: string; readonly responseKind?: { readonly group?: string; readonly version?: string; readonly kind: string }; readonly scope: string; readonly verbs: readonly string[] }[]
}
const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** Asks the server (aggregated discovery, which servers have had since 1.27). */
export async function discover(client: Client): Promise<Discovered> {
  const answers = await Promise.all(['/api', '/apis'].map((path) => client.raw('GET', path, { headers: { accept } })))
  const kinds: Kind[] = [], missing: string[] = [], named = new Set<string>(), seen = new Set<string>(), before = made.get(client), now = new Map<string, Kind>()
  for (const answer of answers) {
    const list = answer as GroupDiscoveryList & { readonly kind?: string }
    if (list.kind !== 'APIGroupDiscoveryList') throw new ApiError('NotAcceptable', 'the server does not speak aggregated discovery; Kubernetes 1.27 or later is needed')
    for (const { metadata, versions = [] } of list.items ?? []) {
      const group = metadata?.name ?? ''
      for (const { version, freshness, resources = [] } of versions) {
        if (freshness === 'Stale') missing.push(group ? `${group}/${version}` : version)
        for (const { resource, responseKind, scope, verbs } of resources) {
          if (!responseKind) continue
          named.add(`${group && `${group}/`}${version}/${responseKind.kind}`)
          if (seen.has(`${resource}.${group}`)) continue
          seen.add(`${resource}.${group}`)
          kinds.push(kindOf(group, version, resource, responseKind.kind, scope === 'Namespaced', verbs as readonly Verb[], before, now))
        }
      }
    }
  }
  made.set(client, now)
  return { kinds, named, missing }
}

/** The kinds without known fields that a client was last told of: what is served no more is forgotten. */
const made = new WeakMap<Client, ReadonlyMap<string, Kind>>()
/** A kind of this name: built in, or one without known fields. The same value as last time, so that whoever follows it goes on. */
function kindOf(group: string, version: string, resource: string, kind: string, namespaced: boolean, verbs: readonly Verb[], before: ReadonlyMap<string, Kind> | undefined, now: Map<string, Kind>): Kind {
  const known = builtIn.find((k) => k.resource === resource && k.group === group && k.version === version)
  if (known) return known
  const key = [group, version, resource, kind, namespaced, ...verbs].join('\0')
  const loose = before?.get(key) ?? now.get(key) ?? defineKind({ group, version, kind, plural: resource, scope: namespaced ? 'Namespaced' : 'Cluster', definition: '', verbs, fields: {} }) as Kind
  now.set(key, loose)
  return loose
}
