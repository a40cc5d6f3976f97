// Where server, controllers, scheduler, nodes and network are wired into a cluster: the program behind the command line
// (the interface is ClusterProgram in src/cli/cluster-program.ts).

const missing = (): never => { throw new Error('the parts of a cluster are not wired together yet') }

export const startCluster = async (): Promise<never> => missing()
export const stopNodes = async (): Promise<void> => missing()
export const loadImages = async (): Promise<never> => missing()
export const runAgent = async (): Promise<never> => missing()
export { createControlPlane, type ControlPlane, type ControlPlaneOptions } from './control-plane.ts'
