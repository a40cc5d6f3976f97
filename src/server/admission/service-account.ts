// Every pod runs as a service account of its namespace and finds that account's token, the cluster's root certificate and its namespace in a volume.
// Accounts marked so let their pods use only the secrets they name.
import { referencedSecrets, namespace as namespaceKind, serviceAccount, type Container, type Pod, type ServiceAccount } from '#kinds'
import { nameSuffix, parseTime, quote, type Clock, type Random } from '#machinery'
import { on, refusal, type AdmissionAttributes, type AdmissionPlugin } from './admission.ts'

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const volumePrefix = 'kube-api-access-'
/** One hour and seven seconds, so that kubelets of old refresh in time. */
const expirationSeconds = 3607
const mirrorAnnotation = 'kubernetes.io/config.mirror'
const enforceAnnotation = 'kubernetes.io/enforce-mountable-secrets'
/** A new namespace's default account is made by a controller: pods that come before it wait so long. */
const patienceMs = 1000
const newForMs = 30_000

export const serviceAccountPlugin = ({ random, clock }: { readonly random: Random; readonly clock: Clock }): AdmissionPlugin => ({
  name: 'ServiceAccount',
  handles: (operation, kind, subresource) => on(['CREATE'], 'pods')(operation, kind, subresource) || on(['UPDATE'], 'pods', ['ephemeralcontainers'])(operation, kind, subresource),
  mutate(attributes) {
    const pod = attributes.object as Pod, { spec } = pod
    if (attributes.operation !== 'CREATE' || isMirror(pod)) return check(attributes, clock)
    spec.serviceAccountName ||= 'default'
    spec.serviceAccount = spec.serviceAccountName
    const fillIn = (account: ServiceAccount) => {
      if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(pod, random)
      if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) spec.imagePullSecrets = account.imagePullSecrets.map((secret) => ({ ...secret }))
      checkReferences(attributes, account)
    }
    const account = accountOf(attributes, spec.serviceAccountName, clock)
    return account instanceof Promise ? account.then(fillIn) : fillIn(account)
  },
  validate: (attributes) => check(attributes, clock),
})

function check(attributes: AdmissionAttributes, clock: Clock): void | Promise<void> {
  const pod = attributes.object as Pod, { spec } = pod
  if (attributes.operation === 'CREATE' && isMirror(pod)) return checkMirror(attributes, pod)
  if (!spec.serviceAccountName) throw refusal(attributes, `no service account specified for pod ${attributes.namespace}/${pod.metadata.name}`)
  const account = accountOf(attributes, spec.serviceAccountName, clock)
  return account instanceof Promise ? account.then((found) => { checkReferences(attributes, found) }) : checkReferences(attributes, account)
}

/** Refuses a pod that uses other secrets than its account names, where the account asks for that. */
function checkReferences(attributes: AdmissionAttributes, account: ServiceAccount): void {
  const pod = attributes.object as Pod, { spec } = pod
  if (!isTrue(account.metadata.annotations?.[enforceAnnotation])) return
  const problem = attributes.operation === 'CREATE' ? forbiddenReference(pod, account) : forbiddenIn(spec.ephemeralContainers, 'ephemeral container', account)
  if (problem !== undefined) throw refusal(attributes, problem)
}

const isMirror = (pod: Pod): boolean => pod.metadata.annotations?.[mirrorAnnotation] !== undefined
/** As Go's ParseBool reads it. */
const isTrue = (text: string | undefined): boolean => text !== undefined && ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)

function checkMirror(attributes: AdmissionAttributes, { spec }: Pod): void {
  if (spec.serviceAccountName) throw refusal(attributes, 'a mirror pod may not reference service accounts')
  if (referencedSecrets(spec).length > 0) throw refusal(attributes, 'a mirror pod may not reference secrets')
  if (spec.volumes?.some((v) => v.projected?.sources?.some((s) => s.serviceAccountToken))) throw refusal(attributes, 'a mirror pod may not use ServiceAccountToken volume projections')
}

