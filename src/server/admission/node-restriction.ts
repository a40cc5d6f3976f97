// A node's agent may write its own node, its own lease and what its own pods report, and nothing more.
import { referencedClaims, referencedConfigMaps, referencedSecrets, node as nodeKind, pod as podKind, csiDriver, persistentVolume, persistentVolumeClaim, serviceAccount, signingRequestIn, type CertificateSigningRequest, type Node, type PersistentVolumeClaim, type Pod, type PodCertificateRequest, type ResourceSlice } from '#kinds'
import { notFound, qualified, quote, same, type LooseObject } from '#machinery'
import type { Authorizer } from '../authz/authz.ts'
import { nodeName } from '../authz/node.ts'
import { refusal, type AdmissionAttributes, type AdmissionPlugin } from './admission.ts'

type Rule = (node: string, attributes: AdmissionAttributes, authorizer: Authorizer) => void | Promise<void>
const rules: Readonly<Record<string, Rule>> = {
  pods: onPod, nodes: onNode, persistentvolumeclaims: onClaim, serviceaccounts: onToken, 'leases.coordination.k8s.io': onLease, 'csinodes.storage.k8s.io': onCSINode,
  'resourceslices.resource.k8s.io': onSlice, 'certificatesigningrequests.certificates.k8s.io': onSigningRequest, 'podcertificaterequests.certificates.k8s.io': onCertificateRequest,
}
const mirror = 'kubernetes.io/config.mirror', leases = 'kube-node-lease'

export const nodeRestriction = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'NodeRestriction',
  handles: (operation, kind) => operation !== 'CONNECT' && qualified(kind) in rules,
  mutate(attributes) {
    const node = nodeName(attributes.user)
    if (node === undefined) return
    if (node === '') throw refusal(attributes, `could not determine node from user ${quote(attributes.user.name)}`)
    return rules[qualified(attributes.kind)]!(node, attributes, authorizer)
  },
})

const quoted = quote

function onPod(node: string, attributes: AdmissionAttributes): void {
  const { operation, subresource, name, namespace, objects, object, old } = attributes
  const refuse = (why: string): never => { throw refusal(attributes, why) }
  const existing = () => { const found = objects.get(podKind, name || (object?.metadata.name ?? ''), namespace); if (!found) throw notFound(podKind, name); return found }
  switch (subresource) {
    case '':
      if (operation === 'CREATE') return onMirrorPod(node, attributes)
      if (operation !== 'DELETE') refuse(`unexpected operation ${quoted(operation)}, node ${quoted(node)} can only create and delete mirror pods`)
      if (existing().spec.nodeName !== node) refuse(`node ${quoted(node)} can only delete pods with spec.nodeName set to itself`)
      return
    case 'status': {
      if (operation !== 'UPDATE') refuse(`unexpected operation ${quoted(operation)}`)
      const before = old as Pod, now = object as Pod
      if (before.spec.nodeName !== node) refuse(`node ${quoted(node)} can only update pod status for pods with spec.nodeName set to itself`)
      if (!same(now.metadata.labels ?? {}, before.metadata.labels ?? {})) refuse(`node ${quoted(node)} cannot update labels through pod status`)
      if (!same(now.status.resourceClaimStatuses ?? [], before.status.resourceClaimStatuses ?? [])) refuse(`node ${quoted(node)} cannot update resource claim statues`)
      if (!same(now.status.extendedResourceClaimStatus ?? null, before.status.extendedResourceClaimStatus ?? null)) refuse(`node ${quoted(node)} cannot update extended resource claim status`)
      return
    }
    case 'eviction':
      if (operation !== 'CREATE') refuse(`unexpected operation ${operation}`)
      if (existing().spec.nodeName !== node) refuse(`node ${node} can only evict pods with spec.nodeName set to itself`)
      return
    default: refuse(`unexpected pod subresource ${quoted(subresource)}, only 'status' and 'eviction' are allowed`)
  }
}

