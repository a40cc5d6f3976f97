// What leads from an object to a node: secret -> pod -> node, secret -> volume -> claim -> pod -> node, and so on. Kept up to date from changes.
import { referencedClaims, referencedConfigMaps, referencedResourceClaims, referencedSecrets, secretsOfVolume, persistentVolume, pod, resourceSlice, volumeAttachment, type Pod } from '#kinds'
import type { AnyObject, Kind } from '#machinery'
import type { AuthorizerMetrics } from '../metrics/authorizers.ts'
import type { ObjectReader } from '../object-reader.ts'

export type Related = 'secret' | 'configmap' | 'pvc' | 'pv' | 'pod' | 'resourceclaim' | 'resourceslice' | 'volumeattachment' | 'serviceAccount'
type Edge = readonly [from: string, to: string]

const key = (type: string, namespace: string, name: string): string => `${type}/${namespace}/${name}`
const mirrorAnnotation = 'kubernetes.io/config.mirror'

export class NodeGraph {
  /** from -> to -> how many objects say so */
  readonly #edges = new Map<string, Map<string, number>>()
  readonly #stops: (() => void)[]

  constructor(objects: ObjectReader, metrics?: Pick<AuthorizerMetrics, 'now' | 'graphChanged'>) {
    const follow = <T extends AnyObject>(kind: Kind<T>, edges: (object: T) => readonly Edge[], unchanged: (object: T, old: T) => boolean = () => false) => objects.follow(kind, ({ object, old }) => {
      if (object && old && unchanged(object, old)) return
      const begun = metrics?.now() ?? 0, before = old ? edges(old) : [], now = object ? edges(object) : []
      // The new ones first: what stays is never missing in between.
      for (const edge of now) this.#count(edge, 1)
      for (const edge of before) this.#count(edge, -1)
      if (now.length + before.length > 0) metrics?.graphChanged(`${object ? 'Add' : 'Delete'}${kind.kind === 'PersistentVolume' ? 'PV' : kind.kind}`, metrics.now() - begun)
    })
    this.#stops = [
      follow(pod, edgesOfPod, sameEdges),
      follow(persistentVolume, (volume) => {
        const { metadata: { name }, spec: { claimRef } } = volume, self = key('pv', '', name)
        if (!claimRef) return []
        return [[self, key('pvc', claimRef.namespace ?? '', claimRef.name ?? '')], ...secretsOfVolume(volume).map((secret): Edge => [`secret/${secret}`, self])]
      }),
      follow(volumeAttachment, ({ metadata, spec }) => [[key('volumeattachment', '', metadata.name), key('node', '', spec.nodeName)]]),
      follow(resourceSlice, ({ metadata, spec }) => (spec.nodeName ? [[key('resourceslice', '', metadata.name), key('node', '', spec.nodeName)]] : [])),
    ]
  }
  close(): void { for (const stop of this.#stops) stop() }

  /** Whether a way leads from the object to the node. */
  leads(type: Related, namespace: string, name: string, node: string): boolean {
    const target = key('node', '', node), seen = new Set<string>()
    const walk = (from: string): boolean => {
      if (from === target) return true
      if (seen.has(from)) return false
      seen.add(from)
      for (const to of this.#edges.get(from)?.keys() ?? []) if ((to === target || !to.startsWith('node/')) && walk(to)) return true
      return false
    }
    return walk(key(type, type === 'pv' || type === 'volumeattachment' || type === 'resourceslice' ? '' : namespace, name))
  }

  #count([from, to]: Edge, by: 1 | -1): void {
    let held = this.#edges.get(from)
    if (!held) this.#edges.set(from, held = new Map())
    const count = (held.get(to) ?? 0) + by
    if (count !== 0) held.set(to, count)
    else held.delete(to)
    if (held.size === 0) this.#edges.delete(from)
  }
}

/** Writes of a pod's status and deletions share its spec: nothing of what leads to it can have changed. */
const sameEdges = (pod: Pod, old: Pod): boolean => pod.spec === old.spec && pod.metadata.annotations?.[mirrorAnnotation] === old.metadata.annotations?.[mirrorAnnotation]
  && pod.status?.resourceClaimStatuses === old.status?.resourceClaimStatuses && pod.status?.extendedResourceClaimStatus === old.status?.extendedResourceClaimStatus
function edgesOfPod(object: Pod): readonly Edge[] {
  const { metadata: { name, namespace = '', annotations }, spec } = object
  if (!spec.nodeName) return []
  const self = key('pod', namespace, name), toPod = (type: Related, names: readonly string[]): Edge[] => names.map((one) => [key(type, namespace, one), self])
  const own: Edge = [self, key('node', '', spec.nodeName)]
  // A node writes its mirror pods itself: they give it no rights.
  if (annotations?.[mirrorAnnotation] !== undefined) return [own]
  return [
    own, ...toPod('serviceAccount', spec.serviceAccountName ? [spec.serviceAccountName] : []), ...toPod('secret', referencedSecrets(spec)), ...toPod('configmap', referencedConfigMaps(spec)),
    ...toPod('pvc', referencedClaims(object)), ...toPod('resourceclaim', referencedResourceClaims(object)),
  ]
}
