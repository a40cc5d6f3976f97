// From a KubeSchedulerConfiguration to what the scheduler is started with: arguments of plugins are read, defaults set, everything checked.
import { decode, DecodeError, DurationError, parseDuration, type Schema } from '#machinery'
import type { ProfileConfiguration } from '../assemble-profile.ts'
import { apiVersion, pluginArgs, type ExtenderConfiguration, type KubeSchedulerConfiguration, type KubeSchedulerProfile } from './schema.ts'
import { validateConfiguration } from './validate.ts'

export interface Election { readonly leaderElect: boolean; readonly leaseMs: number; readonly renewDeadlineMs: number; readonly retryMs: number; readonly resourceLock: string; readonly name: string; readonly namespace: string }
export interface SchedulerSettings {
  readonly profiles: readonly ProfileConfiguration[]
  readonly percentageOfNodesToScore: number
  readonly firstBackoffMs: number
  readonly lastBackoffMs: number
  readonly extenders: readonly ExtenderConfiguration[]
  readonly election: Election
  /** Which API server; '' when it does not say. */
  readonly kubeconfig: string
  /** Caches are filled only when the lease is held. */
  readonly delayCacheUntilActive: boolean
}

/** Throws an Error in the reference's words for what cannot be read or makes no sense. */
export function schedulerSettings(given: KubeSchedulerConfiguration): SchedulerSettings {
  const profiles = (given.profiles?.length ? given.profiles : [{} as KubeSchedulerProfile]).map((profile, i, all) => ({
    ...profile, ...(all.length === 1 && profile.schedulerName === undefined && { schedulerName: 'default-scheduler' }),
    ...(profile.pluginConfig && { pluginConfig: profile.pluginConfig.map((one, j) => ({ ...one, args: readArgs(one, `.profiles[${i}].pluginConfig[${j}]`) })) }),
  }))
  const { leaderElection: { leaderElect = true, leaseDuration, renewDeadline, retryPeriod, resourceLock = 'leases', resourceName = 'kube-scheduler', resourceNamespace = 'kube-system' } = {} } = given
  const election: Election = { leaderElect, leaseMs: span(leaseDuration, 15_000), renewDeadlineMs: span(renewDeadline, 10_000), retryMs: span(retryPeriod, 2_000), resourceLock, name: resourceName, namespace: resourceNamespace }
  const errors = validateConfiguration({ ...given, profiles }, election).map(({ field, message }) => `${field}: ${message}`), wrong = [...new Set(errors)]
  if (wrong.length > 0) throw new Error(wrong.length === 1 ? wrong[0] : `[${wrong.join(', ')}]`)
  const ignored = (given.extenders ?? []).flatMap((e) => (e.managedResources ?? []).filter((r) => r.ignoredByScheduler).map((r) => r.name ?? ''))
  return {
    profiles: profiles.map((profile) => withIgnored(profile, ignored)), percentageOfNodesToScore: given.percentageOfNodesToScore ?? 0,
    firstBackoffMs: Number(given.podInitialBackoffSeconds ?? 1) * 1000, lastBackoffMs: Number(given.podMaxBackoffSeconds ?? 10) * 1000,
    extenders: given.extenders ?? [], election, kubeconfig: given.clientConnection?.kubeconfig ?? '', delayCacheUntilActive: given.delayCacheUntilActive ?? false,
  }
}
function span(text: string | undefined, otherwise: number): number {
  try { return text === undefined || parseDuration(text) === 0 ? otherwise : parseDuration(text) } catch (error) {
    if (error instanceof DurationError) throw new Error(error.message, { cause: error })
    throw error
  }
}

/** The arguments of a plugin that comes with the scheduler; those of others are their own business. */
function readArgs({ name = '', args }: { readonly name?: string; readonly args?: unknown }, at: string): unknown {
  if (!Object.hasOwn(pluginArgs, name)) return args
  const fail = (why: string): never => { throw new Error(`decoding ${at}: ${why}`) }, { kind, apiVersion: version, ...rest } = (args ?? {}) as Record<string, unknown>, strict: string[] = []
  if (kind !== undefined && kind !== `${name}Args`) fail(`args for plugin ${name} were not of type ${name}Args.kubescheduler.config.k8s.io, got ${String(kind)}.${String(version ?? '').split('/')[0]}`)
  if (version !== undefined && version !== apiVersion) fail(`decoding args for plugin ${name}: no kind ${JSON.stringify(kind ?? '')} is registered for version ${JSON.stringify(version)} in scheme "pkg/scheduler/apis/config/scheme/scheme.go:30"`)
  try {
    const read = decode(pluginArgs[name as keyof typeof pluginArgs] as Schema<object>, rest, { strict })
    return strict.length > 0 ? fail(`decoding args for plugin ${name}: strict decoding error: ${strict.join(', ')}`) : read
  } catch (error) {
    if (error instanceof DecodeError) fail(`decoding args for plugin ${name}: ${error.message}`)
    throw error
  }
}

/** Resources that only an extender counts are none of NodeResourcesFit's business. */
function withIgnored(profile: ProfileConfiguration, ignored: readonly string[]): ProfileConfiguration {
  if (ignored.length === 0) return profile
  const rest = (profile.pluginConfig ?? []).filter((c) => c.name !== 'NodeResourcesFit'), held = (profile.pluginConfig ?? []).find((c) => c.name === 'NodeResourcesFit')?.args as { ignoredResources?: readonly string[] } | undefined
  return { ...profile, pluginConfig: [...rest, { name: 'NodeResourcesFit', args: { ...held, ignoredResources: [...(held?.ignoredResources ?? []), ...ignored] } }] }
}
