// kube-controller-manager's own flags: its names and defaults.
import { duration, integer, list, network, path, toggle } from '../flag.ts'

const keys = 'Keys', nodes = 'Nodes', work = 'How many objects are worked on at once'
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
  loadBalancerPool: list({ value: 'CIDR,...', description: 'Addresses of Services of type LoadBalancer (not a flag of the reference)', defaultText: 'somebody else gives them' }),
  legacyServiceAccountTokenCleanUpPeriod: duration({ group: keys, description: 'Tokens in Secrets that nobody has used for so long go' }, 8760 * 3_600_000, '8760h'),
  terminatedPodGcThreshold: integer({ description: 'So many finished pods are kept' }, [0, 2 ** 31 - 1], 12_500),
  concurrentCronJobSyncs: concurrent('CronJobs', 5), concurrentDaemonsetSyncs: concurrent('DaemonSets', 2), concurrentDeploymentSyncs: concurrent('Deployments', 5), concurrentEndpointSyncs: concurrent('Services, for endpoints', 5),
  concurrentJobSyncs: concurrent('Jobs', 5), concurrentNamespaceSyncs: concurrent('Namespaces that end', 10), concurrentRcSyncs: concurrent('ReplicationControllers', 5),
  concurrentReplicasetSyncs: concurrent('ReplicaSets', 5), concurrentResourceQuotaSyncs: concurrent('ResourceQuotas', 5), concurrentServiceEndpointSyncs: concurrent('Services, for endpoint slices', 5),
  concurrentServiceaccountTokenSyncs: concurrent('Secrets that ask for a token', 5), concurrentStatefulsetSyncs: concurrent('StatefulSets', 5), concurrentTtlAfterFinishedSyncs: concurrent('Finished Jobs', 5),
  concurrentValidatingAdmissionPolicyStatusSyncs: concurrent('ValidatingAdmissionPolicies', 5),
}
