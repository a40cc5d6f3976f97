// The flags of the audit log, as a policy and the backends that events go to.
import type { ClusterOptions, ClusterProgram } from '#cli'
import { userAgentOf, type Clock, type Log } from '#machinery'
import { Auditor, batching, blocking, kubeconfigTarget, logDestination, lostEvents, parsePolicy, truncating, uniformPolicy, webhookDestination, type AuditBackend, type Destination, type Lost, type Metrics, type Outbound } from '#server'
import { buildInfo } from './build-info.ts'
import { RotatingFile } from './rotating-file.ts'

type ClusterContext = Parameters<ClusterProgram['startCluster']>[1]
interface Surroundings { readonly log: Log; readonly clock: Clock; readonly metrics: Metrics; readonly outbound: Outbound; readonly read: (path: string) => string; readonly followAudit?: ClusterContext['followAudit'] }

/**
 * Throws an Error in the reference's words when the policy or a file is wrong. Without a policy the flags write nothing, as there; the audit stream
 * of the log, when it is on, then has one line of metadata for each request.
 */
export function auditing(options: ClusterOptions, { log, clock, metrics, outbound, read, followAudit }: Surroundings): Auditor {
  const failed = metrics.counter({ name: 'apiserver_audit_error_total', stability: 'ALPHA', help: 'Audit events that were lost, by the plugin that lost them.', labels: ['plugin'] })
  const lost = lostEvents(log, (plugin, events) => { failed.with(plugin).inc(events) })
  const auditor = new Auditor(policyOf(options, read, log), metrics, userAgentOf('kube-apiserver', buildInfo()))
  let off: (() => Promise<void>) | undefined
  followAudit?.((write) => {
    void off?.()
    off = write && auditor.add(blocking(logDestination(write, { format: 'json', version: options.auditLogVersion }), lost, false))
  })
  if (options.auditPolicyFile === undefined) {
    for (const [flag, value] of [['--audit-log-path', options.auditLogPath], ['--audit-webhook-config-file', options.auditWebhookConfigFile]]) if (value) log.warn(`${flag} writes nothing without --audit-policy-file`)
    return auditor
  }
  if (options.auditLogPath) auditor.add(logBackend(options, options.auditLogPath, clock, lost))
  if (options.auditWebhookConfigFile) {
    const target = kubeconfigTarget(options.auditWebhookConfigFile, read)
    auditor.add(backend(webhookDestination(outbound, target, { version: options.auditWebhookVersion, initialBackoffMs: options.auditWebhookInitialBackoff, clock }), 'auditWebhook', options, clock, lost))
  }
  return auditor
}

function policyOf({ auditPolicyFile }: ClusterOptions, read: (path: string) => string, log: Log) {
  if (auditPolicyFile === undefined) return uniformPolicy('Metadata', ['RequestReceived'])
  let text: string
  try { text = read(auditPolicyFile) } catch (error) { throw new Error(`loading audit policy file: failed to read file path ${JSON.stringify(auditPolicyFile)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error }) }
  try { return parsePolicy(text, (problem) => { log.warn(problem, { file: auditPolicyFile }) }) } catch (error) { throw new Error(`loading audit policy file: ${(error as Error).message}: from file ${auditPolicyFile}`, { cause: error }) }
}

function logBackend(options: ClusterOptions, path: string, clock: Clock, lost: Lost): AuditBackend {
  const { auditLogFormat: format, auditLogVersion: version } = options
  if (path === '-') return backend(logDestination((text) => { process.stdout.write(text); return true }, { format, version }), 'auditLog', options, clock, lost)
  const file = new RotatingFile(path, { maxMegabytes: options.auditLogMaxsize, maxDays: options.auditLogMaxage, maxFiles: options.auditLogMaxbackup, compress: options.auditLogCompress }, Date.now)
  return backend(logDestination((text) => file.write(text), { format, version, close: () => file.close() }), 'auditLog', options, clock, lost)
}

/** A destination as the flags that begin so want it: cut, and at once or in batches. */
function backend(destination: Destination, flags: 'auditLog' | 'auditWebhook', options: ClusterOptions, clock: Clock, lost: Lost): AuditBackend {
  const cut = !options[`${flags}TruncateEnabled`] ? destination
    : truncating(destination, { maxEventSize: options[`${flags}TruncateMaxEventSize`], maxBatchSize: options[`${flags}TruncateMaxBatchSize`], version: options[`${flags}Version`] }, lost)
  const mode = options[`${flags}Mode`]
  if (mode !== 'batch') return blocking(cut, lost, mode === 'blocking-strict')
  const qps = options[`${flags}BatchThrottleQps`], burst = options[`${flags}BatchThrottleBurst`], throttled = options[`${flags}BatchThrottleEnable`]
  if (throttled && (qps <= 0 || burst <= 0)) throw new Error(`invalid audit batch ${destination.name} throttle ${qps <= 0 ? `QPS ${qps}` : `burst ${burst}`}, must be a positive number`)
  return batching(cut, {
    bufferSize: options[`${flags}BatchBufferSize`], maxSize: options[`${flags}BatchMaxSize`], maxWaitMs: options[`${flags}BatchMaxWait`], parallel: flags === 'auditWebhook', ...(throttled && { throttle: { qps, burst } }),
  }, clock, lost)
}
