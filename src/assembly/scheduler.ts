// The scheduler as a process of its own: `proa scheduler`.
import { readFileSync } from 'node:fs'
import type { ClusterProgram } from '#cli'
import { connect, EventRecorder, Informers } from '#client'
import { startScheduler } from '#scheduler'
import { Metrics } from '#server'
import { runComponent } from './component.ts'
import { outbound } from './outbound.ts'
import { showPodResources } from './pod-resources.ts'
import { schedulerOptions, schedulerSettingsOf } from './scheduler-options.ts'

const name = 'kube-scheduler', read = (file: string): string => readFileSync(file, 'utf8')

export const runScheduler: ClusterProgram['runScheduler'] = async (options, context) => {
  const settings = schedulerSettingsOf(options.config, read), { election } = settings, calls = outbound(), resources = new Metrics(), { log } = context
  // What the file says of the election holds; a file that says nothing of it has the reference's defaults, as the flags do.
  const component = options.config === undefined ? options : { ...options, kubeconfig: options.kubeconfig ?? (settings.kubeconfig || undefined), leaderElect: options.leaderElect && election.leaderElect,
    leaderElectLeaseDuration: election.leaseMs, leaderElectRenewDeadline: election.renewDeadlineMs, leaderElectRetryPeriod: election.retryMs, leaderElectResourceName: election.name, leaderElectResourceNamespace: election.namespace }
  const running = await runComponent(name, component, context, async ({ client, metrics }) => {
    const informers = new Informers(client), cluster = connect(client, informers, new EventRecorder(client, { component: 'default-scheduler', style: 'series' }), log.named('scheduler'))
    const stop = startScheduler(cluster, schedulerOptions(settings, calls, read, metrics))
    showPodResources(resources, cluster)
    log.info('the scheduler has started', { profiles: settings.profiles.map((profile) => profile.schedulerName) })
    return async () => { await stop(); informers.stop() }
  }, new Map([['/metrics/resources', resources]]))
  return { failed: running.failed, async stop() { await running.stop(); calls.close() } }
}
