// Files of volumes that are made of the cluster's own objects: no two may lie at the same place, nor one where the other has a folder.
import { quote } from '#machinery'
import type { Volume, VolumeProjection } from './volume.ts'

interface Placed { readonly path: string; /** Of what part of a projected volume; empty elsewhere. */ readonly source: string }
type Items = readonly { readonly path: string }[]

/** Warnings about what would lie on top of each other in one volume. */
export function pathWarnings({ name, configMap, secret, downwardAPI, projected }: Volume): string[] {
  const volume = `volume ${quote(name)}`, one = (items: Items | undefined, what: string) => overlaps(placed(items, ''), []).map((text) => `${volume} (${what}): overlapping paths: ${text}`)
  const before: Placed[] = []
  return [
    ...one(configMap?.items, `ConfigMap ${quote(configMap?.name ?? '')}`), ...one(secret?.items, `Secret ${quote(secret?.secretName ?? '')}`), ...one(downwardAPI?.items, 'DownwardAPI'),
    ...(projected?.sources ?? []).flatMap((source) => (Object.keys(source).length === 0 ? [`${volume} (Projected) has no sources provided`]
      : overlaps(placedBy(source), before).map((text) => `${volume} (Projected): overlapping paths: ${text}`))),
  ]
}

function placedBy({ configMap, secret, downwardAPI, serviceAccountToken }: VolumeProjection): Placed[] {
  if (configMap?.items) return placed(configMap.items, `ConfigMap ${quote(configMap.name ?? '')}`)
  if (secret?.items) return placed(secret.items, `Secret ${quote(secret.name ?? '')}`)
  if (downwardAPI?.items) return placed(downwardAPI.items, 'DownwardAPI')
  return serviceAccountToken ? placed([serviceAccountToken], 'ServiceAccountToken') : []
}
const placed = (items: Items | undefined, source: string): Placed[] => (items ?? []).map(({ path }) => ({ path: path.replace(/\/+$/, ''), source }))

/** Each of `added` with those of `before` that are in its way, which then are more by it. */
function overlaps(added: readonly Placed[], before: Placed[]): string[] {
  return added.flatMap((one) => {
    const found = before.filter((other) => one.path !== '' && other.path !== '' && (`${other.path}/`.startsWith(`${one.path}/`) || `${one.path}/`.startsWith(`${other.path}/`)))
    before.push(one)
    return found.map((other) => `${shown(one)} with ${shown(other)}`)
  })
}
const shown = ({ path, source }: Placed): string => (source ? `${quote(path)} (${source})` : quote(path))
