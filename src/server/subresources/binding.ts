// pods/binding: the scheduler's verdict.
import { binding as bindingKind, pod as podKind } from '#kinds'
import { ApiError, badRequest, conflict, copy, formatTime, notFound, quote, type ApiResponse, type LooseObject } from '#machinery'
import { readObject } from '../body.ts'
import type { Call } from '../core.ts'
import { checkNamespace } from '../create.ts'
import { writeOptions, type WriteOptions } from '../options.ts'
import { valueAnswer } from '../respond.ts'
import type { Subresource } from './subresource.ts'
import { admitted, writeAttempts } from '../write.ts'

const accepted = { group: '', version: 'v1', kindName: 'Binding', apiVersion: 'v1', schema: bindingKind.schema }
const about = { group: '', resource: 'pods/binding' }

export const binding: Subresource = { name: 'binding', type: { group: '', version: '', kind: 'Binding' }, schema: accepted.schema, verbs: ['create'], handle: (call) => bind(call, call.info.name) }

/** POST of a Binding, to the pod that the URL names or (to /bindings) that the binding is called after. */
export async function bind(call: Call, name?: string): Promise<ApiResponse> {
  const options = writeOptions(call.info.query, 'CreateOptions')
  const given = readObject(call.request, accepted, options, call.core.registry, (text) => { call.warnings.push(text) })
  call.context.audit?.requestObject(given)
  checkNamespace(call, given)
  if (name !== undefined && given.metadata.name !== name) throw badRequest('name in URL does not match name in Binding object')
  const write = admitted(call, 'CREATE', options, given.metadata.name)
  await call.core.admission.mutate(write, given, undefined)
  checkTarget(given)
  await call.core.admission.validate(write, given, undefined)
  await assign(call, given, options)
  return valueAnswer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, { ...call.output, as: '' }, call.request.direct === true)
}

/** The reference makes these server errors. */
function checkTarget({ target }: LooseObject): void {
  const { kind = '', name = '' } = (target ?? {}) as { kind?: string; name?: string }
  const errors: string[] = []
  if (kind !== '' && kind !== 'Node') errors.push(`target.kind: Unsupported value: ${quote(kind)}: supported values: "Node", "<empty>"`)
  if (name === '') errors.push('target.name: Required value')
  if (errors.length > 0) throw new ApiError('', errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`, undefined, { code: 500 })
}

async function assign({ core: { objects, clock } }: Call, given: LooseObject, { dryRun }: WriteOptions): Promise<void> {
  const { name, namespace = '', uid, resourceVersion, annotations, labels } = given.metadata
  if (!name) throw badRequest('Name parameter required.')
  for (let attempt = 0; attempt < writeAttempts; attempt++) {
    const kv = objects.find(podKind, namespace, name)
    if (!kv) throw notFound(podKind, name)
    const old = objects.value(podKind, kv)
    const refused = refusal(old)
    if (refused !== undefined) throw conflict(about, name, refused)
    if (uid && uid !== old.metadata.uid) throw conflict(about, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`)
    if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) throw conflict(about, name, `Precondition failed: resource version in precondition: ${resourceVersion}, resource version in object meta: ${old.metadata.resourceVersion}`)
    if (dryRun) return
    const { nominatedNodeName: _, ...status } = copy(old.status ?? {}) as { conditions?: { type: string }[]; nominatedNodeName?: string } // a hope that has come true
    const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: formatTime(clock.now()) }
    status.conditions = [...(status.conditions ?? []).filter((c) => c.type !== 'PodScheduled'), scheduled]
    const bound: LooseObject = {
      ...old, status, spec: { ...old.spec, nodeName: (given.target as { name: string }).name },
      metadata: { ...old.metadata, ...(annotations && { annotations: { ...old.metadata.annotations, ...annotations } }), ...(labels && { labels: { ...old.metadata.labels, ...labels } }) },
    }
    if (await objects.replace(podKind, kv, bound)) return
  }
  throw conflict(about, name, 'the pod is being changed too often to be bound; please try again')
}

function refusal({ metadata, spec }: LooseObject): string | undefined {
  const { nodeName, schedulingGates } = (spec ?? {}) as { nodeName?: string; schedulingGates?: unknown[] }
  if (metadata.deletionTimestamp) return `pod ${metadata.name} is being deleted, cannot be assigned to a host`
  if (nodeName) return `pod ${metadata.name} is already assigned to node ${quote(nodeName)}`
  if (schedulingGates?.length) return `pod ${metadata.name} has non-empty .spec.schedulingGates`
  return undefined
}
