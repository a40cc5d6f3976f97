import { event, namespace, persistentVolumeClaim, pod, type Namespace, type PersistentVolumeClaim, type Pod } from '#kinds'
import { badRequest, type AnyObject, type Kind } from '#machinery'
import type { Client } from '#client'
import { claimReasons } from './claim.ts'
import { count, type Explanation, type Reason } from './explanation.ts'
import { finalizersOf } from './finalizers.ts'
import { Look } from './look.ts'
import { namespaceReasons } from './namespace.ts'
import { placementReasons } from './placement.ts'
import { podReasons, type Placement } from './pod.ts'

export interface Question { readonly kind: string; readonly name: string; readonly namespace: string }
/** Warnings of the last while, newest first, are shown with any object. */
const mostEvents = 3

/** Why an object is as it is, from what the server says of it now. `kind` as kubectl takes it: po, pods, Pod, deployments.apps. Throws ApiError. */
export async function explain(client: Client, question: Question): Promise<Explanation> {
  const look = new Look(client), kind = findKind(await look.kinds(), question.kind)
  const object = await client.get(kind, { name: question.name, ...(kind.namespaced && { namespace: question.namespace }) })
  const { deletionTimestamp } = object.metadata, reasons = deletionTimestamp ? await whyStillThere(object, kind, look) : await whyNot(object, kind, look, (p) => placementReasons(client, p))
  return {
    subject: `${kind.singular}/${question.name}${kind.namespaced ? ` in namespace ${question.namespace}` : ''}`,
    state: deletionTimestamp ? `is being deleted since ${deletionTimestamp}` : stateOf(object, kind, reasons),
    reasons: [...reasons, ...await warnings(object, kind, look)],
  }
}

/** By resource, singular, short name or kind, with or without its group. */
export function findKind(kinds: readonly Kind[], given: string): Kind {
  const [word = '', ...rest] = given.toLowerCase().split('.'), group = rest.join('.')
  const fits = (kind: Kind) => [kind.resource, kind.singular, kind.kind.toLowerCase(), ...kind.shortNames].includes(word) && (group === '' || kind.group === group || `${kind.version}.${kind.group}` === group)
  const found = kinds.find(fits)
  if (!found) throw badRequest(`the server doesn't have a resource type "${given}"`)
  return found
}

async function whyStillThere(object: AnyObject, kind: Kind, look: Look): Promise<Reason[]> {
  const held = await finalizersOf(object, kind, look)
  if (kind.kind === 'Namespace') return [...await namespaceReasons(object as Namespace, look), ...held]
  if (held.length > 0 || kind.kind !== 'Pod') return held
  const { spec } = object as Pod
  return [{ what: spec.nodeName ? `its node ${spec.nodeName} is ending its containers; they have until ${object.metadata.deletionTimestamp}` : 'it has no node, and goes at once',
    ...(spec.nodeName && { remedy: `when that node is gone for good: kubectl delete pod ${object.metadata.name} -n ${object.metadata.namespace} --force --grace-period=0` }) }]
}

async function whyNot(object: AnyObject, kind: Kind, look: Look, placement: Placement): Promise<Reason[]> {
  if (kind === pod) return podReasons(object as Pod, look, placement)
  if (kind === persistentVolumeClaim) return (object as PersistentVolumeClaim).status?.phase === 'Bound' ? [] : claimReasons(object as PersistentVolumeClaim, look)
  if (kind === namespace) return []
  const pods = (await look.everything(object.metadata.namespace, ({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid) ?? false)).filter((one) => one.object.metadata.name)
  return [...conditionReasons(object), ...pods.flatMap((one) => conditionReasons(one.object).map((reason) => ({ ...reason, what: `${one.kind.singular}/${one.object.metadata.name}: ${reason.what}` })))]
}

interface WithConditions { readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }[] } }
/** Conditions that speak of trouble: failures that are, and good things that are not. */
export function conditionReasons(object: AnyObject): Reason[] {
  return ((object as AnyObject & WithConditions).status?.conditions ?? []).flatMap(({ type, status, reason, message }) => {
    const isBad = /Fail|Error|Pressure|Unavailable|Terminating|NotReady/.test(type) ? status === 'True' : status === 'False' && !/^(Suspended|Complete|DisruptionTarget)$/.test(type)
    return isBad ? [{ what: `${type} is ${status}${reason ? ` (${reason})` : ''}${message ? `: ${message}` : ''}` }] : []
  })
}

function stateOf(object: AnyObject, kind: Kind, reasons: readonly Reason[]): string {
  const { phase } = (object as AnyObject & { status?: { phase?: string } }).status ?? {}
  if (reasons.length === 0) return `is ${phase ?? 'there'}, and nothing speaks against it`
  return `is ${phase ?? (kind === pod ? 'Pending' : 'there')}: ${count(reasons.length, 'reason')} found`
}

async function warnings({ metadata: { uid } }: AnyObject, _kind: Kind, look: Look): Promise<Reason[]> {
  const seen = (await look.list(event)).filter((one) => one.type === 'Warning' && one.involvedObject.uid === uid).sort((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1)).slice(0, mostEvents)
  return seen.length === 0 ? [] : [{ what: 'what components have warned of', details: seen.map((one) => `${timeOf(one)} ${one.reason}: ${one.message}`) }]
}
const timeOf = (one: { readonly lastTimestamp?: string; readonly eventTime?: string; readonly metadata: { readonly creationTimestamp?: string } }): string => one.lastTimestamp ?? one.eventTime ?? one.metadata.creationTimestamp ?? ''
