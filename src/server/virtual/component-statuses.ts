// The health of scheduler, controller manager and etcd: old and deprecated, still what `kubectl get componentstatuses` asks for.
import { componentStatus } from '#kinds'
import { ApiError, badRequest, notFound, parseFieldSelector, parseLabelSelector, SelectorError, type LooseObject } from '#machinery'
import type { Call } from '../core.ts'
import { includedObject, partialObject, table } from '../projections.ts'
import { internalPackage } from '../internal-package.ts'
import { objectAnswer, prettyIfAsked, valueAnswer } from '../respond.ts'
import type { VirtualResource } from '../route.ts'

/** All of them are in the process that answers: when it answers, they are well. */
const statuses: readonly LooseObject[] = ['scheduler', 'controller-manager', 'etcd-0'].map((name) =>
  ({ kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name } as LooseObject['metadata'], conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] }))

export const componentStatuses: VirtualResource = {
  group: componentStatus.group, resource: componentStatus.resource,
  handle(call) {
    call.warnings.push('v1 ComponentStatus is deprecated in v1.19+')
    if (call.info.name === '') return listed(call, selected(call))
    const object = statuses.find(({ metadata }) => metadata.name === call.info.name)
    if (!object) throw notFound(componentStatus, call.info.name)
    return objectAnswer(call, 200, object)
  },
}

/** By name and, as they have none, by absent labels. */
function selected({ info }: Call): readonly LooseObject[] {
  try {
    const labels = parseLabelSelector(info.query.get('labelSelector') ?? '')
    const fields = parseFieldSelector(info.query.get('fieldSelector') ?? '')
    return statuses.filter(({ metadata }) => labels.matches({}) && fields.requirements.every(({ field, operator, value }) => ((field === 'metadata.name' ? metadata.name : '') === value) === (operator === '=')))
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
}

function listed(call: Call, items: readonly LooseObject[]) {
  const { core: { clock }, served, request, info } = call, output = prettyIfAsked(call)
  switch (output.as) {
    case '': return valueAnswer(200, { kind: 'ComponentStatusList', apiVersion: 'v1', metadata: {}, items: items.map(({ metadata, conditions }) => ({ metadata, conditions })) }, output, request.direct === true)
    case 'Table': return valueAnswer(200, table(served, items, {}, { version: output.version, include: includedObject(info.query), now: clock.now() }), output, false)
    case 'PartialObjectMetadataList': return valueAnswer(200, { kind: output.as, apiVersion: `meta.k8s.io/${output.version}`, metadata: {}, items: items.map((o) => partialObject(o, output.version)) }, output, request.direct === true)
    default: throw new ApiError('NotAcceptable', `you requested ${output.as}, but the requested object is a list (*${internalPackage(served.group)}.ComponentStatusList)`)
  }
}
