// The resources that are answered without being stored.
import { binding, componentStatus } from '#kinds'
import { notFound } from '#machinery'
import { listAnswer } from '../list.ts'
import { objectAnswer } from '../respond.ts'
import type { VirtualResource } from '../route.ts'
import { bind } from '../subresources/binding.ts'
import { accessReviews } from './access-reviews.ts'
import { identityReviews } from './identity-reviews.ts'

/** POST to a namespace's bindings: the old way to bind a pod. */
const bindings: VirtualResource = { group: binding.group, resource: binding.resource, handle: (call) => bind(call) }

/** Deprecated: what it told of (scheduler, controller manager, etcd) is one process here. */
const componentStatuses: VirtualResource = {
  group: componentStatus.group, resource: componentStatus.resource,
  handle(call) {
    call.warnings.push('v1 ComponentStatus is deprecated in v1.19+')
    if (call.info.name === '') return listAnswer(call, { items: [], revision: call.core.objects.store.revision, continue: '', remaining: undefined })
    const known = ['scheduler', 'controller-manager', 'etcd-0']
    if (!known.includes(call.info.name)) throw notFound(componentStatus, call.info.name)
    const object = { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name: call.info.name, uid: '', resourceVersion: '', creationTimestamp: '' }, conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] }
    return objectAnswer(call, 200, object)
  },
}

export const virtualResources: readonly VirtualResource[] = [bindings, componentStatuses, ...accessReviews, ...identityReviews]
