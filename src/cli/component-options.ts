// What a component that runs alone is asked for, whatever it does.
import type { Values } from './flag.ts'
import type { componentFlags } from './flags/component-flags.ts'
import type { controllerManagerFlags } from './flags/controller-manager-flags.ts'
import type { schedulerFlags } from './flags/scheduler-flags.ts'

export type ComponentOptions = Values<ReturnType<typeof componentFlags>>
export type ControllerManagerOptions = ComponentOptions & Values<typeof controllerManagerFlags>
export type SchedulerRunOptions = ComponentOptions & Values<typeof schedulerFlags>
