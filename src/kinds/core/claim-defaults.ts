import { roundResources } from './resources.ts'

interface ClaimSpec { volumeMode?: string; resources: { limits?: Record<string, string>; requests?: Record<string, string> } }
/** Defaults of the spec of persistent volume claims, also of those in templates and ephemeral volumes. */
export function defaultClaimSpec(spec: ClaimSpec): void {
  spec.volumeMode ??= 'Filesystem'
  roundResources(spec.resources.limits, spec.resources.requests)
}
