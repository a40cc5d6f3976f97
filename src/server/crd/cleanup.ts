// A definition that is deleted takes its objects with it: they are deleted first, and it goes when the last one is gone.
import type { CustomResourceDefinition } from '#kinds'
import { ApiError, type Kind } from '#machinery'
import { prefixEnd } from '#store'
import { plainJson } from '../media.ts'
import { RequestContext } from '../context.ts'
import type { Call, Core } from '../core.ts'
import { removeObject } from '../delete.ts'
import { parseQuery, requestInfo } from '../request.ts'
import type { Served } from '../served.ts'
import { isTrue, type Condition } from './conditions.ts'

/** Objects that do not go within this time are mentioned in the status; they are waited for all the same. */
const patienceMs = 60_000

export interface Cleanup { readonly begun: Promise<void>; stop(): void }

const terminating = (status: 'True' | 'False', reason: string, message: string): Condition => ({ type: 'Terminating', status, reason, message })

/** Deletes every object of a definition; `done` is told once there is none. */
export function emptied(core: Core, definition: CustomResourceDefinition, say: (condition: Condition) => Promise<void>, done: (condition: Condition) => Promise<void>): Cleanup {
  const { clock, log } = core
  let stopped = false, stopWatch: () => void = () => {}, cancel: () => void = () => {}
  const stop = () => { stopped = true; stopWatch(); cancel() }
  const failed = (error: unknown) => { log.warn('the objects of a definition could not be deleted', { name: definition.metadata.name, error }) }
  const finish = (condition: Condition) => { if (!stopped) { stop(); done(condition).catch(failed) } }
  const begin = async () => {
    if (!isTrue(definition, 'Established')) { finish(terminating('False', 'NeverEstablished', 'resource was never established')); return }
    await say(terminating('True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress'))
    const served = servedOf(core, definition)
    if (!served) { finish(terminating('False', 'InstanceDeletionCompleted', 'removed all instances')); return }
    const errors = await deleteAll(core, served)
    if (errors.length > 0) await say(terminating('True', 'InstanceDeletionFailed', `could not issue all deletes: ${errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`}`))
    const gone = () => { if (core.objects.count(served.kind) === 0) finish(terminating('False', 'InstanceDeletionCompleted', 'removed all instances')) }
    if (stopped) return
    const prefix = core.objects.prefix(served.kind)
    stopWatch = core.objects.store.watch(prefix, prefixEnd(prefix), core.objects.store.revision, ({ events }) => { if (events.some((e) => e.type === 'DELETE')) gone() })
    cancel = clock.after(patienceMs, () => { if (!stopped) say(terminating('True', 'InstanceDeletionCheck', 'could not confirm zero CustomResources remaining: context deadline exceeded')).catch(failed) })
    gone()
  }
  return { begun: begin().catch(failed), stop }
}

const servedOf = ({ registry }: Core, { spec: { group, names, versions } }: CustomResourceDefinition): Served | undefined => {
  for (const { name } of versions) { const served = registry.find(group, name, names.plural); if (served) return served }
  return undefined
}

/** Deletes what there is as the server itself; what went wrong. */
async function deleteAll(core: Core, served: Served): Promise<string[]> {
  const errors = new Set<string>()
  const { kind } = served
  for (const kv of core.objects.range(kind, '').kvs) {
    const { name, namespace = '' } = core.objects.value(kind, kv).metadata
    try {
      await removeObject(callFor(core, served, namespace, name), name, {}, false)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status.reason !== 'NotFound') errors.add(error.message)
    }
  }
  return [...errors]
}

function callFor(core: Core, served: Served, namespace: string, name: string): Call {
  const path = pathOf(served.kind, namespace, name)
  const request = { method: 'DELETE' as const, path, query: '', headers: {}, body: undefined }
  const context = new RequestContext(request, { now: core.clock.now(), stopwatch: core.stopwatch, random: core.random, annotated: false })
  return { core, context, request, info: { ...requestInfo(request), query: parseQuery('') }, user: { name: 'system:apiserver', groups: ['system:masters'] }, served, output: plainJson, warnings: context.warnings }
}
const pathOf = ({ apiVersion, namespaced, resource }: Kind, namespace: string, name: string): string =>
  `/apis/${apiVersion}${namespaced ? `/namespaces/${namespace}` : ''}/${resource}/${encodeURIComponent(name)}`
