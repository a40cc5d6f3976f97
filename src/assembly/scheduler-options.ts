// What the scheduler is started with: its configuration file, and the ways to its extenders.
import { httpExtender, kubeSchedulerConfiguration, schedulerSettings, type ExtenderConfiguration, type SchedulerOptions, type SchedulerSettings } from '#scheduler'
import { stopwatch } from './real-clock.ts'
import { schedulerFigures } from './scheduler-metrics.ts'
import { readConfiguration, type Metrics, type Outbound, type ReadFile } from '#server'

/** The settings of a file; without one, the defaults. Throws an Error that names the file. */
export function schedulerSettingsOf(file: string | undefined, read: ReadFile): SchedulerSettings {
  if (file === undefined) return schedulerSettings({})
  try { return schedulerSettings(readConfiguration(read(file), kubeSchedulerConfiguration)) } catch (cause) {
    throw new Error(`the scheduler's configuration ${JSON.stringify(file)}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** Options of the scheduler; `call` carries what is asked of extenders. */
export const schedulerOptions = ({ profiles, percentageOfNodesToScore, firstBackoffMs, lastBackoffMs, extenders }: SchedulerSettings, call: Outbound, read: ReadFile, metrics: Metrics): SchedulerOptions => ({
  figures: schedulerFigures(metrics, stopwatch), profiles, percentageOfNodesToScore, firstBackoffMs, lastBackoffMs,
  extenders: extenders.map((one) => httpExtender(one, async (config, url, body, timeoutMs) => {
    const answer = await call({ method: 'POST', url, headers: { 'content-type': 'application/json' }, body: new TextEncoder().encode(JSON.stringify(body)), timeoutMs, mostBytes: mostOfAnAnswer, ...trust(config, read) })
    return { status: answer.status, body: answer.status === 200 ? JSON.parse(new TextDecoder().decode(answer.body)) as unknown : undefined }
  })),
})
/** Answers may name every node of a large cluster, with all that is known of it. */
const mostOfAnAnswer = 256 * 1024 * 1024

/** Without an authority to believe, an extender over HTTPS is believed as it is, like the reference does. */
function trust({ enableHTTPS = false, tlsConfig: tls = {} }: ExtenderConfiguration, read: ReadFile) {
  const pem = (data: string | undefined, file: string | undefined) => (data ? Buffer.from(data, 'base64').toString() : file ? read(file) : undefined)
  const ca = pem(tls.caData, tls.caFile), certificate = pem(tls.certData, tls.certFile), key = pem(tls.keyData, tls.keyFile)
  return {
    ...(ca !== undefined && { ca }), ...((tls.insecure || (enableHTTPS && ca === undefined)) && { insecure: true as const }), ...(tls.serverName && { serverName: tls.serverName }),
    ...(certificate !== undefined && key !== undefined && { identity: { certificate, key } }),
  }
}
