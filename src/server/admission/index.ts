// The admission plugins that there are, in the order they run (--enable-admission-plugins and --disable-admission-plugins choose among them).
import { quote, type ApiHandler, type Clock, type Random } from '#machinery'
import type { Authorizer } from '../authz/authz.ts'
import type { ReadFile } from '../kubeconfig-target.ts'
import type { Outbound } from '../outbound.ts'
import type { AdmissionPlugin } from './admission.ts'
import { alwaysPullImages } from './always-pull-images.ts'
import { alwaysAdmit, alwaysDeny, resting } from './always.ts'
import { limitPodHardAntiAffinityTopology } from './anti-affinity-topology.ts'
import { certificateApproval, certificateSigning, certificateSubjectRestriction, clusterTrustBundleAttest } from './certificates.ts'
import { persistentVolumeClaimResize } from './claim-resize.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { readAdmissionConfiguration, type PluginConfiguration, type PluginConfigurations } from './configuration.ts'
import { defaultIngressClass, defaultStorageClass } from './default-classes.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { eventRateLimit } from './event-rate-limit.ts'
import { extendedResourceToleration } from './extended-resource-toleration.ts'
import { denyServiceExternalIPs } from './external-ips.ts'
import { imagePolicyWebhook } from './image-policy-webhook.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceAutoProvision, namespaceExists } from './namespace-existence.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeDeclaredFeatureValidator } from './node-declared-features.ts'
import { nodeRestriction } from './node-restriction.ts'
import { ownerReferencesPermissionEnforcement } from './owner-references.ts'
import { podGroupProtection, podGroupWorkloadExists } from './pod-groups.ts'
import { podNodeSelector } from './pod-node-selector.ts'
import { podResizeValidator } from './pod-resize.ts'
import { podSecurity } from './pod-security/index.ts'
import { podTolerationRestriction } from './pod-toleration-restriction.ts'
import { podTopologyLabels } from './pod-topology-labels.ts'
import { mutatingAdmissionPolicyPlugin } from './policy-mutating.ts'
import { validatingAdmissionPolicyPlugin } from './policy-validating.ts'
import { priority } from './priority.ts'
import { resourceQuotaPlugin } from './quota/index.ts'
import { runtimeClassPlugin } from './runtime-class.ts'
import { serviceAccountPlugin } from './service-account.ts'
import { storageObjectInUseProtection } from './storage-in-use.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'
import { webhookCredentials } from './webhook-credentials.ts'
import { mutatingAdmissionWebhook } from './webhook-mutating.ts'
import { validatingAdmissionWebhook } from './webhook-validating.ts'

/** What plugins are made of. */
export interface AdmissionParts {
  readonly random: Random
  readonly clock: Clock
  readonly authorizer: Authorizer
  /** The server itself, for plugins that write objects. */
  readonly api: ApiHandler
  readonly outbound: Outbound
  /** Where figures are kept; absent: nowhere. */
  readonly metrics?: Metrics
  /** Files that configurations name. */
  readonly read: ReadFile
  /** --default-not-ready-toleration-seconds, --default-unreachable-toleration-seconds. */
  readonly tolerationSeconds: { readonly notReady: number; readonly unreachable: number }
}
export interface AdmissionChoice {
  readonly enable?: readonly string[]
  readonly disable?: readonly string[]
  /** --admission-control-config-file. */
  readonly configFile?: string
}

type Make = (parts: AdmissionParts, configuration: PluginConfiguration | undefined) => AdmissionPlugin
interface Entry { readonly name: string; readonly byDefault: boolean; readonly make: Make }
const on = (name: string, make: Make): Entry => ({ name, byDefault: true, make })
const off = (name: string, make: Make): Entry => ({ name, byDefault: false, make })

