// What is used of a quota, counted anew. Pure.
import { countedResource, measuredResources, measureOf, only, scopesOf, sumOf, type QuotaSurroundings, type ResourceList, type ResourceQuota } from '#kinds'
import { qualified, type AnyObject, type ResourceName } from '#machinery'

/** The resources whose objects use any of these names. */
export function resourcesOf(names: readonly string[]): ResourceName[] {
  const measured = measuredResources.filter((resource) => names.some((name) => measureOf(resource).uses(name)))
  const counted = names.flatMap((name) => countedResource(name) ?? []).filter((resource) => !measuredResources.some((m) => qualified(m) === qualified(resource)))
  return [...new Map([...measured, ...counted].map((resource) => [qualified(resource), resource])).values()]
}

/** What all objects of one resource use together of the names that the quota limits. */
export function usageOf(quota: ResourceQuota, resource: ResourceName, objects: readonly AnyObject[], now: number, around?: QuotaSurroundings): ResourceList {
  const measure = measureOf(resource), scopes = scopesOf(quota)
  const limited = Object.keys(quota.spec?.hard ?? {}).filter((name) => measure.uses(name)), wanted = new Set(limited)
  let used: ResourceList = Object.fromEntries(limited.map((name) => [name, '0']))
  for (const object of objects) if (scopes.every((scope) => measure.inScope(scope, object))) used = sumOf(used, only(measure.usage(object, now, around), (name) => wanted.has(name)))
  return used
}

/** When one of the objects will use less without being changed. */
export function nextChange(resource: ResourceName, objects: readonly AnyObject[], now: number): number | undefined {
  const times = objects.flatMap((object) => measureOf(resource).changesAt?.(object) ?? []).filter((at) => at >= now)
  return times.length > 0 ? Math.min(...times) : undefined
}
