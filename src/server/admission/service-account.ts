// Every pod runs as a service account of its namespace and finds that account's token, the cluster's root certificate and its namespace in a volume.
import { serviceAccount, type Pod } from '#kinds'
import { forbidden, nameSuffix, type Random } from '#machinery'
import type { AdmissionPlugin } from './admission.ts'

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
/** One hour and seven seconds, so that kubelets of old refresh in time. */
const expirationSeconds = 3607
const mirrorAnnotation = 'kubernetes.io/config.mirror'

export const serviceAccountPlugin = (random: Random): AdmissionPlugin => ({
  name: 'ServiceAccount',
  handles: (operation, kind, subresource) => operation === 'CREATE' && kind.group === '' && kind.resource === 'pods' && subresource === '',
  mutate({ object, kind, name, namespace, objects }) {
    const pod = object as Pod
    if (pod.metadata.annotations?.[mirrorAnnotation] !== undefined) return
    const spec = pod.spec
    if (!spec.serviceAccountName) spec.serviceAccountName = 'default'
    spec.serviceAccount = spec.serviceAccountName
    const account = objects.get(serviceAccount, spec.serviceAccountName, namespace)
    if (!account) throw forbidden(kind, name, `error looking up service account ${namespace}/${spec.serviceAccountName}: serviceaccount "${spec.serviceAccountName}" not found`)
    if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(pod, random)
    if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) spec.imagePullSecrets = account.imagePullSecrets.map((s) => ({ ...s }))
  },
  validate({ object, kind, name }) {
    const pod = object as Pod
    if (pod.metadata.annotations?.[mirrorAnnotation] === undefined) return
    if (pod.spec.serviceAccountName) throw forbidden(kind, name, 'a mirror pod may not reference service accounts')
    for (const volume of pod.spec.volumes ?? []) {
      if (volume.secret) throw forbidden(kind, name, 'a mirror pod may not reference secrets')
      if (volume.projected?.sources?.some((s) => s.serviceAccountToken)) throw forbidden(kind, name, 'a mirror pod may not use ServiceAccountToken volume projections')
    }
  },
})

/** Adds the volume and mounts it wherever a container has nothing at that path. */
function mountToken(pod: Pod, random: Random): void {
  const containers = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])] // validation comes later and says what is missing
  const without = containers.filter((c) => !c.volumeMounts?.some((m) => m.mountPath === mountPath))
  if (without.length === 0) return
  const taken = new Set(pod.spec.volumes?.map((v) => v.name))
  let volume: string
  do volume = `kube-api-access-${nameSuffix(random)}`
  while (taken.has(volume))
  for (const container of without) container.volumeMounts = [...(container.volumeMounts ?? []), { name: volume, readOnly: true, mountPath }]
  pod.spec.volumes = [...(pod.spec.volumes ?? []), { name: volume, projected: { defaultMode: 420, sources: [
    { serviceAccountToken: { expirationSeconds, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
  ] } }]
}
