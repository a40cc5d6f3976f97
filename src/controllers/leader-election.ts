// Chooses who holds a lease among those who say that they would (KEP-4355): the oldest version that a cluster emulates goes first.
import { indexOf, watching, type Again, type Cluster, type Controller, type Target } from '#client'
import { compareVersions, lease as leaseKind, semanticVersion, type Lease, type LeaseCandidate } from '#kinds'
import { formatMicroTime, parseMicroTime, type Kind } from '#machinery'

const name = 'leader-election-controller', electedBy = 'coordination.k8s.io/elected-by', strategy = 'OldestEmulationVersion'
const electionMs = 5_000, leaseSeconds = 5, pause: Again = { againIn: 5_000 }
const keyOf = ({ namespace = '', name }: Target): string => `${namespace}/${name}`
const leaseOf = ({ metadata: { namespace }, spec: { leaseName } }: LeaseCandidate): Target => ({ namespace, name: leaseName })
const timeOf = (time: string | undefined): number | undefined => (time ? parseMicroTime(time) : undefined)

export function leaderElection(kind: Kind<LeaseCandidate>): Controller<Lease> {
  const byLease = indexOf(kind, (candidate: LeaseCandidate) => [keyOf(leaseOf(candidate))])

  async function step(target: Target, now: Lease | undefined, cluster: Cluster): Promise<Again | void> {
    const candidates = cluster.by(byLease, keyOf(target)), at = cluster.clock.now()
    if (candidates.length === 0) return
    if (now && !isFree(now, at) && !isBetterHeld(now, candidates)) return pause
    if (await ping(candidates, at, cluster)) return pause
    const awake = candidates.filter(({ spec }) => (timeOf(spec.renewTime) ?? -Infinity) + electionMs > at)
    if (awake.length === 0) return pause
    if (strategyOf(awake) !== strategy) return
    const holderIdentity = best(awake)!.metadata.name, spec = { holderIdentity, strategy, leaseDurationSeconds: leaseSeconds, renewTime: formatMicroTime(at) }
    if (!now) await cluster.create(leaseKind, { metadata: { name: target.name, namespace: target.namespace ?? '', annotations: { [electedBy]: name } }, spec })
    else if (isFree(now, at)) {
      const { preferredHolder: _, ...kept } = now.spec
      await cluster.update(leaseKind, { ...now, metadata: { ...now.metadata, annotations: { ...now.metadata.annotations, [electedBy]: name } }, spec: { ...kept, ...spec } })
    } else if (now.spec.holderIdentity !== holderIdentity && now.spec.preferredHolder !== holderIdentity) await cluster.update(leaseKind, { ...now, spec: { ...now.spec, strategy, preferredHolder: holderIdentity } })
    return pause
  }
  /** Asks those who have not been heard of lately whether they are there; whether anybody has yet to answer. */
  async function ping(candidates: readonly LeaseCandidate[], at: number, cluster: Cluster): Promise<boolean> {
    let waits = false
    for (const candidate of candidates) {
      const pinged = timeOf(candidate.spec.pingTime), renewed = timeOf(candidate.spec.renewTime)
      if (pinged !== undefined && pinged + electionMs > at && renewed !== undefined && renewed < pinged) { waits = true; continue }
      if (renewed !== undefined && renewed + electionMs > at) continue
      // Who has not answered is not asked again.
      if (pinged !== undefined && !(pinged + electionMs < at && pinged <= (renewed ?? -Infinity))) continue
      await cluster.update(kind, { ...candidate, spec: { ...candidate.spec, pingTime: formatMicroTime(at) } })
      waits = true
    }
    return waits
  }

  return {
    name: 'leader-election', for: leaseKind, workers: 10,
    concerns: ({ object: { metadata } }, cluster) => cluster.by(byLease, keyOf(metadata)).length > 0,
    watches: [watching(kind, (candidate) => [leaseOf(candidate)])],
    reconcile: (now, cluster) => step(now.metadata, now, cluster),
    reconcileDeleted: (target, cluster) => step(target, undefined, cluster),
  }
}

const isFree = ({ spec: { holderIdentity, renewTime, leaseDurationSeconds } }: Lease, at: number): boolean =>
  !holderIdentity || !renewTime || leaseDurationSeconds === undefined || parseMicroTime(renewTime) + leaseDurationSeconds * 1000 < at
const isBetterHeld = ({ spec: { holderIdentity } }: Lease, candidates: readonly LeaseCandidate[]): boolean => strategyOf(candidates) === strategy && best(candidates)?.metadata.name !== holderIdentity

const versionOf = (text: string | undefined) => semanticVersion(text ?? '') ?? semanticVersion('0.0.0')!
const byBinary = (a: LeaseCandidate, b: LeaseCandidate): number => compareVersions(versionOf(a.spec.binaryVersion), versionOf(b.spec.binaryVersion))
const created = ({ metadata }: LeaseCandidate): string => metadata.creationTimestamp ?? ''
/** What the newest of them want; undefined: they do not agree. */
function strategyOf(candidates: readonly LeaseCandidate[]): string | undefined {
  const newest = candidates.reduce((a, b) => (byBinary(a, b) < 0 ? b : a)), wanted = new Set(candidates.filter((one) => byBinary(one, newest) === 0).map(({ spec }) => spec.strategy))
  return wanted.size === 1 ? [...wanted][0] : undefined
}
export const best = (candidates: readonly LeaseCandidate[]): LeaseCandidate | undefined => candidates.toSorted((a, b) => compareVersions(versionOf(a.spec.emulationVersion), versionOf(b.spec.emulationVersion)) || byBinary(a, b)
  || (created(a) < created(b) ? -1 : created(a) > created(b) ? 1 : a.metadata.name < b.metadata.name ? -1 : 1))[0]

const longestMs = 30 * 60_000
/** Who has not been heard of for long is no candidate any more. */
export const leaseCandidateCleaner = (kind: Kind<LeaseCandidate>): Controller<LeaseCandidate> => ({
  name: 'leasecandidate-cleaner', for: kind, workers: 1,
  async reconcile(candidate, cluster) {
    const renewed = timeOf(candidate.spec.renewTime)
    if (renewed === undefined) return
    const left = renewed + longestMs - cluster.clock.now()
    if (left > 0) return { againIn: left }
    await cluster.delete(kind, candidate)
  },
})
