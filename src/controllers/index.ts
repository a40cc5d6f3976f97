// What happens after an object changes: every controller the control plane runs. Adding one is a new file and a line here.
import { bootstrapSigner, tokenCleaner, type Mac } from './bootstrap-tokens.ts'
import { certificateApprovingController } from './certificate-approving.ts'
import { certificateCleaningController } from './certificate-cleaning.ts'
import { certificateSigningController, type CertificateSigning } from './certificate-signing.ts'
import { clusterRoleAggregationController } from './clusterrole-aggregation.ts'
import { cronJobController } from './cronjob.ts'
import { daemonSetController } from './daemonset.ts'
import { deploymentController } from './deployment.ts'
import { deviceTaintEvictionController } from './device-taint-eviction.ts'
import { deviceTaintRuleStatus } from './device-taint-rules.ts'
import { disruptionController } from './disruption.ts'
import { staleConditionController } from './disruption/stale-condition.ts'
import { endpointSliceController, type EndpointSliceOptions } from './endpointslice.ts'
import { endpointSliceMirroringController, type MirroringOptions } from './endpointslice-mirroring.ts'
import { endpointsController } from './endpoints.ts'
import { ephemeralVolumeController } from './ephemeral-volume.ts'
import type { ControllerFigures } from './figures.ts'
import { garbageCollector } from './garbage-collector.ts'
import { jobController } from './job.ts'
import { legacyTokenCleaner } from './legacy-serviceaccount-token-cleaner.ts'
import { localVolumeProvisioner, type LocalDirectories } from './local-volume-provisioner.ts'
import { namespaceController } from './namespace.ts'
import { nodeIpamController } from './node-ipam.ts'
import { nodeLifecycleController, type NodeLifecycleOptions } from './node-lifecycle.ts'
import { nodeTtlController } from './node-ttl.ts'
import { attachDetachController } from './persistentvolume-attach-detach.ts'
import { persistentVolumeExpander } from './persistentvolume-expander.ts'
import { persistentVolumeBinder, type RemoveDirectory } from './persistentvolume-binder.ts'
import { podGarbageCollector } from './pod-garbage-collector.ts'
import { publicEndpointsController } from './public-endpoints.ts'
import { replicaSetController } from './replicaset.ts'
import { replicationControllerController } from './replicationcontroller.ts'
import { resourceClaims } from './resourceclaim.ts'
import { resourceQuotaController } from './resourcequota.ts'
import { rootCaPublisher } from './root-ca.ts'
import { serviceCidrController } from './service-cidr.ts'
import { serviceLoadBalancerController } from './service-load-balancer.ts'
import { serviceAccountController } from './serviceaccount.ts'
import { tokenSecretsController, type TokenSecretsOptions } from './serviceaccount-token.ts'
import { statefulSetController } from './statefulset.ts'
import { attributesClassProtectionController, claimProtectionController, volumeProtectionController } from './storage-protection.ts'
import { partsOf, type FurtherKinds } from './switched-off.ts'
import { taintEvictionController } from './taint-eviction.ts'
import { ttlAfterFinishedController } from './ttl-after-finished.ts'
import { validatingAdmissionPolicyStatusController } from './validatingadmissionpolicy-status.ts'
import type { RecyclePods, RecycleTimes } from './volumes/recycle.ts'
import { part, startParts, together, type Part, type Start } from './part.ts'

