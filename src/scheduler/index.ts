// Where pods go.
export { schedule, type Placement, type Unplaced } from './cycle.ts'
export type { ClusterEvent, Nodes, Plugin, Prepared, Refusal } from './framework.ts'
export { NodeInfo } from './node-info.ts'
export { defaultPlugins } from './plugins/index.ts'
export { startScheduler, type SchedulerOptions } from './scheduler.ts'
