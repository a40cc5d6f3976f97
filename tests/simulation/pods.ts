// What scenarios ask of a pod, in their own words: they do not take the controllers' word for it.
import type { Pod } from '#kinds'

export const template = (labels: Record<string, string>, image = 'web:1', more: object = {}) => ({ metadata: { labels }, spec: { containers: [{ name: 'c', image }], terminationGracePeriodSeconds: 3, ...more } })
export const isFinished = (p: Pod): boolean => p.status.phase === 'Failed' || p.status.phase === 'Succeeded'
export const isLeaving = (p: Pod): boolean => p.metadata.deletionTimestamp !== undefined
export const isActive = (p: Pod): boolean => !isFinished(p) && !isLeaving(p)
export const isReady = (p: Pod): boolean => isActive(p) && (p.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false)
export const imageOf = (p: Pod): string | undefined => p.spec.containers?.[0]?.image
export const ownerOf = (p: Pod): string | undefined => p.metadata.ownerReferences?.find((owner) => owner.controller)?.uid
