// From what the configuration says of a profile to the plugins that take part in each step.
import type { Handle, Plugin, PluginFactory } from './framework.ts'
import { methodOf, points, Profile, type PluginsByPoint, type Point } from './profile.ts'
import { defaultOrder } from './plugins/index.ts'

export interface PluginChoice { readonly name?: string; readonly weight?: number }
export interface PluginSet { readonly enabled?: readonly PluginChoice[]; readonly disabled?: readonly PluginChoice[] }
/** KubeSchedulerProfile of kubescheduler.config.k8s.io/v1, as far as it matters here. */
export interface ProfileConfiguration {
  readonly schedulerName?: string
  readonly plugins?: Readonly<Partial<Record<Point | 'multiPoint', PluginSet>>>
  readonly pluginConfig?: readonly { readonly name?: string; readonly args?: unknown }[]
  readonly percentageOfNodesToScore?: number
}

/** Makes the plugins and puts them in their places. Throws an Error that says what cannot be. `more`: plugins that every profile has on top. */
export function assembleProfile(profile: ProfileConfiguration, registry: readonly PluginFactory[], handle: Handle, more: readonly PluginChoice[] = []): Profile {
  const name = profile.schedulerName ?? defaultName, made = new Map<string, Plugin>()
  const config = new Map((profile.pluginConfig ?? []).map(({ name = '', args }) => [name, args ?? {}]))
  const multiPoint = merged([...defaultOrder, ...more], profile.plugins?.multiPoint)
  const make = (wanted: string): Plugin => {
    let plugin = made.get(wanted)
    const factory = registry.find((f) => f.name === wanted)
    if (!factory) throw new Error(`plugin ${JSON.stringify(wanted)} does not exist`)
    if (!plugin) made.set(wanted, plugin = factory.make(handle, config.get(wanted) ?? {}))
    return plugin
  }
  const twice = firstTwice(multiPoint)
  if (twice !== undefined) throw new Error(`plugin ${JSON.stringify(twice)} already registered as "MultiPoint"`)
  const at = Object.fromEntries(points.map((point) => [point, pluginsAt(point, multiPoint, profile.plugins?.[point] ?? {}, make)])) as Record<Point, Plugin[]> satisfies PluginsByPoint
  const of = `for profile with scheduler name ${JSON.stringify(name)}`
  if (at.queueSort.length !== 1) throw new Error(at.queueSort.length === 0 ? `at least one queue sort plugin is needed ${of}` : `only one queue sort plugin required ${of}, but got ${at.queueSort.length}`)
  if (at.bind.length === 0) throw new Error(`at least one bind plugin is needed ${of}`)
  const weights = new Map([...multiPoint, ...(profile.plugins?.score?.enabled ?? [])].map(({ name: plugin = '', weight }) => [plugin, weight || 1]))
  return new Profile(name, at, weights, profile.percentageOfNodesToScore, handle.figures)
}
export const defaultName = 'default-scheduler'

/** Plugins that one step names come first when they are of all steps anyway, and last when they are not. */
function pluginsAt(point: Point, multiPoint: readonly PluginChoice[], { enabled = [], disabled = [] }: PluginSet, make: (name: string) => Plugin): Plugin[] {
  const off = new Set(disabled.map((d) => d.name)), method = methodOf(point)
  const twice = firstTwice(enabled)
  if (twice !== undefined) throw new Error(`plugin ${JSON.stringify(twice)} already registered as ${JSON.stringify(pointName(point))}`)
  const named = enabled.map(({ name = '' }) => {
    const plugin = make(name)
    if (!takesPart(plugin, method)) throw new Error(`plugin ${JSON.stringify(name)} does not extend ${pointName(point)} plugin`)
    return plugin
  })
  const ofAll = off.has('*') ? [] : multiPoint.flatMap(({ name = '' }) => { const plugin = make(name); return takesPart(plugin, method) && !off.has(name) ? plugin : [] })
  const everywhere = new Set(multiPoint.map((m) => m.name))
  return [...named.filter((plugin) => everywhere.has(plugin.name)), ...ofAll.filter((plugin) => !named.includes(plugin)), ...named.filter((plugin) => !everywhere.has(plugin.name))]
}
/** What must be taken back counts as taking part in reserve. */
const takesPart = (plugin: Plugin, method: keyof Plugin): boolean => plugin[method] !== undefined || (method === 'reserve' && plugin.unreserve !== undefined)
const pointName = (point: Point): string => `${point[0]!.toUpperCase()}${point.slice(1)}`

/** The defaults without what is disabled, those that are enabled anew in their old places, others at the end. */
function merged(defaults: readonly PluginChoice[], { enabled = [], disabled = [] }: PluginSet = {}): readonly PluginChoice[] {
  const off = new Set(disabled.map((d) => d.name)), kept = off.has('*') ? [] : defaults.filter((d) => !off.has(d.name)), known = new Set(kept.map((k) => k.name)), replaced = new Set<PluginChoice>()
  const out = kept.map((k) => { const again = enabled.findLast((e) => e.name === k.name); if (again) replaced.add(again); return again ?? k })
  return [...out, ...enabled.filter((e) => !replaced.has(e) || !known.has(e.name))]
}
function firstTwice(choices: readonly PluginChoice[]): string | undefined {
  const seen = new Set<string | undefined>()
  for (const { name } of choices) { if (seen.has(name)) return name; seen.add(name) }
  return undefined
}
