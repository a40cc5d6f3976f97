// deployments/rollback of extensions/v1beta1 and apps/v1beta1: notes to which revision the deployment is to go back; its controller does it.
import { deployment } from '#kinds'
import { notFound, quote, s, wholeObject, type LooseObject, type ServedVersion } from '#machinery'
import { readObject } from '../body.ts'
import type { Call } from '../core.ts'
import { place } from '../core.ts'
import { writeOptions } from '../options.ts'
import { valueAnswer } from '../respond.ts'
import { modify } from '../update.ts'
import type { Subresource } from './subresource.ts'

interface Rollback extends LooseObject { name?: string; rollbackTo?: { revision?: number }; updatedAnnotations?: Record<string, string> }
export const rollbackAnnotation = 'deprecated.deployment.rollback.to'

export function rollback({ group, version, definition }: ServedVersion<any>): Subresource { // allowed: a version of any kind
  const names = definition.slice(0, definition.lastIndexOf('.'))
  const accepted = {
    group, version, kindName: 'DeploymentRollback', apiVersion: `${group}/${version}`, schema: wholeObject(`${names}.DeploymentRollback`, {
      name: s.required(s.string()), rollbackTo: s.required(s.value(s.object(`${names}.RollbackConfig`, { revision: s.int64() }))), updatedAnnotations: s.map(s.string()),
    }),
  }
  return {
    name: 'rollback', type: { group, version, kind: 'DeploymentRollback' }, verbs: ['create'],
    async handle(call: Call) {
      const options = writeOptions(call.info.query, 'CreateOptions'), { core: { objects, registry }, info, request } = call
      const asked = readObject(request, accepted, options, registry, (text) => { call.warnings.push(text) }) as Rollback
      call.context.audit?.requestObject(asked)
      if (!objects.find(deployment, place(call), info.name)) throw notFound(call.served.name, info.name)
      const change = (old: LooseObject): LooseObject => ({ ...old, metadata: { ...old.metadata, annotations: { ...old.metadata.annotations, ...asked.updatedAnnotations, [rollbackAnnotation]: String(asked.rollbackTo?.revision ?? 0) } } })
      await modify(call, { options, change, retry: true })
      const message = `rollback request for deployment ${quote(info.name)} succeeded`
      return valueAnswer(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', message, code: 200 }, { ...call.output, as: '' }, request.direct === true)
    },
  }
}
