// KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1: its fields.
import { labelSelector, s, type Infer } from '#machinery'

const plugin = s.object('Plugin', { name: s.string(), weight: s.int() })
const pluginSet = s.object('PluginSet', { enabled: s.list(plugin), disabled: s.list(plugin) })
const plugins = s.object('Plugins', {
  preEnqueue: pluginSet, queueSort: pluginSet, preFilter: pluginSet, filter: pluginSet, postFilter: pluginSet, preScore: pluginSet, score: pluginSet, reserve: pluginSet, permit: pluginSet,
  preBind: pluginSet, bind: pluginSet, postBind: pluginSet, multiPoint: pluginSet, placementGenerate: pluginSet, placementScore: pluginSet,
})
const profile = s.object('KubeSchedulerProfile', {
  schedulerName: s.string({ keepEmpty: true }), percentageOfNodesToScore: s.int({ keepEmpty: true }), plugins,
  pluginConfig: s.list(s.object('PluginConfig', { name: s.string(), args: s.any() })),
})
const extender = s.object('Extender', {
  urlPrefix: s.string(), filterVerb: s.string(), preemptVerb: s.string(), prioritizeVerb: s.string(), weight: s.int64(), bindVerb: s.string(), enableHTTPS: s.bool(),
  tlsConfig: s.object('ExtenderTLSConfig', { insecure: s.bool(), serverName: s.string(), certFile: s.string(), keyFile: s.string(), caFile: s.string(), certData: s.bytes(), keyData: s.bytes(), caData: s.bytes() }),
  httpTimeout: s.string(), nodeCacheCapable: s.bool(), managedResources: s.list(s.object('ExtenderManagedResource', { name: s.string(), ignoredByScheduler: s.bool() })), ignorable: s.bool(),
})
const schema = s.object('KubeSchedulerConfiguration', {
  parallelism: s.int({ keepEmpty: true }),
  leaderElection: s.object('LeaderElectionConfiguration', { leaderElect: s.bool({ keepEmpty: true }), leaseDuration: s.string(), renewDeadline: s.string(), retryPeriod: s.string(), resourceLock: s.string(), resourceName: s.string(), resourceNamespace: s.string() }),
  clientConnection: s.object('ClientConnectionConfiguration', { kubeconfig: s.string(), acceptContentTypes: s.string(), contentType: s.string(), qps: s.number(), burst: s.int() }),
  enableProfiling: s.bool({ keepEmpty: true }), enableContentionProfiling: s.bool({ keepEmpty: true }),
  percentageOfNodesToScore: s.int({ keepEmpty: true }), podInitialBackoffSeconds: s.int64({ keepEmpty: true }), podMaxBackoffSeconds: s.int64({ keepEmpty: true }),
  profiles: s.list(profile), extenders: s.list(extender), delayCacheUntilActive: s.bool(),
})

export type ExtenderConfiguration = Infer<typeof extender>
export type KubeSchedulerConfiguration = Infer<typeof schema>
export type KubeSchedulerProfile = Infer<typeof profile>
export const apiVersion = 'kubescheduler.config.k8s.io/v1'
export const kubeSchedulerConfiguration = { kind: 'KubeSchedulerConfiguration', apiVersions: [apiVersion], schema } as const

const requirement = s.object('NodeSelectorRequirement', { key: s.string(), operator: s.string(), values: s.list(s.string()) })
const term = s.object('NodeSelectorTerm', { matchExpressions: s.list(requirement), matchFields: s.list(requirement) })
const nodeAffinity = s.object('NodeAffinity', {
  requiredDuringSchedulingIgnoredDuringExecution: s.object('NodeSelector', { nodeSelectorTerms: s.list(term) }),
  preferredDuringSchedulingIgnoredDuringExecution: s.list(s.object('PreferredSchedulingTerm', { weight: s.required(s.int()), preference: s.value(term) })),
})
const resources = s.list(s.object('ResourceSpec', { name: s.string(), weight: s.int64() }))
const shape = s.list(s.object('UtilizationShapePoint', { utilization: s.int({ keepEmpty: true }), score: s.int({ keepEmpty: true }) }), { keepEmpty: true })

/** The arguments of the plugins that take some. */
export const pluginArgs = {
  DefaultPreemption: s.object('DefaultPreemptionArgs', { minCandidateNodesPercentage: s.int({ keepEmpty: true }), minCandidateNodesAbsolute: s.int({ keepEmpty: true }) }),
  DynamicResources: s.object('DynamicResourcesArgs', { filterTimeout: s.string({ keepEmpty: true }), bindingTimeout: s.string({ keepEmpty: true }) }),
  InterPodAffinity: s.object('InterPodAffinityArgs', { hardPodAffinityWeight: s.int({ keepEmpty: true }), ignorePreferredTermsOfExistingPods: s.bool() }),
  NodeAffinity: s.object('NodeAffinityArgs', { addedAffinity: nodeAffinity }),
  NodeResourcesBalancedAllocation: s.object('NodeResourcesBalancedAllocationArgs', { resources }),
  NodeResourcesFit: s.object('NodeResourcesFitArgs', {
    ignoredResources: s.list(s.string()), ignoredResourceGroups: s.list(s.string()),
    scoringStrategy: s.object('ScoringStrategy', { type: s.string(), resources, requestedToCapacityRatio: s.object('RequestedToCapacityRatioParam', { shape }) }),
  }),
  PodTopologySpread: s.object('PodTopologySpreadArgs', {
    defaultConstraints: s.list(s.object('TopologySpreadConstraint', { maxSkew: s.int({ keepEmpty: true }), topologyKey: s.string(), whenUnsatisfiable: s.string(), labelSelector, minDomains: s.int({ keepEmpty: true }), nodeAffinityPolicy: s.string(), nodeTaintsPolicy: s.string(), matchLabelKeys: s.list(s.string()) })),
    defaultingType: s.string(),
  }),
  VolumeBinding: s.object('VolumeBindingArgs', { bindTimeoutSeconds: s.int64({ keepEmpty: true }), shape }),
} as const
export type ArgsOf<Name extends keyof typeof pluginArgs> = Infer<typeof pluginArgs[Name]>
