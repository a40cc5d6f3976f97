// The Node authorizer: a node's agent may read what the pods bound to its node refer to, and write its own objects.
import type { PodCertificateRequest, PolicyRule } from '#kinds'
import { quote, type Features, type Kind } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import type { AuthorizationAttributes, Authorizer, Decision, ResourceAttributes, SubjectRules } from './authz.ts'
import type { AuthorizerMetrics } from '../metrics/authorizers.ts'
import { NodeGraph, type Related } from './node-graph.ts'
import { allows } from './rbac.ts'
import { requiresField } from './selector-attributes.ts'
import { gatedRules } from '../bootstrap/gated-roles.ts'
import bootstrapObjects from '../bootstrap/objects.json' with { type: 'json' }

const allow: Decision = { verdict: 'allow', reason: '' }
const no = (reason: string): Decision => ({ verdict: 'none', reason })
/** What every node may do, whatever the object: the rules of the role system:node, which nobody is bound to. */
const nodeRules = bootstrapObjects.find((o) => o.kind === 'ClusterRole' && o.metadata.name === 'system:node')!.rules as readonly PolicyRule[]
const prefix = 'system:node:'
const leases = 'kube-node-lease'

/** The node's name when the user is one (`system:node:<name>` in group `system:nodes`): '' for a node without a name. */
export function nodeName({ name, groups }: { readonly name: string; readonly groups: readonly string[] }): string | undefined {
  return name.startsWith(prefix) && groups.includes('system:nodes') ? name.slice(prefix.length) : undefined
}

export interface NodeAuthorizerOptions {
  /** Feature gates that are on: some give nodes more rights. */
  readonly features?: Features | undefined
  /** Where it is served. */
  readonly podCertificateRequest?: Kind<PodCertificateRequest> | undefined
  readonly metrics?: AuthorizerMetrics
}

export class NodeAuthorizer implements Authorizer {
  readonly #graph: NodeGraph
  readonly #objects: ObjectReader
  readonly #rules: readonly PolicyRule[]
  readonly #requests: Kind<PodCertificateRequest> | undefined
  constructor(objects: ObjectReader, { features = new Set<string>(), podCertificateRequest, metrics }: NodeAuthorizerOptions = {}) {
    this.#graph = new NodeGraph(objects, metrics)
    this.#objects = objects
    this.#rules = [...nodeRules, ...gatedRules('system:node', features)]
    this.#requests = podCertificateRequest
  }
  close(): void { this.#graph.close() }

  authorize(attributes: AuthorizationAttributes): Decision {
    const node = nodeName(attributes.user)
    if (node === undefined) return no('')
    if (node === '') return no(`unknown node for user ${quote(attributes.user.name)}`)
    return (attributes.resource && this.#onResource(node, attributes.verb, attributes.resource)) ?? (this.#rules.some((rule) => allows(rule, attributes)) ? allow : no(''))
  }

  rulesFor(user: AuthorizationAttributes['user']): SubjectRules {
    const none = { resourceRules: [], nonResourceRules: [], incomplete: false }
    return nodeName(user) === undefined ? none : { ...none, incomplete: true, evaluationError: 'node authorizer does not support user rule resolution' }
  }

  /** undefined: what is said of nodes in general decides. */
  #onResource(node: string, verb: string, resource: ResourceAttributes): Decision | undefined {
    switch (resource.group ? `${resource.resource}.${resource.group}` : resource.resource) {
      case 'secrets': return this.#read(node, 'secret', verb, resource)
      case 'configmaps': return this.#read(node, 'configmap', verb, resource)
      case 'persistentvolumeclaims': return resource.subresource === 'status' ? this.#writeStatus(node, 'pvc', verb, resource) : this.#get(node, 'pvc', verb, resource)
      case 'persistentvolumes': return this.#get(node, 'pv', verb, resource)
      case 'resourceclaims.resource.k8s.io': return this.#get(node, 'resourceclaim', verb, resource)
      case 'volumeattachments.storage.k8s.io': return this.#get(node, 'volumeattachment', verb, resource)
      case 'serviceaccounts': return this.#token(node, verb, resource)
      case 'leases.coordination.k8s.io': return onLease(node, verb, resource)
      case 'csinodes.storage.k8s.io': return onCSINode(node, verb, resource)
      case 'resourceslices.resource.k8s.io': return this.#onSlice(node, verb, resource)
      case 'podcertificaterequests.certificates.k8s.io': return this.#onCertificateRequest(node, verb, resource)
      case 'nodes': return onNode(node, verb, resource)
      case 'pods': return this.#onPod(node, verb, resource)
      default: return undefined
    }
  }

  #related(node: string, type: Related, { namespace, name }: ResourceAttributes): Decision {
    if (name === '') return no('No Object name found')
    return this.#graph.leads(type, namespace, name, node) ? allow : no(`no relationship found between node '${node}' and this object`)
  }

