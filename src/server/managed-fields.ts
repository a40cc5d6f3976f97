// Who wrote which field last: metadata.managedFields, kept on every write.
import type { LooseObject } from '#machinery'
import type { Call } from './core.ts'

/** Notes, in the object's metadata, which fields this write sets. `subresource` is '' for the object itself. */
export function trackFields(_call: Call, object: LooseObject, old: LooseObject | undefined, _manager: string, _subresource: string): void {
  if (old?.metadata.managedFields) object.metadata.managedFields = old.metadata.managedFields
}