export interface ControllersOptions {
  /** PEM of the authorities that pods trust the API server by. */
  readonly rootCa: string
  /** Makes tokens for Secrets that ask for one; absent: they stay without. */
  readonly signToken?: TokenSecretsOptions['sign']
  /** Where bootstrap tokens are in use: how to sign with them. */
  readonly bootstrapMac?: Mac
  /** Kinds that somebody asked to have served (--runtime-config), with controllers of their own. */
  readonly further?: FurtherKinds
  /** Who reads and signs certificate requests; absent: they are left as they are. */
  readonly certificates?: CertificateSigning
  /** Pods' addresses: each node gets a part of it. Empty: nodes get none. */
  readonly clusterCidr: string
  /** Ranges that services of type LoadBalancer get addresses from; empty: somebody else gives them. */
  readonly loadBalancerPool?: readonly string[]
  /** Where nodes have directories that are volumes; absent: nobody makes volumes. */
  readonly localDirectories?: LocalDirectories
  /** Tokens in Secrets that nobody has used for so long go; default a year. */
  readonly legacyTokenCleanUpMs?: number
  /** A node is not ready when nothing has been heard of it for so long. */
  readonly nodeMonitorGracePeriodMs?: number
  /** What else is told of silent nodes. */
  readonly nodeLifecycle?: Omit<NodeLifecycleOptions, 'monitorGracePeriodMs'>
  /** Whether a node that does not answer loses its volumes after six minutes; default true. */
  readonly forcesDetach?: boolean
  /** How long emptying a volume that is used again may take. */
  readonly recycleTimes?: RecycleTimes
  /** Pods that do so; default: one of ours. */
  readonly recyclePods?: RecyclePods
  /** Removes a directory of the machine that was a volume (hostPath below /tmp, policy Delete); absent: only the object goes. */
  readonly removeDirectory?: RemoveDirectory
  readonly endpointSlices?: EndpointSliceOptions
  readonly mirroring?: MirroringOptions
  /** Is told what happens; default: nobody is. */
  readonly figures?: ControllerFigures
  /** So many finished pods are kept. */
  readonly terminatedPodThreshold?: number
}
/** What is the controller manager's own business. */
const controllerManager = { name: 'system:kube-controller-manager', groups: ['system:authenticated'] }
/** All of them. */
export const parts = (options: ControllersOptions): readonly Part[] => [
  part(namespaceController()),
  part(serviceAccountController),
  part(rootCaPublisher(options.rootCa, options.figures)),
  ...(options.signToken ? [{ ...part(tokenSecretsController({ rootCa: options.rootCa, sign: options.signToken })), user: controllerManager }] : []),
  ...(options.bootstrapMac ? [{ ...part(bootstrapSigner(options.bootstrapMac)), identity: 'bootstrap-signer', isOptional: true as const }, { ...part(tokenCleaner), identity: 'token-cleaner', isOptional: true as const }] : []),
  ...(options.certificates ? [part(certificateApprovingController), part(certificateSigningController(options.certificates)), part(certificateCleaningController(options.certificates.signer))] : []),
  part(clusterRoleAggregationController),
  part(validatingAdmissionPolicyStatusController),
  part(resourceQuotaController()),
  part(replicaSetController),
  part(replicationControllerController, 'replication-controller'),
  part(deploymentController),
  part(daemonSetController()),
  part(statefulSetController),
  part(jobController(options.figures)),
  part(cronJobController(options.figures)),
  part(ttlAfterFinishedController(options.figures)),
  together(part(disruptionController, 'controllermanager'), part(staleConditionController)),
  persistentVolumeBinder({ recycleTimes: options.recycleTimes, recyclePods: options.recyclePods, removeDirectory: options.removeDirectory }),
  part(attachDetachController({ forces: options.forcesDetach }), 'attachdetach-controller'),
  part(persistentVolumeExpander, 'volume_expand'),
  ...(options.localDirectories ? [localVolumeProvisioner(options.localDirectories)] : []),
  part(claimProtectionController),
  part(volumeProtectionController),
  part(attributesClassProtectionController),
  garbageCollector,
  part(podGarbageCollector({ figures: options.figures, ...(options.terminatedPodThreshold !== undefined && { terminatedPodThreshold: options.terminatedPodThreshold }) })),
  part(nodeLifecycleController({ ...options.nodeLifecycle, monitorGracePeriodMs: options.nodeMonitorGracePeriodMs, figures: options.figures }), 'node-controller'),
  part(taintEvictionController(options.figures)),
  deviceTaintEviction(options),
  part(nodeTtlController()),
  ...(options.clusterCidr ? [part(nodeIpamController(options.clusterCidr), 'cidrAllocator')] : []),
  part(ephemeralVolumeController(options.figures), 'ephemeral_volume'),
  resourceClaims,
  part(legacyTokenCleaner({ keepMs: options.legacyTokenCleanUpMs })),
  part(serviceCidrController),
  ...(options.loadBalancerPool?.length ? [part(serviceLoadBalancerController(options.loadBalancerPool), 'service-controller'), part(publicEndpointsController)] : []),
  part(endpointsController(), 'endpoint-controller'),
  part(endpointSliceController({ ...options.endpointSlices, figures: options.figures }), 'endpoint-slice-controller'),
  part(endpointSliceMirroringController(options.mirroring), 'endpoint-slice-mirroring-controller'),
  ...partsOf(options.further ?? {}, options.rootCa),
]

function deviceTaintEviction({ figures, further: { deviceTaintRule } = {} }: ControllersOptions): Part {
  const rules = deviceTaintRule && { kind: deviceTaintRule, evicted: new Map<string, number>() }, eviction = part(deviceTaintEvictionController({ ...(figures && { figures }), rules }))
  return rules ? together(eviction, part(deviceTaintRuleStatus(rules))) : eviction
}

/** Starts them; the returned function stops them all and resolves when the last reconcile has ended. */
export const startControllers = (start: Start & { readonly options: ControllersOptions }): (() => Promise<void>) => startParts(parts(start.options), start)
/** The names of all there are, with what they need or without. */
export const controllerNames = (): readonly Pick<Part, 'name' | 'isOptional'>[] => {
  const nobody = () => { throw new Error('this is only asked for its name') }
  return parts({ rootCa: '', clusterCidr: '10.0.0.0/8', loadBalancerPool: ['192.0.2.0/24'], signToken: nobody, bootstrapMac: nobody, certificates: { signer: { sign: nobody, isOver: nobody } } })
}
export type { ControllerFigures } from './figures.ts'
export { stateFigures } from './state-figures.ts'
export { identityOf, startParts, type Part } from './part.ts'
export { serverPartsOf, type FurtherKinds } from './switched-off.ts'
export type { LocalDirectories } from './local-volume-provisioner.ts'
export type { CertificateSigner } from './certificates/rules.ts'
