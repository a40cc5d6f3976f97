// The Node authorizer: a node's agent may read what the pods bound to its node refer to, and write its own objects.
import { pod, type Pod, type PolicyRule } from '#kinds'
import type { ObjectReader } from '../object-reader.ts'
import type { AuthorizationAttributes, Authorizer, Decision } from './authz.ts'
import { allows } from './rbac.ts'
import bootstrapObjects from '../bootstrap/objects.json' with { type: 'json' }

const none: Decision = { verdict: 'none', reason: '' }
const allow: Decision = { verdict: 'allow', reason: '' }
/** What every node may do, whatever the object: the rules of the role system:node, which nobody is bound to. */
const nodeRules = bootstrapObjects.find((o) => o.kind === 'ClusterRole' && o.metadata.name === 'system:node')!.rules as readonly PolicyRule[]
/** Kinds whose single objects a node may read when one of its pods needs them. */
const referred = new Set(['secrets', 'configmaps', 'persistentvolumeclaims', 'serviceaccounts', 'resourceclaims.resource.k8s.io'])

/** The node's name when the user is one (`system:node:<name>` in group `system:nodes`). */
export function nodeName(user: { readonly name: string; readonly groups: readonly string[] }): string | undefined {
  return user.name.startsWith('system:node:') && user.groups.includes('system:nodes') ? user.name.slice('system:node:'.length) : undefined
}

export class NodeAuthorizer implements Authorizer {
  /** node -> "resource/namespace/name" -> how many of its pods refer to it */
  readonly #references = new Map<string, Map<string, number>>()
  readonly #stop: () => void

  constructor(objects: ObjectReader) {
    this.#stop = objects.follow(pod, ({ object, old }) => {
      if (old?.spec.nodeName) this.#count(old.spec.nodeName, old, -1)
      if (object?.spec.nodeName) this.#count(object.spec.nodeName, object, 1)
    })
  }
  close(): void { this.#stop() }

  authorize(attributes: AuthorizationAttributes): Decision {
    const { user, verb, resource } = attributes
    const node = nodeName(user)
    if (node === undefined || !resource) return none
    const byRule = (): Decision => (nodeRules.some((rule) => allows(rule, attributes)) ? allow : none)
    const full = resource.group ? `${resource.resource}.${resource.group}` : resource.resource
    const mine = (name: string) => this.#references.get(node)?.has(`${full}/${resource.namespace}/${name}`) ?? false
    if (referred.has(full)) {
      if (full === 'serviceaccounts') return resource.subresource === 'token' && verb === 'create' && mine(resource.name) ? allow : none
      if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return none
      const name = resource.name || singleName(resource.fieldSelector)
      return name && mine(name) ? allow : { verdict: 'none', reason: `no relationship found between node '${node}' and this object` }
    }
    switch (full) {
      case 'persistentvolumes': case 'volumeattachments.storage.k8s.io': return verb === 'get' ? allow : none
      case 'leases.coordination.k8s.io':
        if (resource.namespace !== 'kube-node-lease') return none
        return verb === 'create' || (['get', 'update', 'patch', 'delete'].includes(verb) && resource.name === node) ? allow : none
      case 'csinodes.storage.k8s.io':
        return verb === 'create' || (['get', 'update', 'patch', 'delete'].includes(verb) && resource.name === node) ? allow : none
      case 'resourceslices.resource.k8s.io': return allow
      case 'pods':
        if (verb === 'list' || verb === 'watch') return resource.fieldSelector?.split(',').includes(`spec.nodeName=${node}`) ? allow : none
        return byRule()
      case 'nodes':
        if (verb === 'get' || verb === 'list' || verb === 'watch') return (resource.name || singleName(resource.fieldSelector)) === node ? allow : none
        return byRule() // which node it is, NodeRestriction looks at
      default: return byRule()
    }
  }

  #count(node: string, object: Pod, by: 1 | -1): void {
    let held = this.#references.get(node)
    if (!held) this.#references.set(node, held = new Map())
    for (const key of referencesOf(object)) {
      const count = (held.get(key) ?? 0) + by
      if (count > 0) held.set(key, count)
      else held.delete(key)
    }
    if (held.size === 0) this.#references.delete(node)
  }
}

const singleName = (fieldSelector = ''): string => /(?:^|,)metadata\.name==?([^,]+)/.exec(fieldSelector)?.[1] ?? ''

/** Every object that a pod refers to, as "resource/namespace/name". */
export function referencesOf({ metadata: { namespace = '' }, spec }: Pod): string[] {
  const keys = new Set<string>()
  const add = (resource: string, name: string | undefined) => { if (name) keys.add(`${resource}/${namespace}/${name}`) }
  add('serviceaccounts', spec.serviceAccountName ?? 'default')
  for (const s of spec.imagePullSecrets ?? []) add('secrets', s.name)
  for (const c of [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]) {
    for (const e of c.envFrom ?? []) { add('secrets', e.secretRef?.name); add('configmaps', e.configMapRef?.name) }
    for (const e of c.env ?? []) { add('secrets', e.valueFrom?.secretKeyRef?.name); add('configmaps', e.valueFrom?.configMapKeyRef?.name) }
  }
  for (const v of spec.volumes ?? []) {
    add('secrets', v.secret?.secretName); add('configmaps', v.configMap?.name); add('persistentvolumeclaims', v.persistentVolumeClaim?.claimName)
    add('secrets', v.csi?.nodePublishSecretRef?.name)
    for (const p of v.projected?.sources ?? []) { add('secrets', p.secret?.name); add('configmaps', p.configMap?.name) }
  }
  return [...keys]
}
