// --tracing-config-file: who follows requests, and where the spans go. Loaded only where the flag is given.
import type { Clock, Log, Random } from '#machinery'
import { collectorAddress, readConfiguration, tracingConfiguration, tracingErrors, Tracer, type Metrics, type TracingConfiguration } from '#server'
import { serverId } from '../server-id.ts'
import { spanExporter } from './exporter.ts'

export interface Tracing { readonly tracer: Tracer; close(): Promise<void> }
interface Surroundings { readonly clock: Clock; readonly random: Random; readonly log: Log; readonly metrics: Metrics; readonly read: (path: string) => string }

/** Throws an Error in the reference's words when the file is wrong. */
export async function tracing(file: string, { clock, random, log, metrics, read }: Surroundings): Promise<Tracing> {
  const configuration = load(file, read)
  const errors = tracingErrors(configuration).map(({ field, message }) => `${field}: ${message}`)
  if (errors.length > 0) throw new Error(`failed to validate tracing configuration: ${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}`)
  const exporter = await spanExporter(collectorAddress(configuration), [['service.name', 'apiserver'], ['service.instance.id', serverId()]], { clock, log, metrics })
  return { tracer: new Tracer({ sink: exporter.sink, random, ratePerMillion: configuration.samplingRatePerMillion ?? 0 }), close: () => exporter.close() }
}

function load(file: string, read: (path: string) => string): TracingConfiguration {
  let text: string
  try { text = read(file) } catch (cause) { throw new Error((cause as { code?: string }).code === 'ENOENT' ? `tracing-config-file ${file} does not exist` : `failed to read tracing config: unable to read tracing configuration from ${JSON.stringify(file)}: ${messageOf(cause)}`, { cause }) }
  try { return readConfiguration(text, tracingConfiguration) } catch (cause) { throw new Error(`failed to read tracing config: unable to decode tracing configuration data: ${messageOf(cause)}`, { cause }) }
}
const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
