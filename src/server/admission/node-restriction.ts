// A node's agent may write its own node, its own lease and the status of its own pods, and nothing more.
import { pod as podKind, type Node, type Pod } from '#kinds'
import { forbidden, same } from '#machinery'
import { nodeName } from '../authz/node.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts'

const watched = new Set(['pods', 'nodes', 'serviceaccounts', 'leases.coordination.k8s.io', 'csinodes.storage.k8s.io', 'resourceslices.resource.k8s.io'])
const nodeRestrictionDomain = 'node-restriction.kubernetes.io'
/** Labels under kubernetes.io that an agent may set on its node. */
const ownLabels = new Set(['kubernetes.io/hostname', 'kubernetes.io/arch', 'kubernetes.io/os', 'beta.kubernetes.io/arch', 'beta.kubernetes.io/os', 'beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.kubernetes.io/region'])

export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  handles: (_operation, kind) => watched.has(kind.group ? `${kind.resource}.${kind.group}` : kind.resource),
  mutate(attributes) {
    const node = nodeName(attributes.user)
    if (node === undefined) return
    switch (attributes.kind.resource) {
      case 'pods': return onPod(node, attributes)
      case 'nodes': return onNode(node, attributes)
      case 'serviceaccounts': return onToken(node, attributes)
      case 'leases':
        if (attributes.namespace !== 'kube-node-lease' || attributes.name !== node) refuse(attributes, `can only access node lease with the same name as the requesting node`)
        return
      case 'csinodes':
        if (attributes.name !== node) refuse(attributes, `can only access CSINode with the same name as the requesting node`)
    }
  },
}

function refuse({ kind, name }: AdmissionAttributes, why: string): never { throw forbidden(kind, name, why) }

function onPod(node: string, attributes: AdmissionAttributes): void {
  const { operation, subresource, name, namespace, objects, object, old } = attributes
  if (operation === 'CREATE' && subresource === '') {
    const pod = object as Pod
    if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] === undefined) refuse(attributes, `pod does not have "kubernetes.io/config.mirror" annotation, node "${node}" can only create mirror pods`)
    if (pod.spec.nodeName !== node) refuse(attributes, `node "${node}" can only create pods with spec.nodeName set to itself`)
    return
  }
  if (subresource === 'eviction') {
    if (objects.get(podKind, name, namespace)?.spec.nodeName !== node) refuse(attributes, `node "${node}" can only evict pods with spec.nodeName set to itself`)
    return
  }
  if (operation === 'UPDATE' && subresource === 'status') {
    if ((old as Pod).spec.nodeName !== node) refuse(attributes, `node "${node}" can only update pod status for pods with spec.nodeName set to itself`)
    if (!same(object!.metadata.labels, old!.metadata.labels)) refuse(attributes, `node "${node}" cannot update labels through pod status`)
    return
  }
  if (operation === 'DELETE' && subresource === '') {
    if ((old as Pod | undefined)?.spec.nodeName !== node) refuse(attributes, `node "${node}" can only delete pods with spec.nodeName set to itself`)
    return
  }
  refuse(attributes, subresource ? `unexpected pod subresource "${subresource}", only 'status' and 'eviction' are allowed` : `unexpected operation ${operation}, node "${node}" can only create and delete mirror pods`)
}

function onNode(node: string, attributes: AdmissionAttributes): void {
  const { operation, subresource, object, old } = attributes
  const requested = attributes.name || object?.metadata.name || ''
  if (requested !== node) refuse(attributes, `node "${node}" is not allowed to modify node "${requested}"`)
  if (operation === 'DELETE') return
  const labels = object?.metadata.labels ?? {}, before = old?.metadata.labels ?? {}
  const changed = [...new Set([...Object.keys(labels), ...Object.keys(before)])].filter((k) => labels[k] !== before[k])
  const wrong = changed.filter(isForbiddenLabel).sort()
  if (wrong.length > 0) refuse(attributes, `is not allowed to ${operation === 'CREATE' ? 'set' : 'modify'} the following labels: ${wrong.join(', ')}`)
  const next = object as Node
  if (operation === 'UPDATE' && subresource === '') {
    const previous = old as Node
    if (!same(next.spec?.taints ?? [], previous.spec?.taints ?? [])) refuse(attributes, `node "${node}" is not allowed to modify taints`)
    if (!same(object!.metadata.ownerReferences ?? [], old!.metadata.ownerReferences ?? [])) refuse(attributes, `node "${node}" is not allowed to update metadata.ownerReferences`)
  }
  if (next.spec?.configSource) refuse(attributes, `node "${node}" is not allowed to ${operation === 'CREATE' ? 'create' : 'update'} pods with a non-nil configSource`)
}

function isForbiddenLabel(key: string): boolean {
  const domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : ''
  if (domain === nodeRestrictionDomain || domain.endsWith(`.${nodeRestrictionDomain}`)) return true
  if (ownLabels.has(key)) return false
  const inDomain = (d: string) => domain === d || domain.endsWith(`.${d}`)
  if (inDomain('kubelet.kubernetes.io') || inDomain('node.kubernetes.io')) return false
  return inDomain('kubernetes.io') || inDomain('k8s.io')
}

function onToken(node: string, attributes: AdmissionAttributes): void {
  const { operation, subresource, namespace, name, object, objects } = attributes
  if (operation !== 'CREATE' || subresource !== 'token') return
  const bound = (object as { spec?: { boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string } } } | undefined)?.spec?.boundObjectRef
  if (bound?.kind !== 'Pod' || bound.apiVersion !== 'v1') refuse(attributes, `node requested token not bound to a pod`)
  if (!bound.uid) refuse(attributes, `node requested token with a pod binding without a uid`)
  const pod = objects.get(podKind, bound.name ?? '', namespace)
  if (!pod || pod.metadata.uid !== bound.uid || pod.spec.nodeName !== node) refuse(attributes, `node requested token bound to a pod scheduled on a different node`)
  if ((pod.spec.serviceAccountName ?? 'default') !== name) refuse(attributes, `node requested token with a pod binding of another service account`)
}
