import { hashOf } from '#machinery'

export const hashLabel = 'pod-template-hash'

/** A short name for a pod template; `collisions` makes another when the first was taken by a different template. */
export const templateHash = (template: unknown, collisions?: number): string => hashOf(collisions === undefined ? { template } : { template, collisions })
