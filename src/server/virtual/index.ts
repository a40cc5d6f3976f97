// The resources that are answered without being stored.
import { binding } from '#kinds'
import type { VirtualResource } from '../route.ts'
import { bind } from '../subresources/binding.ts'
import { accessReviews } from './access-reviews.ts'
import { componentStatuses } from './component-statuses.ts'
import { identityReviews } from './identity-reviews.ts'

/** POST to a namespace's bindings: the old way to bind a pod. */
const bindings: VirtualResource = { group: binding.group, resource: binding.resource, handle: (call) => bind(call) }

export const virtualResources: readonly VirtualResource[] = [bindings, componentStatuses, ...accessReviews, ...identityReviews]
