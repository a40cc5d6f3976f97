// Whether something that happened is worth another try of a pod, by what the plugins that refused it wait for.
import { covers, type ClusterEvent } from '../cluster-events.ts'
import type { Plugin } from '../framework.ts'
import type { PodInfo } from '../pod-info.ts'

export type Worth = 'no' | 'after-backoff' | 'at-once'
export interface Refused { readonly pod: PodInfo; readonly refusedBy: ReadonlySet<Plugin>; readonly pendingFor: ReadonlySet<Plugin> }

/** Without a plugin that refused, everything is worth a try; one that only waited for somebody is helped at once. */
export function worth({ pod, refusedBy, pendingFor }: Refused, event: ClusterEvent): Worth {
  if (refusedBy.size === 0 && pendingFor.size === 0) return 'after-backoff'
  for (const plugin of pendingFor) if (helps(plugin, pod, event)) return 'at-once'
  for (const plugin of refusedBy) if (helps(plugin, pod, event)) return 'after-backoff'
  return 'no'
}
/** Whether the plugin waits for such events at all. */
export const interested = ({ events }: Plugin, event: ClusterEvent): boolean => !events || events.some((wake) => wake.on === event.on && covers(wake.actions, event.action))
function helps(plugin: Plugin, pod: PodInfo, event: ClusterEvent): boolean {
  if (!plugin.events) return true
  for (const wake of plugin.events) if (wake.on === event.on && covers(wake.actions, event.action) && (!wake.helps || hinted(wake.helps, pod, event))) return true
  return false
}
/** A hint that fails keeps no pod waiting. */
function hinted(hint: (pod: PodInfo, old: ClusterEvent['old'], now: ClusterEvent['now']) => boolean, pod: PodInfo, event: ClusterEvent): boolean {
  try { return hint(pod, event.old, event.now) } catch { return true }
}
