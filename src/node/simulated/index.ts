// Nodes without a machine: a door of its own, because clusters that have nothing else need none of what is behind the other one.
export { NodeAgent } from '../agent.ts'
export { createSimulatedEnvironment } from '../pods/simulated-environment.ts'
export { SimulatedRuntime } from '../runtime/simulated.ts'
