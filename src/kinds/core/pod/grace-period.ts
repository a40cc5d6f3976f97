// How long a deleted pod may take to end.

interface Deletable { readonly spec: { readonly nodeName?: string; readonly terminationGracePeriodSeconds?: number }; readonly status: { readonly phase?: string } }

/** Seconds; 0 when nothing runs: the pod is on no node yet, or has finished. */
export function gracePeriod({ spec, status }: Deletable, requested: number | undefined): number {
  const seconds = requested ?? spec.terminationGracePeriodSeconds ?? 0
  if (!spec.nodeName || status.phase === 'Failed' || status.phase === 'Succeeded') return 0
  return seconds < 0 ? 1 : seconds
}