function accountOf(attributes: AdmissionAttributes, name: string, clock: Clock): ServiceAccount | Promise<ServiceAccount> {
  const { objects, namespace } = attributes
  const sure = (found: ServiceAccount | undefined): ServiceAccount => {
    if (!found) throw refusal(attributes, `error looking up service account ${namespace}/${name}: serviceaccount ${quote(name)} not found`)
    return found
  }
  const found = objects.get(serviceAccount, name, namespace)
  return !found && name === 'default' && isNew(attributes, clock) ? appearing(attributes, name, clock).then(sure) : sure(found)
}

function isNew({ objects, namespace }: AdmissionAttributes, clock: Clock): boolean {
  const found = objects.get(namespaceKind, namespace)
  return found !== undefined && clock.now() - parseTime(found.metadata.creationTimestamp) < newForMs
}
function appearing({ objects, namespace }: AdmissionAttributes, name: string, clock: Clock): Promise<ServiceAccount | undefined> {
  const { promise, resolve } = Promise.withResolvers<ServiceAccount | undefined>()
  const cancel = clock.after(patienceMs, () => resolve(undefined))
  const stop = objects.follow(serviceAccount, ({ object }) => { if (object?.metadata.name === name && object.metadata.namespace === namespace) resolve(object) })
  return promise.finally(() => { cancel(); stop() })
}

/** The first secret that the pod uses and the account does not name. */
function forbiddenReference({ spec }: Pod, account: ServiceAccount): string | undefined {
  for (const { secret } of spec.volumes ?? [])
    if (secret && !names(account, secret.secretName)) return `volume with secret.secretName=${quoted(secret.secretName)} is not allowed because service account ${account.metadata.name} does not reference that secret`
  const inContainers = forbiddenIn(spec.initContainers, 'init container', account) ?? forbiddenIn(spec.containers, 'container', account)
  if (inContainers !== undefined) return inContainers
  for (const [i, { name }] of (spec.imagePullSecrets ?? []).entries())
    if (!account.imagePullSecrets?.some((s) => s.name === name)) return `imagePullSecrets[${i}].name=${quoted(name)} is not allowed because service account ${account.metadata.name} does not reference that imagePullSecret`
  return undefined
}

function forbiddenIn(containers: readonly Pick<Container, 'name' | 'env' | 'envFrom'>[] | undefined, what: string, account: ServiceAccount): string | undefined {
  const says = (container: string, how: string, secret: string | undefined) =>
    `${what} ${container} with ${how} referencing secret.secretName=${quoted(secret)} is not allowed because service account ${account.metadata.name} does not reference that secret`
  for (const { name, env, envFrom } of containers ?? []) {
    for (const { name: variable, valueFrom } of env ?? [])
      if (valueFrom?.secretKeyRef && !names(account, valueFrom.secretKeyRef.name)) return says(name, `envVar ${variable}`, valueFrom.secretKeyRef.name)
    for (const { secretRef } of envFrom ?? []) if (secretRef && !names(account, secretRef.name)) return says(name, 'envFrom', secretRef.name)
  }
  return undefined
}
const names = (account: ServiceAccount, secret: string | undefined): boolean => account.secrets?.some((s) => s.name === secret) ?? false
const quoted = (name = ''): string => `"${name}"`

/** Adds the volume and mounts it wherever a container has nothing at that path. */
function mountToken(pod: Pod, random: Random): void {
  const containers = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])] // validation comes later and says what is missing
  const without = containers.filter((c) => !c.volumeMounts?.some((m) => m.mountPath === mountPath))
  if (without.length === 0) return
  const own = pod.spec.volumes?.find((v) => v.name.startsWith(volumePrefix))?.name
  const volume = own ?? volumePrefix + nameSuffix(random)
  for (const container of without) container.volumeMounts = [...(container.volumeMounts ?? []), { name: volume, readOnly: true, mountPath }]
  if (own !== undefined) return
  pod.spec.volumes = [...(pod.spec.volumes ?? []), { name: volume, projected: { defaultMode: 420, sources: [
    { serviceAccountToken: { expirationSeconds, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
  ] } }]
}