/** A pod that the agent runs by itself: it shows that it is there, and must not open any other object to the node. */
function onMirrorPod(node: string, attributes: AdmissionAttributes): void {
  const pod = attributes.object as Pod, { spec, metadata } = pod
  const refuse = (why: string): never => { throw refusal(attributes, `node ${quoted(node)} ${why}`) }
  if (metadata.annotations?.[mirror] === undefined) throw refusal(attributes, `pod does not have ${quoted(mirror)} annotation, node ${quoted(node)} can only create mirror pods`)
  if (spec.nodeName !== node) refuse('can only create pods with spec.nodeName set to itself')
  const owners = metadata.ownerReferences ?? [], [owner] = owners
  if (owners.length > 1) refuse('can only create pods with a single owner reference set to itself')
  if (!owner || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) return refuse('can only create pods with an owner reference set to itself')
  if (!owner.controller) refuse('can only create pods with a controller owner reference set to itself')
  if (owner.blockOwnerDeletion) refuse('must not set blockOwnerDeletion on an owner reference')
  const self = attributes.objects.get(nodeKind, node)
  if (!self) throw notFound(nodeKind, node)
  if (owner.uid !== self.metadata.uid) throw refusal(attributes, `node ${node} UID mismatch: expected ${owner.uid} got ${self.metadata.uid}`)
  const wrong = spec.serviceAccountName ? 'a service account' : referencedSecrets(spec).length > 0 ? 'secrets' : referencedConfigMaps(spec).length > 0 ? 'configmaps'
    : spec.volumes?.some((v) => v.projected?.sources?.some((s) => s.clusterTrustBundle)) ? 'clustertrustbundles' : referencedClaims(pod).length > 0 ? 'persistentvolumeclaims'
      : spec.resourceClaims?.length ? 'resourceclaims' : undefined
  if (wrong) refuse(`can not create pods that reference ${wrong}`)
}

function onNode(node: string, attributes: AdmissionAttributes): void {
  const { operation, name, object, old } = attributes
  const refuse = (why: string): never => { throw refusal(attributes, `node ${quoted(node)} is not allowed to ${why}`) }
  const requested = name || (object?.metadata.name ?? '')
  if (requested !== node) refuse(`modify node ${quoted(requested)}`)
  if (operation === 'DELETE') return
  const next = object as Node
  if (operation === 'CREATE') {
    if (next.spec?.configSource) refuse('create pods with a non-nil configSource')
    const forbidden = forbiddenLabels(next, undefined)
    if (forbidden.length > 0) refuse(`set the following labels: ${forbidden.join(', ')}`)
    return
  }
  const before = old as Node
  if (next.spec?.configSource && !same(next.spec.configSource, before.spec?.configSource ?? null)) refuse('update configSource to a new non-nil configSource')
  if (!same(next.spec?.taints ?? [], before.spec?.taints ?? [])) refuse('modify taints')
  if (!same(next.metadata.ownerReferences ?? [], before.metadata.ownerReferences ?? [])) refuse('modify ownerReferences')
  const forbidden = forbiddenLabels(next, before)
  if (forbidden.length > 0) throw refusal(attributes, `is not allowed to modify labels: ${forbidden.join(', ')}`)
}

const restricted = 'node-restriction.kubernetes.io'
/** Labels under kubernetes.io that an agent may set on its node; and domains whose labels are its own. */
const ownLabels = new Set(['kubernetes.io/hostname', 'kubernetes.io/arch', 'kubernetes.io/os', 'beta.kubernetes.io/arch', 'beta.kubernetes.io/os', 'beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.kubernetes.io/region'])
const ownDomains = ['kubelet.kubernetes.io', 'node.kubernetes.io']

function forbiddenLabels({ metadata }: Node, before: Node | undefined): string[] {
  const now = metadata.labels ?? {}, was = before?.metadata.labels ?? {}
  const changed = [...new Set([...Object.keys(now), ...Object.keys(was)])].filter((key) => now[key] !== was[key])
  return changed.filter((key) => {
    const domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : '', within = (of: string) => domain === of || domain.endsWith(`.${of}`)
    if (within(restricted)) return true
    return (within('kubernetes.io') || within('k8s.io')) && !ownLabels.has(key) && !ownDomains.some(within)
  }).sort()
}

