import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeSchedulerConfiguration } from './schema.ts'
import { schedulerSettings } from './read.ts'

const args = (name: string, given: object) => ({ profiles: [{ pluginConfig: [{ name, args: given }] }] }), at = 'profiles[0].pluginConfig[0].args'
const wrong: [config: object, message: string][] = [
  [{ parallelism: 0 }, 'parallelism: Invalid value: 0: should be an integer value greater than zero'],
  [{ percentageOfNodesToScore: 101 }, 'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]'],
  [{ podInitialBackoffSeconds: 0 }, 'podInitialBackoffSeconds: Invalid value: 0: must be greater than 0'],
  [{ podInitialBackoffSeconds: 5, podMaxBackoffSeconds: 4 }, 'podMaxBackoffSeconds: Invalid value: 4: must be greater than or equal to PodInitialBackoffSeconds'],
  [{ profiles: [{}, { schedulerName: 'a' }] }, 'profiles[0].schedulerName: Required value'],
  [{ profiles: [{ schedulerName: 'a' }, { schedulerName: 'a' }] }, 'profiles[1].schedulerName: Duplicate value: "profiles[0].schedulerName"'],
  [{ profiles: [{ percentageOfNodesToScore: -1 }] }, 'profiles[0].percentageOfNodesToScore: Invalid value: -1: not in valid range [0-100]'],
  [{ leaderElection: { resourceLock: 'endpoints' } }, 'leaderElection.resourceLock: Invalid value: "endpoints": resourceLock value must be "leases"'],
  [{ leaderElection: { leaseDuration: '5s' } }, 'leaderElection.leaseDuration: Invalid value: "10s": LeaseDuration must be greater than RenewDeadline'],
  [{ extenders: [{ urlPrefix: 'http://x', prioritizeVerb: 'p' }] }, 'extenders[0].weight: Invalid value: 0: must have a positive weight applied to it'],
  [{ extenders: [{ bindVerb: 'a' }, { bindVerb: 'b' }] }, 'extenders: Invalid value: "found 2 extenders implementing bind": only one extender can implement bind'],
  [{ extenders: [{ managedResources: [{ name: 'cpu' }] }] }, 'extenders[0].managedResources[0].name: Invalid value: "cpu": is an invalid extended resource name'],
  [args('DefaultPreemption', { minCandidateNodesPercentage: 101 }), `${at}.minCandidateNodesPercentage: Invalid value: 101: not in valid range [0, 100]`],
  [args('DefaultPreemption', { minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0 }), `[${at}.minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same time as minCandidateNodesAbsolute, ${at}.minCandidateNodesAbsolute: Invalid value: 0: cannot be zero at the same time as minCandidateNodesPercentage]`],
  [args('InterPodAffinity', { hardPodAffinityWeight: 101 }), `${at}.hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]`],
  [args('NodeResourcesFit', { scoringStrategy: { type: 'Best' } }), `${at}.scoringStrategy.type: Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"`],
  [args('NodeResourcesFit', { scoringStrategy: { type: 'RequestedToCapacityRatio' } }), `${at}.scoringStrategy.requestedToCapacityRatio: Required value: must be specified when type is RequestedToCapacityRatio`],
  [args('NodeResourcesFit', { scoringStrategy: { type: 'RequestedToCapacityRatio', requestedToCapacityRatio: { shape: [{ utilization: 50, score: 1 }, { utilization: 50, score: 11 }] } } }), `[${at}.scoringStrategy.requestedToCapacityRatio.shape[1].utilization: Invalid value: 50: values must be sorted in increasing order, ${at}.scoringStrategy.requestedToCapacityRatio.shape[1].score: Invalid value: 11: not in valid range [0, 10]]`],
  [args('NodeResourcesBalancedAllocation', { resources: [{ name: 'cpu', weight: 2 }] }), `${at}.resources[0].weight: Invalid value: 2: must be 1`],
  [args('PodTopologySpread', { defaultConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'ScheduleAnyway' }] }), `${at}.defaultingType: Invalid value: "System": when .defaultConstraints are not empty`],
  [args('VolumeBinding', { bindTimeoutSeconds: -1 }), `${at}.bindTimeoutSeconds: Invalid value: -1: invalid BindTimeoutSeconds, should not be a negative value`],
  [args('NodeResourcesFit', { ignored: [] }), 'decoding .profiles[0].pluginConfig[0]: decoding args for plugin NodeResourcesFit: strict decoding error: unknown field "ignored"'],
  [args('NodeResourcesFit', { kind: 'NodeAffinityArgs', apiVersion: 'kubescheduler.config.k8s.io/v1' }), 'decoding .profiles[0].pluginConfig[0]: args for plugin NodeResourcesFit were not of type NodeResourcesFitArgs.kubescheduler.config.k8s.io, got NodeAffinityArgs.kubescheduler.config.k8s.io'],
]
for (const [config, message] of wrong) test(`a configuration is refused: ${message}`, () => { assert.throws(() => schedulerSettings(config as KubeSchedulerConfiguration), { message }) })

test('an empty configuration has the defaults of the reference', () => {
  const { profiles, percentageOfNodesToScore, firstBackoffMs, lastBackoffMs, election } = schedulerSettings({})
  assert.deepEqual([profiles.map((p) => p.schedulerName), percentageOfNodesToScore, firstBackoffMs, lastBackoffMs], [['default-scheduler'], 0, 1_000, 10_000])
  assert.deepEqual(election, { leaderElect: true, leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000, resourceLock: 'leases', name: 'kube-scheduler', namespace: 'kube-system' })
})
test('what only an extender counts, NodeResourcesFit does not', () => {
  const { profiles } = schedulerSettings({ extenders: [{ urlPrefix: 'http://x', managedResources: [{ name: 'a.b/c', ignoredByScheduler: true }] }] })
  assert.deepEqual(profiles[0]!.pluginConfig, [{ name: 'NodeResourcesFit', args: { ignoredResources: ['a.b/c'] } }])
})
