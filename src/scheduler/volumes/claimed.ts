// What several rules ask about a pod's claims.
import type { PersistentVolumeClaim, Pod } from '#kinds'
import { unresolvable, type Status } from '../status.ts'

type Find = (claim: { namespace: string; name: string }) => PersistentVolumeClaim | undefined

/** The claims that a pod names itself; or the first that is not there. */
export function namedClaims({ metadata: { namespace = '' }, spec }: Pod, find: Find): readonly PersistentVolumeClaim[] | Status {
  const claims: PersistentVolumeClaim[] = []
  for (const { persistentVolumeClaim: named } of spec.volumes ?? []) {
    if (!named) continue
    const claim = find({ namespace, name: named.claimName })
    if (!claim) return unresolvable(`persistentvolumeclaim "${named.claimName}" not found`)
    claims.push(claim)
  }
  return claims
}
export const namesClaim = ({ metadata, spec }: Pod, claim: PersistentVolumeClaim): boolean =>
  claim.metadata.namespace === metadata.namespace && (spec.volumes ?? []).some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim.metadata.name)
