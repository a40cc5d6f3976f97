// The controllers as a process of their own: `proa controller-manager`.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ClusterProgram, ControllerManagerOptions } from '#cli'
import { connect, EventRecorder, Informers, type Client, type Cluster } from '#client'
import { identityOf, parts, startParts, type ControllersOptions } from '#controllers'
import { is, type Log, type User } from '#machinery'
import { legacyToken, workQueueMetrics } from '#server'
import { namespace, serviceAccount } from '#kinds'
import { certificateSigner } from './certificate-signer.ts'
import { controllerFigures, showState } from './controller-metrics.ts'
import { chooseControllers } from './choose-controllers.ts'
import { runComponent, type Component } from './component.ts'
import { realClock as clock } from './real-clock.ts'
import { podIn } from './pod-template.ts'
import { removeDirectory } from './remove-directory.ts'
import { privateKeyOf, tokenKeys } from './token-keys.ts'

const name = 'kube-controller-manager'

export const runControllerManager: ClusterProgram['runControllerManager'] = async (options, context) => {
  const chosen = chooseControllers(options.controllers), settings = controllersOptions(options)
  const { log } = context
  return runComponent(name, options, context, async (component) => {
    const rootCa = settings.rootCa || (component.access.ca ?? ''), all = parts({ ...settings, rootCa, figures: controllerFigures(component.metrics) }).filter((one) => chosen.has(one.name))
    const tokens = options.useServiceAccountCredentials ? await AccountTokens.start(component, all, log) : undefined
    const queues = workQueueMetrics(component.metrics, clock), informers = new Informers(component.clientAs('shared-informers')), clients = new Map<string, Client>()
    const clientOf = (user: User): Client => {
      const token = tokens?.of(user), part = token ? user.name : user.name.slice(user.name.lastIndexOf(':') + 1)
      const made = clients.get(part) ?? component.clientAs(part, token)
      clients.set(part, made)
      return made
    }
    const as = (user: User, named: string): Cluster => { const client = clientOf(user); return connect(client, informers, new EventRecorder(client, { component: named }), log.named(named), queues) }
    showState(component.metrics, as(identityOf({ name, user: { name: `system:${name}`, groups: [] } }), name))
    const stop = startParts(all, { as, clock, log: log.named('controllers'), workers: workersOf(options) })
    log.info('controllers have started', { controllers: all.map((one) => one.name) })
    return async () => { await stop(); tokens?.stop(); informers.stop() }
  })
}

const read = (file: string): string => readFileSync(file, 'utf8')
function controllersOptions(options: ControllerManagerOptions): ControllersOptions {
  const { serviceAccountPrivateKeyFile: keyFile, clusterSigningCertFile: certificate, clusterSigningKeyFile: key } = options
  if ((certificate === undefined) !== (key === undefined)) throw new Error('--cluster-signing-cert-file and --cluster-signing-key-file are given together')
  const keys = keyFile === undefined ? undefined : tokenKeys({ privateKey: privateKeyOf(read(keyFile), keyFile) })
  return {
    rootCa: options.rootCaFile === undefined ? '' : read(options.rootCaFile), clusterCidr: options.allocateNodeCidrs ? options.clusterCidr ?? missing('--cluster-cidr', '--allocate-node-cidrs') : '',
    nodeMonitorGracePeriodMs: options.nodeMonitorGracePeriod, loadBalancerPool: options.loadBalancerPool, legacyTokenCleanUpMs: options.legacyServiceAccountTokenCleanUpPeriod, terminatedPodThreshold: options.terminatedPodGcThreshold,
    nodeLifecycle: { startupGracePeriodMs: options.nodeStartupGracePeriod, evictionRates: { usual: options.nodeEvictionRate, slow: options.secondaryNodeEvictionRate, partly: options.unhealthyZoneThreshold, largeZone: options.largeClusterSizeThreshold } },
    endpointSlices: { maxEndpointsPerSlice: options.maxEndpointsPerSlice }, mirroring: { maxEndpointsPerSubset: options.mirroringMaxEndpointsPerSubset },
    recycleTimes: { minimumHostPath: options.pvRecyclerMinimumTimeoutHostpath, perGiHostPath: options.pvRecyclerTimeoutIncrementHostpath, minimumNfs: options.pvRecyclerMinimumTimeoutNfs, perGiNfs: options.pvRecyclerIncrementTimeoutNfs },
    recyclePods: { hostPath: podIn(options.pvRecyclerPodTemplateFilepathHostpath), nfs: podIn(options.pvRecyclerPodTemplateFilepathNfs) },
    forcesDetach: !options.disableForceDetachOnTimeout, removeDirectory,
    bootstrapMac: (secret, data) => createHmac('sha256', secret).update(data).digest(),
    ...(keys && { signToken: async (account, secretName) => legacyToken(keys, account, secretName) }),
    ...(certificate !== undefined && key !== undefined && { certificates: { signer: certificateSigner({ certificate: read(certificate), key: read(key) }), longestMs: options.clusterSigningDuration } }),
  }
}
const missing = (flag: string, because: string): never => { throw new Error(`${because} needs ${flag}`) }

