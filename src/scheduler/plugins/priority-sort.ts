import { definePlugin } from '../framework.ts'

/** Important pods come first, then those that have waited longer. */
export const prioritySort = definePlugin({
  name: 'PrioritySort',
  make: () => ({
    name: 'PrioritySort', events: [],
    before: (a, b) => (a.pod.priority !== b.pod.priority ? a.pod.priority > b.pod.priority : a.since !== b.since ? a.since < b.since : a.order < b.order),
  }),
})