/** Of a claim, an agent reports how large the volume is and what became of a resize. */
function onClaim(node: string, attributes: AdmissionAttributes): void {
  const { operation, subresource, object, old } = attributes
  if (subresource !== 'status') throw refusal(attributes, 'may only update PVC status')
  if (operation !== 'UPDATE') throw refusal(attributes, `unexpected operation ${quoted(operation)}`)
  const rest = (claim: PersistentVolumeClaim) => {
    const { resourceVersion: _version, managedFields: _fields, ...metadata } = claim.metadata
    const { capacity: _capacity, conditions: _conditions, allocatedResources: _resources, allocatedResourceStatuses: _statuses, ...status } = claim.status ?? {}
    return { ...claim, metadata, status }
  }
  if (!same(rest(object as PersistentVolumeClaim), rest(old as PersistentVolumeClaim)))
    throw refusal(attributes, `node ${quoted(node)} is not allowed to update fields other than status.quantity and status.conditions`)
}

async function onToken(node: string, attributes: AdmissionAttributes, authorizer: Authorizer): Promise<void> {
  const { operation, subresource, namespace, name, object, objects, user } = attributes
  if (operation !== 'CREATE' || subresource !== 'token') return
  const { boundObjectRef: bound, audiences = [] } = ((object as LooseObject)['spec'] ?? {}) as { boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string }; audiences?: readonly string[] }
  if (bound?.kind !== 'Pod' || bound.apiVersion !== 'v1' || !bound.name) throw refusal(attributes, 'node requested token not bound to a pod')
  if (!bound.uid) throw refusal(attributes, 'node requested token with a pod binding without a uid')
  const pod = objects.get(podKind, bound.name, namespace)
  if (!pod) throw notFound(podKind, bound.name)
  if (pod.metadata.uid !== bound.uid) throw refusal(attributes, `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`)
  if (pod.spec.nodeName !== node) throw refusal(attributes, 'node requested token bound to a pod scheduled on a different node')
  if (audiences.length > 1) throw refusal(attributes, 'node may only request 0 or 1 audiences')
  const audience = audiences[0] ?? ''
  if (usesAudience(pod, audience, attributes)) return
  const { verdict } = await authorizer.authorize({ user, verb: 'request-serviceaccounts-token-audience', path: '', resource: { group: '', version: 'v1', resource: audience, subresource: '', namespace, name } })
  if (verdict !== 'allow') throw refusal(attributes, `audience ${quoted(audience)} not found in pod spec volume, ${user.name} is not authorized to request tokens for this audience`)
}

/** Whether a volume of the pod, or the driver of one, needs tokens for the audience ('': the server's own). */
function usesAudience({ metadata, spec }: Pod, audience: string, { objects }: AdmissionAttributes): boolean {
  const driverNeeds = (driver: string | undefined) => driver !== undefined && (objects.get(csiDriver, driver)?.spec.tokenRequests?.some((r) => r.audience === audience) ?? false)
  return (spec.volumes ?? []).some(({ name, projected, csi, persistentVolumeClaim: claim, ephemeral }) => {
    if (projected?.sources?.some((s) => s.serviceAccountToken && (s.serviceAccountToken.audience ?? '') === audience)) return true
    const claimName = claim?.claimName ?? (ephemeral ? `${metadata.name}-${name}` : undefined)
    const volume = claimName && objects.get(persistentVolumeClaim, claimName, metadata.namespace)?.spec?.volumeName
    return driverNeeds(csi?.driver) || (volume ? driverNeeds(objects.get(persistentVolume, volume)?.spec.csi?.driver) : false)
  })
}