/** Which controller a flag is about. */
const concurrencyOf = {
  concurrentCronJobSyncs: 'cronjob', concurrentDaemonsetSyncs: 'daemonset', concurrentDeploymentSyncs: 'deployment', concurrentGcSyncs: 'garbage-collector', concurrentEndpointSyncs: 'endpoints', concurrentJobSyncs: 'job', concurrentNamespaceSyncs: 'namespace',
  concurrentRcSyncs: 'replicationcontroller', concurrentReplicasetSyncs: 'replicaset', concurrentResourceQuotaSyncs: 'resourcequota', concurrentServiceEndpointSyncs: 'endpointslice',
  concurrentServiceaccountTokenSyncs: 'serviceaccount-token', concurrentStatefulsetSyncs: 'statefulset', concurrentTtlAfterFinishedSyncs: 'ttl-after-finished', concurrentValidatingAdmissionPolicyStatusSyncs: 'validatingadmissionpolicy-status',
  concurrentServiceSyncs: 'service-lb', concurrentEphemeralvolumeSyncs: 'ephemeral-volume', concurrentResourceclaimSyncs: 'resourceclaim', concurrentDeviceTaintEvictionSyncs: 'device-taint-eviction', mirroringConcurrentServiceEndpointSyncs: 'endpointslice-mirroring',
} as const satisfies Partial<Record<keyof ControllerManagerOptions, string>>
const workersOf = (options: ControllerManagerOptions): Record<string, number> =>
  Object.fromEntries(Object.entries(concurrencyOf).map(([flag, controller]) => [controller, options[flag as keyof typeof concurrencyOf]]))

/** How long a controller's token is good for, and when it is asked for anew. */
const tokenSeconds = 3600, renewMs = 40 * 60_000, retryMs = 60_000
const home = 'kube-system', prefix = `system:serviceaccount:${home}:`

/** A token for each service account that controllers act as; renewed before it ends. */
class AccountTokens {
  readonly #tokens = new Map<string, string>()
  #cancel = () => {}

  static async start(component: Component, all: ReturnType<typeof parts>, log: Log): Promise<AccountTokens> {
    const tokens = new AccountTokens(), accounts = [...new Set(all.filter((one) => !one.user).map((one) => one.identity ?? `${one.name}-controller`))]
    const renew = async (client: Client): Promise<void> => { for (const account of accounts) tokens.#tokens.set(account, await askFor(client, account)) }
    await renew(component.client)
    const again = (ms: number) => { tokens.#cancel = clock.after(ms, () => { renew(component.client).then(() => { again(renewMs) }, (error: unknown) => { log.warn('tokens of controllers could not be renewed; trying again', { error }); again(retryMs) }) }) }
    again(renewMs)
    return tokens
  }
  of(user: User): (() => string) | undefined {
    const account = user.name.startsWith(prefix) ? user.name.slice(prefix.length) : ''
    return this.#tokens.has(account) ? () => this.#tokens.get(account)! : undefined
  }
  stop(): void { this.#cancel() }
}

async function askFor(client: Client, account: string): Promise<string> {
  const target = { name: account, namespace: home }
  const make = async (action: () => Promise<unknown>) => { try { await action() } catch (error) { if (!is(error, 'AlreadyExists')) throw error } }
  try { await client.get(serviceAccount, target) } catch (error) {
    if (!is(error, 'NotFound')) throw error
    await make(() => client.create(namespace, { metadata: { name: home } }))
    await make(() => client.create(serviceAccount, { metadata: target }))
  }
  const answer = await client.post(serviceAccount, target, 'token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [], expirationSeconds: tokenSeconds } }) as { readonly status: { readonly token: string } }
  return answer.status.token
}
