// Keeps the objects of flow control as they must be: mandatory ones are there and say what they must, suggested ones follow this version unless
// somebody has made them his own (apf.kubernetes.io/autoupdate-spec), and every FlowSchema's status says whether its level exists.
import { flowSchema, priorityLevelConfiguration, type FlowSchema, type PriorityLevelConfiguration } from '#kinds'
import { formatTime, quote, same, type ApiHandler, type ApiRequest, type Clock, type Kind, type Log, type LooseObject } from '#machinery'
import { systemUser } from '../system-user.ts'
import type { ObjectReader } from '../object-reader.ts'
import { bootstrapLevels, bootstrapSchemas, isMandatory } from './mandatory.ts'

const autoUpdate = 'apf.kubernetes.io/autoupdate-spec'
const manager = 'api-priority-and-fairness-config-consumer-v1'

export interface KeeperOptions { readonly objects: ObjectReader; readonly handler: ApiHandler; readonly clock: Clock; readonly log: Log }

/** Runs until the returned function is called; what is wrong at the beginning is mended first. */
export function keepFlowControl({ objects, handler, clock, log }: KeeperOptions): () => void {
  let stopped = false, again = false, busy = false
  const send = async (request: Pick<ApiRequest, 'method' | 'path' | 'query'>, object: object, type = 'application/json'): Promise<void> => {
    const { status } = await handler({ ...request, headers: { 'content-type': type }, body: { object }, user: systemUser, direct: true })
    if (status >= 400 && status !== 404 && status !== 409) log.warn('an object of flow control could not be kept as it must be', { path: request.path, status }) // gone or changed since: there will be another turn
  }
  const turn = async (): Promise<void> => {
    for (const [kind, bootstrap] of [[priorityLevelConfiguration, bootstrapLevels], [flowSchema, bootstrapSchemas]] as readonly (readonly [Kind, readonly (FlowSchema | PriorityLevelConfiguration)[]])[]) {
      const path = `/apis/${kind.apiVersion}/${kind.resource}`
      for (const wanted of bootstrap) {
        const stored = objects.get(kind, wanted.metadata.name) as LooseObject | undefined
        const next = mended(stored, wanted as object as LooseObject)
        if (next) await send(stored ? { method: 'PUT', path: `${path}/${wanted.metadata.name}`, query: 'fieldManager=kube-apiserver' } : { method: 'POST', path, query: 'fieldManager=kube-apiserver' }, next)
      }
    }
    for (const schema of objects.list(flowSchema)) {
      const condition = danglingCondition(schema, objects.get(priorityLevelConfiguration, schema.spec.priorityLevelConfiguration.name) !== undefined, formatTime(clock.now()))
      if (condition) await send({ method: 'PATCH', path: `/apis/${flowSchema.apiVersion}/flowschemas/${schema.metadata.name}/status`, query: `fieldManager=${manager}&force=true` },
        { apiVersion: flowSchema.apiVersion, kind: 'FlowSchema', metadata: { name: schema.metadata.name }, status: { conditions: [condition] } }, 'application/apply-patch+yaml')
    }
  }
  const run = () => {
    if (stopped) return
    if (busy) { again = true; return }
    busy = true
    turn().catch((error: unknown) => { if (!stopped) log.warn('the objects of flow control could not be looked after', { error }) }).finally(() => {
      busy = false
      if (again) { again = false; run() }
    })
  }
  const stops = [objects.follow(flowSchema, run), objects.follow(priorityLevelConfiguration, run)]
  run()
  return () => {
    stopped = true
    for (const stop of stops) stop()
  }
}

/** What to store in place of what there is; undefined: it may stay. */
export function mended(stored: LooseObject | undefined, wanted: LooseObject): LooseObject | undefined {
  if (!stored) return wanted
  const { name, annotations, generation } = stored.metadata
  const mandatory = isMandatory(name), said = annotations?.[autoUpdate]
  const follows = mandatory || said === 'true' || (said !== 'false' && generation === 1)
  const spec = follows ? withOwn(stored, wanted) : stored['spec']
  if (same(spec, stored['spec']) && said === String(follows)) return undefined
  return { ...stored, metadata: { ...stored.metadata, annotations: { ...annotations, [autoUpdate]: String(follows) } }, spec }
}
/** How much the exempt level may lend is the operator's to say. */
function withOwn(stored: LooseObject, wanted: LooseObject): unknown {
  const { exempt } = stored['spec'] as { exempt?: object }, spec = wanted['spec'] as object
  return 'exempt' in spec && exempt ? { ...spec, exempt } : spec
}

/** The condition as it should be; undefined when it is. */
export function danglingCondition({ spec, status }: FlowSchema, found: boolean, now: string): object | undefined {
  const { name } = spec.priorityLevelConfiguration, there = status.conditions?.find(({ type }) => type === 'Dangling')
  const about = `This FlowSchema references the PriorityLevelConfiguration object named ${quote(name)}`
  const wanted = found ? { status: 'False', reason: 'Found', message: `${about} and it exists` } : { status: 'True', reason: 'NotFound', message: `${about} but there is no such object` }
  if (there?.status === wanted.status && there.reason === wanted.reason && there.message === wanted.message) return undefined
  return { type: 'Dangling', lastTransitionTime: now, ...wanted }
}