  #get(node: string, type: Related, verb: string, resource: ResourceAttributes): Decision {
    if (verb !== 'get') return no('can only get individual resources of this type')
    if (resource.subresource !== '') return no('cannot get subresource')
    return this.#related(node, type, resource)
  }

  /** Single objects may also be listed and watched. */
  #read(node: string, type: Related, verb: string, resource: ResourceAttributes): Decision {
    if (!['get', 'list', 'watch'].includes(verb)) return no('can only read resources of this type')
    if (resource.subresource !== '') return no('cannot read subresource')
    if (resource.namespace === '') return no('can only read namespaced object of this type')
    return this.#related(node, type, resource)
  }

  #writeStatus(node: string, type: Related, verb: string, resource: ResourceAttributes): Decision {
    return verb === 'update' || verb === 'patch' ? this.#related(node, type, resource) : no('can only get/update/patch this type')
  }

  #token(node: string, verb: string, resource: ResourceAttributes): Decision {
    if (verb !== 'create' || resource.name === '') return no('can only create tokens for individual service accounts')
    if (resource.subresource !== 'token') return no('can only create token subresource of serviceaccount')
    return this.#related(node, 'serviceAccount', resource)
  }

  #onSlice(node: string, verb: string, resource: ResourceAttributes): Decision {
    if (resource.subresource !== '') return no('cannot authorize ResourceSlice subresources')
    switch (verb) {
      case 'create': return allow // for which node, NodeRestriction looks at
      case 'get': case 'update': case 'patch': case 'delete': return this.#related(node, 'resourceslice', resource)
      case 'watch': case 'list': case 'deletecollection':
        return requiresField(resource, 'spec.nodeName', node) ? allow : no('can only list/watch/deletecollection resourceslices with nodeName field selector')
      default: return no('only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection')
    }
  }

  #onCertificateRequest(node: string, verb: string, resource: ResourceAttributes): Decision {
    if (!this.#requests) return no('')
    if (resource.subresource !== '') return no('cannot authorize PodCertificateRequest subresources')
    switch (verb) {
      case 'create': return allow // for which pod, NodeRestriction looks at
      case 'get':
        if (resource.name === '') return no('No Object name found')
        return this.#objects.get(this.#requests, resource.name, resource.namespace)?.spec.nodeName === node ? allow : no(`no relationship found between node '${node}' and this object`)
      case 'list': case 'watch': return requiresField(resource, 'spec.nodeName', node) ? allow : no('can only list/watch podcertificaterequests with nodeName field selector')
      default: return no('only the following verbs are allowed for a PodCertificateRequest: get, watch, list, create')
    }
  }

  #onPod(node: string, verb: string, resource: ResourceAttributes): Decision {
    const what = resource.subresource ? `${verb} ${resource.subresource}` : verb
    switch (what) {
      case 'get': return this.#get(node, 'pod', verb, resource)
      case 'list': case 'watch':
        if (requiresField(resource, 'spec.nodeName', node)) return allow
        return resource.name !== '' ? this.#related(node, 'pod', resource) : no('can only list/watch pods with spec.nodeName field selector')
      // which pods these are, NodeRestriction looks at
      case 'create': case 'delete': case 'update status': case 'patch status': case 'create eviction': return allow
      default: return no('')
    }
  }
}

function onNode(node: string, verb: string, { subresource, name }: ResourceAttributes): Decision {
  switch (subresource ? `${verb} ${subresource}` : verb) {
    case 'create': case 'update': case 'patch': case 'update status': case 'patch status': return allow // which node it is, NodeRestriction looks at
    case 'get': case 'list': case 'watch':
      if (name === node) return allow
      return no(name === '' ? `node '${node}' cannot read all nodes, only its own Node object` : `node '${node}' cannot read '${name}', only its own Node object`)
    default: return no('')
  }
}

const ownVerbs = ['get', 'create', 'update', 'patch', 'delete']
function onLease(node: string, verb: string, { namespace, name }: ResourceAttributes): Decision {
  if (!ownVerbs.includes(verb)) return no('can only get, create, update, patch, or delete a node lease')
  if (namespace !== leases) return no(`can only access leases in the ${quote(leases)} system namespace`)
  return verb === 'create' || name === node ? allow : no('can only access node lease with the same name as the requesting node')
}

function onCSINode(node: string, verb: string, { subresource, name }: ResourceAttributes): Decision {
  if (!ownVerbs.includes(verb)) return no('can only get, create, update, patch, or delete a CSINode')
  if (subresource !== '') return no('cannot authorize CSINode subresources')
  return verb === 'create' || name === node ? allow : no('can only access CSINode with the same name as the requesting node')
}
