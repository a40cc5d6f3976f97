// Where server, controllers, scheduler, nodes and network are wired into a cluster: the program behind the command line
// (the interface is ClusterProgram in src/cli/cluster-program.ts). Everything is imported when it is needed.
import type { ClusterProgram } from '#cli'

export const startCluster: ClusterProgram['startCluster'] = async (options, context) => (await import('./cluster.ts')).startCluster(options, context)
export const stopNodes: ClusterProgram['stopNodes'] = async (paths, context) => (await import('./real-nodes.ts')).stopNodes(paths, context)
export const resumeNodes: ClusterProgram['resumeNodes'] = async (paths, context) => (await import('./real-nodes.ts')).resumeNodes(paths, context)
export const loadImages: ClusterProgram['loadImages'] = async (paths, files, nodes, context) => (await import('./load-images.ts')).loadImages(paths, files, nodes, context)
export const runAgent: ClusterProgram['runAgent'] = async (configFile, context) => (await import('./agent-process.ts')).runAgent(configFile, context)
export const why: ClusterProgram['why'] = async (question, context) => (await import('./why.ts')).why(question, context)
export const runControllerManager: ClusterProgram['runControllerManager'] = async (options, context) => (await import('./controller-manager.ts')).runControllerManager(options, context)
export const runScheduler: ClusterProgram['runScheduler'] = async (options, context) => (await import('./scheduler.ts')).runScheduler(options, context)
export const createControlPlane: typeof import('./control-plane.ts').createControlPlane = async (options) => (await import('./control-plane.ts')).createControlPlane(options)
export type { ControlPlane, ControlPlaneOptions } from './control-plane.ts'
export const createPki = async (folder: string): Promise<import('./pki.ts').Pki> => new (await import('./pki.ts')).Pki(folder)
