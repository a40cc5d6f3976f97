// What a namespace's conditions say while it is being emptied.
import type { NamespaceCondition } from '#kinds'
import { formatTime, type Kind } from '#machinery'

/** What of one kind is left in the namespace. */
export interface Remaining { readonly kind: Kind; readonly count: number; readonly finalizers: ReadonlyMap<string, number>; readonly resourceVersion?: string }
export interface Progress {
  /** Versions of groups ("metrics.k8s.io/v1") of which nobody says what is in them. */
  readonly missing: readonly string[]
  /** Why something could not be deleted. */
  readonly errors: readonly string[]
  readonly remaining: readonly Remaining[]
}

interface Case { readonly type: string; readonly fine: readonly [reason: string, message: string]; readonly trouble: (progress: Progress) => readonly [reason: string, message: string] | undefined }
const cases: readonly Case[] = [
  { type: 'NamespaceDeletionDiscoveryFailure', fine: ['ResourcesDiscovered', 'All resources successfully discovered'],
    trouble: ({ missing }) => (missing.length === 0 ? undefined : ['DiscoveryFailed', `Discovery failed for some groups, ${missing.length} failing: unable to retrieve the complete list of server APIs: ` +
      missing.toSorted().map((version) => `${version}: stale GroupVersion discovery: ${version}`).join(', ')]) },
  { type: 'NamespaceDeletionGroupVersionParsingFailure', fine: ['ParsedGroupVersions', 'All legacy kube types successfully parsed'], trouble: () => undefined },
  { type: 'NamespaceDeletionContentFailure', fine: ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
    trouble: ({ errors }) => (errors.length === 0 ? undefined : ['ContentDeletionFailed', `Failed to delete all resource types, ${errors.length} remaining: ${errors.toSorted().join(', ')}`]) },
  { type: 'NamespaceContentRemaining', fine: ['ContentRemoved', 'All content successfully removed'],
    trouble: ({ remaining }) => (remaining.length === 0 ? undefined : ['SomeResourcesRemain', 'Some resources are remaining: ' +
      remaining.map(({ kind, count }) => `${kind.resource}.${kind.group} has ${count} resource instances`).toSorted().join(', ')]) },
  { type: 'NamespaceFinalizersRemaining', fine: ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
    trouble: ({ remaining }) => {
      const counts = new Map<string, number>()
      for (const { finalizers } of remaining) for (const [name, count] of finalizers) counts.set(name, (counts.get(name) ?? 0) + count)
      return counts.size === 0 ? undefined : ['SomeFinalizersRemain', 'Some content in the namespace has finalizers remaining: ' +
        [...counts].map(([name, count]) => `${name} in ${count} resource instances`).toSorted().join(', ')]
    } },
]

/** The five conditions, in order; one that says what it said before stays as it was, with its time. */
export function conditionsOf(before: readonly NamespaceCondition[], progress: Progress, now: number): NamespaceCondition[] {
  const others = before.filter((c) => !cases.some(({ type }) => type === c.type))
  return [...others, ...cases.map(({ type, fine, trouble }) => {
    const found = trouble(progress), [reason, message] = found ?? fine, status = found ? 'True' : 'False'
    const old = before.find((c) => c.type === type)
    if (old?.status === status && old.reason === reason && old.message === message) return old
    return { type, status, reason, message, lastTransitionTime: old?.status === status && old.lastTransitionTime ? old.lastTransitionTime : formatTime(now) }
  })]
}
