import { quantityMilli } from '#machinery'
import { roundResources } from './resources.ts'

interface ClaimSpec { volumeMode?: string; resources: { limits?: Record<string, string>; requests?: Record<string, string> } }
/** Defaults of the spec of persistent volume claims, also of those in templates and ephemeral volumes. */
export function defaultClaimSpec(spec: ClaimSpec): void {
  spec.volumeMode ??= 'Filesystem'
  roundResources(spec.resources.limits, spec.resources.requests)
}
/** Halves of bytes are no size of a volume. */
export const claimSpecWarnings = ({ resources }: ClaimSpec, at: string): string[] => (['requests', 'limits'] as const).flatMap((field) => {
  const amount = resources[field]?.storage
  return amount !== undefined && quantityMilli(amount) % 1000 !== 0
    ? [`${at}.resources.${field}[storage]: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`] : []
})
