import type { Namespace } from '#kinds'
import { count, type Reason } from './explanation.ts'
import { describe } from './finalizers.ts'
import type { Look } from './look.ts'

/** Why a namespace that is being deleted is still there: what is in it, and what holds that. */
export async function namespaceReasons({ metadata: { name }, spec, status }: Namespace, look: Look): Promise<Reason[]> {
  const left = await look.everything(name, () => true), held = left.filter(({ object }) => object.metadata.finalizers?.length), byKind = new Map<string, number>()
  for (const { kind } of left) byKind.set(kind.resource, (byKind.get(kind.resource) ?? 0) + 1)
  const failed = (status.conditions ?? []).filter(({ type, status: said }) => said === 'True' && /Failure$/.test(type))
  return [
    ...(left.length > 0 ? [{ what: `${count(left.length, 'object')} left: ${[...byKind].map(([resource, n]) => `${n} ${resource}`).join(', ')}` }] : []),
    ...(held.length > 0 ? [{ what: `${count(held.length, 'object')} held by finalizers`, details: held.map(({ kind, object }) => describe(kind, object)), remedy: 'ask about each: ./proa why KIND/NAME -n ' + name }] : []),
    ...failed.map(({ type, message }) => ({ what: `${type}: ${message ?? ''}`, ...(type === 'NamespaceDeletionDiscoveryFailure' && { remedy: 'repair or delete the APIService whose server does not answer: kubectl get apiservices' }) })),
    ...(left.length === 0 && spec?.finalizers?.length ? [{ what: `nothing is left in it; finalizers of the namespace: ${spec.finalizers.join(', ')}`, remedy: spec.finalizers.some((one) => one !== 'kubernetes') ? 'whoever added them must remove them' : 'the namespace controller removes it: see whether the controllers run' }] : []),
    ...(look.missing.size > 0 ? [{ what: `not looked at, because they do not answer or may not be seen: ${[...look.missing].join(', ')}` }] : []),
  ]
}
