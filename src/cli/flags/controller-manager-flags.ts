// kube-controller-manager's own flags: its names and defaults.
import { decimal, duration, integer, list, network, path, toggle } from '../flag.ts'

const keys = 'Keys', nodes = 'Nodes', volumes = 'Volumes', work = 'How many objects are worked on at once'
const most = 1_000
const concurrent = (what: string, otherwise: number) => integer({ group: work, description: what }, [1, most], otherwise)

export const controllerManagerFlags = {
  controllers: list({ value: 'NAMES', description: 'Which controllers: * is all but bootstrap-signer-controller and token-cleaner-controller, NAME one more, -NAME one less' }, ['*']),
  useServiceAccountCredentials: toggle({ description: 'Each controller acts as a service account of its own in kube-system' }),
  rootCaFile: path({ group: keys, description: 'What pods trust the API server by', defaultText: 'the kubeconfig\'s certificate authority' }),
  serviceAccountPrivateKeyFile: path({ group: keys, description: 'Signs tokens in Secrets that ask for one', defaultText: 'they stay without' }),
  clusterSigningCertFile: path({ group: keys, description: 'Signs certificate requests', defaultText: 'they are left alone' }),
  clusterSigningKeyFile: path({ group: keys, description: 'Its key' }),
  clusterSigningDuration: duration({ group: keys, description: 'No certificate is good for longer' }, 8760 * 3_600_000, '8760h'),
  allocateNodeCidrs: toggle({ group: nodes, description: 'Give each node a part of the pods\' addresses' }),
  clusterCidr: network({ group: nodes, description: 'Addresses of pods' }, [8, 24]),
  nodeMonitorGracePeriod: duration({ group: nodes, description: 'How long a node may be silent before it counts as gone' }, 50_000, '50s'),
  nodeStartupGracePeriod: duration({ group: nodes, description: 'The same for a node that has never told its status' }, 60_000, '1m0s'),
  nodeEvictionRate: decimal({ group: nodes, description: 'Nodes of a zone per second that pods are driven off when they are not ready' }, 0.1),
  secondaryNodeEvictionRate: decimal({ group: nodes, description: 'The same in a large zone that is partly down' }, 0.01),
  unhealthyZoneThreshold: decimal({ group: nodes, description: 'A zone is partly down when this part of its nodes is not ready, and at least three' }, 0.55),
  largeClusterSizeThreshold: integer({ group: nodes, description: 'A zone with more nodes is large; of a small one that is partly down nothing is driven off' }, [0, 2 ** 31 - 1], 50),
  disableForceDetachOnTimeout: toggle({ group: nodes, description: 'Volumes are not taken from a node that is not ready after six minutes' }),
  pvRecyclerMinimumTimeoutHostpath: integer({ group: volumes, description: 'Seconds that emptying a hostPath volume may take at least' }, [0, 2 ** 31 - 1], 60),
  pvRecyclerTimeoutIncrementHostpath: integer({ group: volumes, description: 'Seconds for each GiB of it' }, [0, 2 ** 31 - 1], 30),
  pvRecyclerMinimumTimeoutNfs: integer({ group: volumes, description: 'Seconds that emptying an NFS volume may take at least' }, [0, 2 ** 31 - 1], 300),
  pvRecyclerIncrementTimeoutNfs: integer({ group: volumes, description: 'Seconds for each GiB of it' }, [0, 2 ** 31 - 1], 30),
  pvRecyclerPodTemplateFilepathHostpath: path({ group: volumes, description: 'The pod that empties hostPath volumes: its first volume is the one', defaultText: 'one of ours' }),
  pvRecyclerPodTemplateFilepathNfs: path({ group: volumes, description: 'The same for NFS volumes', defaultText: 'one of ours' }),
  maxEndpointsPerSlice: integer({ description: 'So many endpoints are in one slice' }, [1, 1000], 100),
  mirroringMaxEndpointsPerSubset: integer({ description: 'So many addresses of one subset of Endpoints are mirrored' }, [1, 1000], 1000),
  loadBalancerPool: list({ value: 'CIDR,...', description: 'Addresses of Services of type LoadBalancer (not a flag of the reference)', defaultText: 'somebody else gives them' }),
  legacyServiceAccountTokenCleanUpPeriod: duration({ group: keys, description: 'Tokens in Secrets that nobody has used for so long go' }, 8760 * 3_600_000, '8760h'),
  terminatedPodGcThreshold: integer({ description: 'So many finished pods are kept' }, [0, 2 ** 31 - 1], 12_500),
  concurrentCronJobSyncs: concurrent('CronJobs', 5), concurrentDaemonsetSyncs: concurrent('DaemonSets', 2), concurrentDeploymentSyncs: concurrent('Deployments', 5), concurrentEndpointSyncs: concurrent('Services, for endpoints', 5),
  concurrentGcSyncs: concurrent('Objects whose owners may be gone', 20), concurrentJobSyncs: concurrent('Jobs', 5), concurrentNamespaceSyncs: concurrent('Namespaces that end', 10), concurrentRcSyncs: concurrent('ReplicationControllers', 5),
  concurrentReplicasetSyncs: concurrent('ReplicaSets', 5), concurrentResourceQuotaSyncs: concurrent('ResourceQuotas', 5), concurrentServiceEndpointSyncs: concurrent('Services, for endpoint slices', 5),
  concurrentServiceaccountTokenSyncs: concurrent('Secrets that ask for a token', 5), concurrentStatefulsetSyncs: concurrent('StatefulSets', 5), concurrentTtlAfterFinishedSyncs: concurrent('Finished Jobs', 5),
  concurrentServiceSyncs: concurrent('Services, for load balancers', 1), concurrentEphemeralvolumeSyncs: concurrent('Pods, for ephemeral volumes', 5), concurrentResourceclaimSyncs: concurrent('Pods and claims, for devices', 50),
  concurrentDeviceTaintEvictionSyncs: concurrent('Pods on devices with taints', 8), mirroringConcurrentServiceEndpointSyncs: concurrent('Endpoints that are mirrored', 5),
  concurrentValidatingAdmissionPolicyStatusSyncs: concurrent('ValidatingAdmissionPolicies', 5),
}
