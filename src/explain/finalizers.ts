// What holds an object that is being deleted: its finalizers, who set them, and what each waits for.
import { job, persistentVolumeClaim, pod, referencedClaims, type PersistentVolume, type Pod } from '#kinds'
import type { AnyObject, Kind } from '#machinery'
import { count, namesOf, type Reason } from './explanation.ts'
import type { Look } from './look.ts'

/** What a known finalizer waits for. */
type Rule = (object: AnyObject, kind: Kind, look: Look) => Promise<Omit<Reason, 'remedy'> & { readonly remedy?: string }>
const rules: Readonly<Record<string, Rule>> = {
  'kubernetes.io/pvc-protection': async ({ metadata: { name, namespace } }, _, look) => {
    const users = (await look.list(pod, namespace)).filter((p) => isLive(p) && referencedClaims(p).includes(name)).map((p) => p.metadata.name)
    return users.length > 0 ? { what: `the claim is in use by ${count(users.length, 'pod')}: ${namesOf(users)}`, remedy: `delete ${users.length === 1 ? 'that pod' : 'those pods'}` }
      : { what: 'no pod uses the claim any more: the controller pvc-protection removes the finalizer', remedy: 'see whether the controllers run' }
  },
  'kubernetes.io/pv-protection': async (object, _, look) => {
    const { claimRef } = (object as PersistentVolume).spec, claim = claimRef?.name ? (await look.list(persistentVolumeClaim, claimRef.namespace)).find((c) => c.metadata.name === claimRef.name && c.metadata.uid === claimRef.uid) : undefined
    return claim ? { what: `the volume is bound to the claim ${claim.metadata.namespace}/${claim.metadata.name}`, remedy: 'delete that claim' } : { what: 'no claim holds the volume any more: the controller pv-protection removes the finalizer' }
  },
  'foregroundDeletion': async ({ metadata: { uid, namespace } }, _, look) => {
    const held = await look.everything(namespace, ({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion) ?? false)
    return held.length > 0 ? { what: `it goes after what it owns: ${count(held.length, 'object')} left`, details: held.map(({ kind, object }) => describe(kind, object)) } : { what: 'nothing that it owns is left: the garbage collector removes the finalizer' }
  },
  'orphan': async () => ({ what: 'the garbage collector takes its owner reference off what it owns, then it goes' }),
  'batch.kubernetes.io/job-tracking': async ({ metadata: { ownerReferences, namespace } }, _, look) => {
    const owner = ownerReferences?.find((one) => one.controller)?.name
    const there = owner !== undefined && (await look.list(job, namespace)).some((one) => one.metadata.name === owner)
    return { what: there ? `the job ${owner} has not counted it yet` : 'its job is gone: the job controller removes the finalizer' }
  },
  'service.kubernetes.io/load-balancer-cleanup': async () => ({ what: 'whoever made its load balancer takes it away first' }),
  'networking.k8s.io/service-cidr-finalizer': async () => ({ what: 'services still have addresses of this range', remedy: 'delete those services, or add a ServiceCIDR that holds their addresses' }),
  'customresourcecleanup.apiextensions.k8s.io': async (object, _, look) => {
    const { group, names } = (object as typeof object & { spec: { group: string; names: { plural: string } } }).spec
    const left = await look.everything(undefined, () => true, (kind) => kind.group === group && kind.resource === names.plural)
    return { what: `objects of this definition are deleted first: ${left.length} left`, details: left.map((one) => describe(one.kind, one.object)) }
  },
}

/** One reason for each finalizer of an object that is being deleted. */
export async function finalizersOf(object: AnyObject, kind: Kind, look: Look): Promise<Reason[]> {
  const reasons: Reason[] = []
  for (const name of object.metadata.finalizers ?? []) {
    const by = setBy(object, name), known = rules[name]
    if (known) { const found = await known(object, kind, look); reasons.push({ ...found, what: `finalizer ${name}: ${found.what}` }); continue }
    reasons.push({ what: `finalizer ${name}${by ? `, set by ${by.manager}${by.time ? ` at ${by.time}` : ''}` : ''}: whoever set it must remove it`,
      remedy: `see whether ${by?.manager ?? 'the controller that owns it'} runs and what it says; when it is gone for good: kubectl patch ${kind.resource}/${object.metadata.name}${object.metadata.namespace ? ` -n ${object.metadata.namespace}` : ''} --type=json -p '[{"op":"remove","path":"/metadata/finalizers/${(object.metadata.finalizers ?? []).indexOf(name)}"}]' (what it was to clean up stays)` })
  }
  return reasons
}

/** Who owns the finalizer by the field managers. */
export function setBy({ metadata }: AnyObject, finalizer: string): { readonly manager: string; readonly time?: string } | undefined {
  const owner = metadata.managedFields?.find(({ fieldsV1 }) => {
    const fields = fieldsV1 as { 'f:metadata'?: { 'f:finalizers'?: Record<string, unknown> } } | undefined
    return fields?.['f:metadata']?.['f:finalizers']?.[`v:${JSON.stringify(finalizer)}`] !== undefined
  })
  return owner?.manager ? { manager: owner.manager, ...(owner.time && { time: owner.time }) } : undefined
}

export const describe = (kind: Kind, { metadata: { name, namespace, finalizers } }: AnyObject): string =>
  `${kind.resource}${kind.group ? `.${kind.group}` : ''} ${namespace ? `${namespace}/` : ''}${name}${finalizers?.length ? ` (finalizers: ${finalizers.join(', ')})` : ''}`
/** One that no node has yet does not hold a claim. */
const isLive = ({ spec, status }: Pod): boolean => Boolean(spec.nodeName) && status?.phase !== 'Succeeded' && status?.phase !== 'Failed'
