// What --controllers names. The reference renamed its controllers in v1.28 and takes the names of old for ever: kubeadm still writes them.
import { controllerNames } from '#controllers'

const formerNames: Readonly<Record<string, string>> = {
  'serviceaccount-token': 'serviceaccount-token-controller', endpoint: 'endpoints-controller', endpointslice: 'endpointslice-controller', endpointslicemirroring: 'endpointslice-mirroring-controller',
  replicationcontroller: 'replicationcontroller-controller', podgc: 'pod-garbage-collector-controller', resourcequota: 'resourcequota-controller', namespace: 'namespace-controller',
  serviceaccount: 'serviceaccount-controller', garbagecollector: 'garbage-collector-controller', daemonset: 'daemonset-controller', job: 'job-controller', deployment: 'deployment-controller',
  replicaset: 'replicaset-controller', horizontalpodautoscaling: 'horizontal-pod-autoscaler-controller', disruption: 'disruption-controller', statefulset: 'statefulset-controller', cronjob: 'cronjob-controller',
  csrsigning: 'certificatesigningrequest-signing-controller', csrapproving: 'certificatesigningrequest-approving-controller', csrcleaner: 'certificatesigningrequest-cleaner-controller', ttl: 'ttl-controller',
  bootstrapsigner: 'bootstrap-signer-controller', tokencleaner: 'token-cleaner-controller', nodeipam: 'node-ipam-controller', nodelifecycle: 'node-lifecycle-controller', service: 'service-lb-controller',
  route: 'node-route-controller', 'cloud-node-lifecycle': 'cloud-node-lifecycle-controller', 'persistentvolume-binder': 'persistentvolume-binder-controller', attachdetach: 'persistentvolume-attach-detach-controller',
  'persistentvolume-expander': 'persistentvolume-expander-controller', 'clusterrole-aggregation': 'clusterrole-aggregation-controller', 'pvc-protection': 'persistentvolumeclaim-protection-controller',
  'pv-protection': 'persistentvolume-protection-controller', 'ttl-after-finished': 'ttl-after-finished-controller', 'root-ca-cert-publisher': 'root-ca-certificate-publisher-controller',
  'ephemeral-volume': 'ephemeral-volume-controller', 'storage-version-gc': 'storageversion-garbage-collector-controller', 'resource-claim-controller': 'resourceclaim-controller',
  'legacy-service-account-token-cleaner': 'legacy-serviceaccount-token-cleaner-controller',
}
/** What the reference has besides: for a cloud, for gates that are off, or not there yet. They may be named, and nothing runs. */
const others = ['horizontal-pod-autoscaler-controller', 'node-route-controller', 'cloud-node-lifecycle-controller', 'selinux-warning-controller', 'storageversion-garbage-collector-controller',
  'storage-version-migrator-controller', 'kube-apiserver-serving-clustertrustbundle-publisher-controller', 'podcertificaterequest-cleaner-controller', 'resourcepoolstatusrequest-controller']

/** What --controllers names, by our names: the first word about a controller holds, then "*". Throws for a name that is none. */
export function chooseControllers(words: readonly string[]): ReadonlySet<string> {
  const known = controllerNames().map(({ name, isOptional }) => ({ own: name, name: `${name}-controller`, isOptional }))
  const names = new Set([...known.map(({ name }) => name), ...others]), said = new Map<string, boolean>()
  for (const word of words) {
    if (word === '*') continue
    const isLess = word.startsWith('-'), given = isLess ? word.slice(1) : word, name = formerNames[given] ?? given
    if (!names.has(name)) throw new Error(`--controllers: ${JSON.stringify(given)} is not in the list of known controllers`)
    if (!said.has(name)) said.set(name, !isLess)
  }
  return new Set(known.filter(({ name, isOptional }) => said.get(name) ?? (words.includes('*') && !isOptional)).map(({ own }) => own))
}
