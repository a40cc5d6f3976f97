// What flags say of single metrics.
import type { ClusterOptions } from '#cli'
import { readYaml, type MetricSettings } from '#server'

/** Throws an Error in the reference's words when the manifest cannot be read. */
export function metricSettings({ disabledMetrics, showHiddenMetricsForVersion, allowMetricLabels, allowMetricLabelsManifest: file }: Pick<ClusterOptions, 'disabledMetrics' | 'showHiddenMetricsForVersion' | 'allowMetricLabels' | 'allowMetricLabelsManifest'>, read: (path: string) => string): MetricSettings {
  const all = { ...(file === undefined ? {} : manifest(file, read)), ...allowMetricLabels }
  return { disabled: new Set(disabledMetrics), showsHidden: showHiddenMetricsForVersion !== undefined, allowed: new Map(Object.entries(all).map(([key, values]) => [key.replace(/\s/g, ''), new Set(values.split(',').map((value) => value.trim()))])) }
}

function manifest(file: string, read: (path: string) => string): Record<string, string> {
  let text: string
  try { text = read(file) } catch (cause) { throw new Error(`failed to read allow list manifest: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }) }
  const { value, error } = readYaml(text)
  if (error !== undefined || (value !== null && (typeof value !== 'object' || Array.isArray(value)))) throw new Error(`failed to parse allow list manifest: ${error ?? 'it is no map'}`)
  return Object.fromEntries(Object.entries(value ?? {}).map(([key, values]) => [key, String(values)]))
}