/** All of them in the reference's order, on or off by default as there. */
const all: readonly Entry[] = [
  off('AlwaysAdmit', () => alwaysAdmit),
  off('NamespaceAutoProvision', ({ api }) => namespaceAutoProvision(api)),
  on('NamespaceLifecycle', () => namespaceLifecycle),
  off('NamespaceExists', () => namespaceExists),
  off('LimitPodHardAntiAffinityTopology', () => limitPodHardAntiAffinityTopology),
  on('LimitRanger', () => limitRanger()),
  on('ServiceAccount', serviceAccountPlugin),
  off('NodeRestriction', ({ authorizer }) => nodeRestriction(authorizer)),
  on('TaintNodesByCondition', () => taintNodesByCondition),
  off('AlwaysPullImages', () => alwaysPullImages),
  off('ImagePolicyWebhook', (parts, configuration) => imagePolicyWebhook({ ...parts, configuration })),
  on('PodSecurity', ({ metrics }, configuration) => podSecurity(configuration, metrics)),
  off('PodNodeSelector', (_, configuration) => podNodeSelector(configuration)),
  on('Priority', () => priority()),
  on('DefaultTolerationSeconds', ({ tolerationSeconds }) => defaultTolerationSeconds(tolerationSeconds)),
  off('PodTolerationRestriction', (_, configuration) => podTolerationRestriction(configuration)),
  off('EventRateLimit', ({ clock }, configuration) => eventRateLimit(clock, configuration)),
  off('ExtendedResourceToleration', () => extendedResourceToleration),
  on('DefaultStorageClass', () => defaultStorageClass),
  on('StorageObjectInUseProtection', () => storageObjectInUseProtection),
  on('PodGroupProtection', () => podGroupProtection),
  off('OwnerReferencesPermissionEnforcement', ({ authorizer }) => ownerReferencesPermissionEnforcement(authorizer)),
  on('PersistentVolumeClaimResize', () => persistentVolumeClaimResize),
  on('RuntimeClass', () => runtimeClassPlugin),
  on('CertificateApproval', ({ authorizer }) => certificateApproval(authorizer)),
  on('CertificateSigning', ({ authorizer }) => certificateSigning(authorizer)),
  on('ClusterTrustBundleAttest', ({ authorizer }) => clusterTrustBundleAttest(authorizer)),
  on('CertificateSubjectRestriction', () => certificateSubjectRestriction),
  on('DefaultIngressClass', () => defaultIngressClass),
  off('DenyServiceExternalIPs', () => denyServiceExternalIPs),
  on('PodTopologyLabels', () => podTopologyLabels),
  on('PodGroupWorkloadExists', () => podGroupWorkloadExists),
  on('NodeDeclaredFeatureValidator', () => nodeDeclaredFeatureValidator),
  on('JobValidation', () => resting),
  on('PodResizeValidator', () => podResizeValidator),
  // what others have to say comes after all that is built in; then what is counted
  on('MutatingAdmissionPolicy', () => mutatingAdmissionPolicyPlugin()),
  on('MutatingAdmissionWebhook', ({ read }, configuration) => mutatingAdmissionWebhook(webhookCredentials('MutatingAdmissionWebhook', configuration, read))),
  on('ValidatingAdmissionPolicy', () => validatingAdmissionPolicyPlugin()),
  on('ValidatingAdmissionWebhook', ({ read }, configuration) => validatingAdmissionWebhook(webhookCredentials('ValidatingAdmissionWebhook', configuration, read))),
  on('ResourceQuota', resourceQuotaPlugin),
  off('AlwaysDeny', () => alwaysDeny),
]

/** The plugins of a server. Throws an Error that names a plugin that does not exist, or what is wrong in the configuration. */
export function admissionPlugins(parts: AdmissionParts, { enable = [], disable = [], configFile }: AdmissionChoice = {}): AdmissionPlugin[] {
  const known = new Set(all.map(({ name }) => name))
  for (const [flag, names] of [['enable', enable], ['disable', disable]] as const)
    for (const name of names) if (!known.has(name)) throw new Error(`--${flag}-admission-plugins: there is no plugin ${quote(name)}; there are ${[...known].join(', ')}`)
  const both = enable.find((name) => disable.includes(name))
  if (both) throw new Error(`${both} is in both --enable-admission-plugins and --disable-admission-plugins`)
  const configurations: PluginConfigurations = configFile ? readAdmissionConfiguration(configFile, parts.read) : new Map()
  return all.filter(({ name, byDefault }) => (byDefault || enable.includes(name)) && !disable.includes(name)).map(({ name, make }) => make(parts, configurations.get(name)))
}
