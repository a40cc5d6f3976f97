import { definePlugin } from '../framework.ts'
import { unschedulable } from '../status.ts'

const nothing = unschedulable('no new claims to deallocate')

/** Devices of resource claims. Claims themselves are not allocated yet; a pod that fits nowhere is told that none can be given back. */
export const dynamicResources = definePlugin({
  name: 'DynamicResources',
  make: () => ({ name: 'DynamicResources', events: [], postFilter: () => ({ status: nothing }) }),
})