function onLease(node: string, attributes: AdmissionAttributes): void {
  if (attributes.namespace !== leases) throw refusal(attributes, `can only access leases in the ${quoted(leases)} system namespace`)
  if (nameOf(attributes) !== node) throw refusal(attributes, 'can only access node lease with the same name as the requesting node')
}
function onCSINode(node: string, attributes: AdmissionAttributes): void {
  if (nameOf(attributes) !== node) throw refusal(attributes, 'can only access CSINode with the same name as the requesting node')
}
const nameOf = ({ operation, name, object }: AdmissionAttributes): string => (operation === 'CREATE' ? object?.metadata.name ?? '' : name)

function onSlice(node: string, attributes: AdmissionAttributes): void {
  const { operation, object, old } = attributes, of = (slice: LooseObject | undefined) => (slice as ResourceSlice | undefined)?.spec.nodeName
  if (operation === 'CREATE' && of(object) !== node) throw refusal(attributes, 'can only create ResourceSlice with the same NodeName as the requesting node')
  if (operation === 'DELETE' && of(old) !== node) throw refusal(attributes, 'can only delete ResourceSlice with the same NodeName as the requesting node')
}

const nodeSigners = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet']
function onSigningRequest(node: string, attributes: AdmissionAttributes): void {
  if (attributes.operation !== 'CREATE' || attributes.subresource !== '') return
  const { spec } = attributes.object as CertificateSigningRequest
  if (!nodeSigners.includes(spec.signerName)) return
  let commonName: string
  try { ({ commonName } = signingRequestIn(spec.request)) } catch (error) { throw refusal(attributes, `unable to parse csr: ${(error as Error).message}`) }
  if (commonName !== `system:node:${node}`) throw refusal(attributes, `can only create a node CSR with CN=system:node:${node}`)
}

/** A node asks for certificates of the pods that run on it, as they are now. */
function onCertificateRequest(node: string, attributes: AdmissionAttributes): void {
  const { operation, subresource, namespace, object, objects } = attributes
  if (operation !== 'CREATE' || subresource !== '') return
  const { spec } = object as PodCertificateRequest, refuse = (why: string): never => { throw refusal(attributes, why) }
  if (spec.nodeName !== node) refuse(`PodCertificateRequest.Spec.NodeName=${quoted(spec.nodeName)}, which is not the requesting node ${quoted(node)}`)
  const self = objects.get(nodeKind, node) ?? refuse(`while retrieving node ${quoted(node)} named in the PodCertificateRequest: ${notFound(nodeKind, node).message}`)
  if (self.metadata.uid !== spec.nodeUID) refuse(`PodCertificateRequest for pod ${quoted(spec.podName)} contains node UID (${quoted(spec.nodeUID)}) which differs from the live node ${quoted(self.metadata.uid)}`)
  const pod = objects.get(podKind, spec.podName, namespace) ?? refuse(`while retrieving pod ${quoted(spec.podName)} named in the PodCertificateRequest: ${notFound(podKind, spec.podName).message}`)
  if (pod.metadata.uid !== spec.podUID) refuse(`PodCertificateRequest for pod ${quoted(spec.podName)} contains pod UID (${quoted(spec.podUID)}) which differs from running pod ${quoted(pod.metadata.uid)}`)
  if (pod.metadata.annotations?.[mirror] !== undefined) refuse(`pod ${quoted(spec.podName)} is a mirror pod`)
  if (pod.spec.nodeName !== node) refuse(`pod ${quoted(spec.podName)} is not running on node ${quoted(node)} named in the PodCertificateRequest`)
  const account = pod.spec.serviceAccountName ?? ''
  if (account !== spec.serviceAccountName) refuse(`PodCertificateRequest for pod ${quoted(spec.podName)} contains service account name (${quoted(spec.serviceAccountName)}) that differs from running pod (${quoted(account)})`)
  const found = objects.get(serviceAccount, account, namespace) ?? refuse(`while retrieving service account ${quoted(account)} named in the PodCertificateRequest: ${notFound(serviceAccount, account).message}`)
  if (found.metadata.uid !== spec.serviceAccountUID) refuse(`PodCertificateRequest for pod ${quoted(spec.podName)} names service account UID (${quoted(spec.serviceAccountUID)}), which differs from the live service account (${quoted(found.metadata.uid)})`)
}
