import type { AnyObject } from '#machinery'

const kept = ['labels', 'annotations', 'finalizers', 'ownerReferences', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generation'] as const
/** For kinds whose status subresource changes no metadata (others let labels and annotations through): puts back what was there, in place. */
export function keepMetadata(object: AnyObject, old: AnyObject, fields: readonly (typeof kept)[number][] = kept): void {
  const metadata: Record<string, unknown> = { ...object.metadata }
  for (const field of fields) {
    if (old.metadata[field] === undefined) delete metadata[field]
    else metadata[field] = old.metadata[field]
  }
  object.metadata = metadata as typeof object.metadata
}
