// Which words a text field of the built-in kinds may hold, as OpenAPI documents and `kubectl explain` show them. They tell readers; what is refused is
// up to each kind's validation. Fields whose words go on growing are not here, nor those of which the reference does not say it (all of autoscaling).
import { usageWords } from './certificates/validate-signing-request.ts'
import { describedType } from './descriptions.ts'

const protocols = ['SCTP', 'TCP', 'UDP'], effects = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'], honours = ['Honor', 'Ignore']
const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'], volumeModes = ['Block', 'Filesystem'], reclaims = ['Delete', 'Recycle', 'Retain']
const pulls = ['Always', 'IfNotPresent', 'Never'], messages = ['FallbackToLogsOnError', 'File'], profiles = ['Localhost', 'RuntimeDefault', 'Unconfined'], preemptions = ['Never', 'PreemptLowerPriority']
const failures = ['Fail', 'Ignore'], matches = ['Equivalent', 'Exact'], reinvocations = ['IfNeeded', 'Never'], sideEffects = ['None', 'NoneOnDryRun', 'Some', 'Unknown']
const rule = { operations: ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'], scope: ['*', 'Cluster', 'Namespaced'] }
const quotaScopes = ['BestEffort', 'CrossNamespacePodAffinity', 'NotBestEffort', 'NotTerminating', 'PriorityClass', 'Terminating', 'VolumeAttributesClass']
const allocation = { allocationMode: ['All', 'ExactCount'] }, deviceEffects = ['NoExecute', 'NoSchedule', 'None']
const container = { imagePullPolicy: pulls, terminationMessagePolicy: messages }

/** By GROUP.Type, for all versions of the group, then by field; of a list of texts, what each of them may be. */
export const knownWords: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'admissionregistration.MatchResources': { matchPolicy: matches },
  'admissionregistration.MutatingAdmissionPolicySpec': { failurePolicy: failures, reinvocationPolicy: reinvocations },
  'admissionregistration.MutatingWebhook': { failurePolicy: failures, matchPolicy: matches, reinvocationPolicy: reinvocations, sideEffects },
  'admissionregistration.Mutation': { patchType: ['ApplyConfiguration', 'JSONPatch'] },
  'admissionregistration.NamedRuleWithOperations': rule,
  'admissionregistration.RuleWithOperations': rule,
  'admissionregistration.ValidatingAdmissionPolicyBindingSpec': { validationActions: ['Audit', 'Deny', 'Warn'] },
  'admissionregistration.ValidatingAdmissionPolicySpec': { failurePolicy: failures },
  'admissionregistration.ValidatingWebhook': { failurePolicy: failures, matchPolicy: matches, sideEffects },
  'apps.DaemonSetUpdateStrategy': { type: ['OnDelete', 'RollingUpdate'] },
  'apps.DeploymentStrategy': { type: ['Recreate', 'RollingUpdate'] },
  'apps.StatefulSetSpec': { podManagementPolicy: ['OrderedReady', 'Parallel'] },
  'apps.StatefulSetUpdateStrategy': { type: ['OnDelete', 'RollingUpdate'] },
  'batch.CronJobSpec': { concurrencyPolicy: ['Allow', 'Forbid', 'Replace'] },
  'batch.JobSpec': { completionMode: ['Indexed', 'NonIndexed'], podReplacementPolicy: ['Failed', 'TerminatingOrFailed'] },
  'batch.PodFailurePolicyOnExitCodesRequirement': { operator: ['In', 'NotIn'] },
  'batch.PodFailurePolicyRule': { action: ['Count', 'FailIndex', 'FailJob', 'Ignore'] },
  'certificates.CertificateSigningRequestSpec': { usages: usageWords },
  'core.AppArmorProfile': { type: profiles },
  'core.AzureDiskVolumeSource': { cachingMode: ['None', 'ReadOnly', 'ReadWrite'], kind: ['Dedicated', 'Managed', 'Shared'] },
  'core.Container': container,
  'core.ContainerPort': { protocol: protocols },
  'core.EndpointPort': { protocol: protocols },
  'core.EphemeralContainer': container,
  'core.HTTPGetAction': { scheme: ['HTTP', 'HTTPS'] },
  'core.HostPathVolumeSource': { type: ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'] },
  'core.ImageVolumeSource': { pullPolicy: pulls },
  'core.ModifyVolumeStatus': { status: ['InProgress', 'Infeasible', 'Pending'] },
  'core.NamespaceStatus': { phase: ['Active', 'Terminating'] },
  'core.NodeSelectorRequirement': { operator: ['DoesNotExist', 'Exists', 'Gt', 'In', 'Lt', 'NotIn'] },
  'core.NodeStatus': { phase: ['Pending', 'Running', 'Terminated'] },
  'core.PersistentVolumeClaimSpec': { accessModes, volumeMode: volumeModes },
  'core.PersistentVolumeClaimStatus': { accessModes, phase: ['Bound', 'Lost', 'Pending'] },
  'core.PersistentVolumeSpec': { accessModes, persistentVolumeReclaimPolicy: reclaims, volumeMode: volumeModes },
  'core.PersistentVolumeStatus': { phase: ['Available', 'Bound', 'Failed', 'Pending', 'Released'] },
  'core.PodSecurityContext': { fsGroupChangePolicy: ['Always', 'OnRootMismatch'], supplementalGroupsPolicy: ['Merge', 'Strict'] },
  'core.PodSpec': { dnsPolicy: ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'], preemptionPolicy: preemptions, restartPolicy: ['Always', 'Never', 'OnFailure'] },
  'core.PodStatus': { phase: ['Failed', 'Pending', 'Running', 'Succeeded', 'Unknown'], qosClass: ['BestEffort', 'Burstable', 'Guaranteed'] },
  'core.PortStatus': { protocol: protocols },
  'core.ResourceQuotaSpec': { scopes: quotaScopes },
  'core.ScopedResourceSelectorRequirement': { operator: ['DoesNotExist', 'Exists', 'In', 'NotIn'], scopeName: quotaScopes },
  'core.SeccompProfile': { type: profiles },
  'core.SecurityContext': { procMount: ['Default', 'Unmasked'] },
  'core.ServicePort': { protocol: protocols },
  'core.ServiceSpec': {
    externalTrafficPolicy: ['Cluster', 'Local'], internalTrafficPolicy: ['Cluster', 'Local'], ipFamilies: ['', 'IPv4', 'IPv6'], ipFamilyPolicy: ['PreferDualStack', 'RequireDualStack', 'SingleStack'],
    sessionAffinity: ['ClientIP', 'None'], type: ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'],
  },
  'core.Taint': { effect: effects },
  'core.Toleration': { effect: effects, operator: ['Equal', 'Exists', 'Gt', 'Lt'] },
  'core.TopologySpreadConstraint': { nodeAffinityPolicy: honours, nodeTaintsPolicy: honours, whenUnsatisfiable: ['DoNotSchedule', 'ScheduleAnyway'] },
  'core.VolumeMount': { mountPropagation: ['Bidirectional', 'HostToContainer', 'None'] },
  'discovery.EndpointPort': { protocol: protocols },
  'discovery.EndpointSlice': { addressType: ['FQDN', 'IPv4', 'IPv6'] },
  'networking.HTTPIngressPath': { pathType: ['Exact', 'ImplementationSpecific', 'Prefix'] },
  'networking.IngressPortStatus': { protocol: protocols },
  'networking.NetworkPolicyPort': { protocol: protocols },
  'networking.NetworkPolicySpec': { policyTypes: ['Egress', 'Ingress'] },
  'policy.PodDisruptionBudgetSpec': { unhealthyPodEvictionPolicy: ['AlwaysAllow', 'IfHealthyBudget'] },
  'resource.DeviceAllocationConfiguration': { source: ['FromClaim', 'FromClass'] },
  'resource.DeviceRequest': allocation,
  'resource.DeviceSubRequest': allocation,
  'resource.DeviceTaint': { effect: deviceEffects },
  'resource.DeviceToleration': { effect: deviceEffects, operator: ['Equal', 'Exists'] },
  'resource.ExactDeviceRequest': allocation,
  'scheduling.PriorityClass': { preemptionPolicy: preemptions },
  'storage.StorageClass': { reclaimPolicy: reclaims, volumeBindingMode: ['Immediate', 'WaitForFirstConsumer'] },
}

/** The words that a field of a type may hold, by the type's full name. */
export const fieldWords = (name: string, field: string): readonly string[] | undefined => knownWords[describedType(name)]?.[field]
